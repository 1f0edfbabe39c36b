"""Every change that can be made to the engine's store, as values.

A write knows its SQL, and, where the value is cached, the cache key and the new value. Lists of
writes are committed together by `EngineStore.commit`.
"""

from typing import Any, ClassVar

import msgspec

from wigwag.engine.native.records import (
    AppStateKey,
    AppStateVersion,
    DeviceList,
    DeviceRecord,
    PrivacyToken,
)
from wigwag.model.jid import Jid
from wigwag.wire.signal.curve import KeyPair
from wigwag.wire.signal.keys import PreKey, SignedPreKey

CacheKey = tuple[str, ...]
"""Name of a table, the account, and the key in it."""

Scope = tuple[str, str, str]
"""Table (`*` for all), account, and what the key begins with."""

Statement = tuple[str, tuple[Any, ...]]

_encode = msgspec.msgpack.Encoder().encode
decode_device = msgspec.msgpack.Decoder(DeviceRecord).decode
decode_jids = msgspec.msgpack.Decoder(tuple[Jid, ...]).decode
decode_shared = msgspec.msgpack.Decoder(dict[str, int]).decode


class Write(msgspec.Struct, frozen=True):
    """One change of one account."""

    account: str

    SQL: ClassVar[str] = ""

    def params(self) -> tuple[Any, ...]:
        """The values of the statement: the fields in order, unless said otherwise."""
        return msgspec.structs.astuple(self)

    def statements(self) -> tuple[Statement, ...]:
        return ((self.SQL, self.params()),)

    def key(self) -> CacheKey | None:
        """Where the value is cached; None when it is not."""
        return None

    def value(self) -> object:
        """The cached value after this write; None when the row is gone."""
        return None

    def entries(self) -> tuple[tuple[CacheKey, object], ...]:
        """What the cache holds after this write."""
        key = self.key()
        return () if key is None else ((key, self.value()),)

    def scope(self) -> Scope | None:
        """The cached rows that go away with this write, when they are many."""
        return None


class PutDevice(Write, frozen=True):
    """The account's own identity."""

    device: DeviceRecord

    SQL = "INSERT OR REPLACE INTO devices (account, record) VALUES (?, ?)"

    def params(self) -> tuple[Any, ...]:
        return (self.account, _encode(self.device))

    def key(self) -> CacheKey:
        return ("devices", self.account)

    def value(self) -> DeviceRecord:
        return self.device


ACCOUNT_TABLES = (
    "devices",
    "prekeys",
    "signed_prekeys",
    "sessions",
    "identities",
    "sender_keys",
    "sender_key_shared",
    "device_lists",
    "lid_map",
    "appstate_keys",
    "appstate_versions",
    "appstate_macs",
    "sent_messages",
    "privacy_tokens",
    "notes",
)
"""What belongs to an identity; the inbox and what was seen outlive it."""


_KEEP_FORMER = (
    "INSERT OR REPLACE INTO former_devices (account, jid, lid, ended_at, reason)"
    " VALUES (?, ?, ?, ?, ?)"
)


class DropIdentity(Write, frozen=True):
    """The identity with all its keys and sessions; who it was is kept in `former_devices`.

    The inbox stays, so that what was received still reaches the archive.
    """

    jid: Jid | None
    lid: Jid | None
    ended_at: float
    reason: str

    def scope(self) -> Scope:
        return ("*", self.account, "")

    def statements(self) -> tuple[Statement, ...]:
        gone = tuple(
            (f"DELETE FROM {table} WHERE account = ?", (self.account,))  # noqa: S608
            for table in ACCOUNT_TABLES
        )
        if self.jid is None:
            return gone
        row = (self.account, str(self.jid), str(self.lid or ""), self.ended_at, self.reason)
        return (*gone, (_KEEP_FORMER, row))


class PutPreKey(Write, frozen=True):
    """A one-time prekey, not uploaded yet."""

    id: int
    private: bytes
    public: bytes

    SQL = (
        "INSERT OR REPLACE INTO prekeys (account, id, private, public, uploaded)"
        " VALUES (?, ?, ?, ?, 0)"
    )

    def key(self) -> CacheKey:
        return ("prekeys", self.account, str(self.id))

    def value(self) -> PreKey:
        return PreKey(id=self.id, pair=KeyPair(private=self.private, public=self.public))


class PutHandedPreKey(PutPreKey, frozen=True):
    """A one-time prekey that goes to one device directly and never to the server's stock."""

    SQL = (
        "INSERT OR REPLACE INTO prekeys (account, id, private, public, uploaded)"
        " VALUES (?, ?, ?, ?, 1)"
    )


class DropPreKey(Write, frozen=True):
    """A one-time prekey that was used."""

    id: int

    SQL = "DELETE FROM prekeys WHERE account = ? AND id = ?"

    def key(self) -> CacheKey:
        return ("prekeys", self.account, str(self.id))


class MarkPreKeysUploaded(Write, frozen=True):
    """Every prekey up to this id is known to the server."""

    up_to_id: int

    SQL = "UPDATE prekeys SET uploaded = 1 WHERE account = ? AND id <= ? AND uploaded = 0"


class PutSignedPreKey(Write, frozen=True):
    """A signed prekey that the server offers or offered."""

    id: int
    private: bytes
    public: bytes
    signature: bytes

    SQL = (
        "INSERT OR REPLACE INTO signed_prekeys (account, id, private, public, signature)"
        " VALUES (?, ?, ?, ?, ?)"
    )

    def key(self) -> CacheKey:
        return ("signed_prekeys", self.account, str(self.id))

    def value(self) -> SignedPreKey:
        pair = KeyPair(private=self.private, public=self.public)
        return SignedPreKey(id=self.id, pair=pair, signature=self.signature)


class PutSession(Write, frozen=True):
    """All Signal session states with one device."""

    address: str
    record: bytes

    SQL = "INSERT OR REPLACE INTO sessions (account, address, record) VALUES (?, ?, ?)"

    def key(self) -> CacheKey:
        return ("sessions", self.account, self.address)

    def value(self) -> bytes:
        return self.record


class DropSession(Write, frozen=True):
    address: str

    SQL = "DELETE FROM sessions WHERE account = ? AND address = ?"

    def key(self) -> CacheKey:
        return ("sessions", self.account, self.address)


class DropSessionsOf(Write, frozen=True):
    """The sessions with every device of one user (`addresses.signal_user`).

    While it is on its way, rows that are not cached still read as before.
    """

    user: str

    SQL = "DELETE FROM sessions WHERE account = ? AND address >= ? AND address < ?"

    def params(self) -> tuple[Any, ...]:
        return (self.account, f"{self.user}:", f"{self.user};")

    def scope(self) -> Scope:
        return ("sessions", self.account, f"{self.user}:")


class PutIdentity(Write, frozen=True):
    """The identity key (32 bytes) of a device."""

    address: str
    public: bytes

    SQL = "INSERT OR REPLACE INTO identities (account, address, public) VALUES (?, ?, ?)"

    def key(self) -> CacheKey:
        return ("identities", self.account, self.address)

    def value(self) -> bytes:
        return self.public


class DropIdentitiesOf(Write, frozen=True):
    """The identity keys of every device of one user (`addresses.signal_user`)."""

    user: str

    SQL = "DELETE FROM identities WHERE account = ? AND address >= ? AND address < ?"

    def params(self) -> tuple[Any, ...]:
        return (self.account, f"{self.user}:", f"{self.user};")

    def scope(self) -> Scope:
        return ("identities", self.account, f"{self.user}:")


class PutSenderKey(Write, frozen=True):
    """The sender key states of one device in one group."""

    group: str
    sender: str
    record: bytes

    SQL = (
        'INSERT OR REPLACE INTO sender_keys (account, "group", sender, record) VALUES (?, ?, ?, ?)'
    )

    def key(self) -> CacheKey:
        return ("sender_keys", self.account, self.group, self.sender)

    def value(self) -> bytes:
        return self.record


class DropSenderKey(Write, frozen=True):
    group: str
    sender: str

    SQL = 'DELETE FROM sender_keys WHERE account = ? AND "group" = ? AND sender = ?'

    def key(self) -> CacheKey:
        return ("sender_keys", self.account, self.group, self.sender)


class PutShared(Write, frozen=True):
    """Who has the distribution of our own sender key of a group: device address to key id.

    The whole mapping is written; an empty one means that nobody has it.
    """

    group: str
    shared: dict[str, int]

    SQL = 'INSERT OR REPLACE INTO sender_key_shared (account, "group", shared) VALUES (?, ?, ?)'

    def params(self) -> tuple[Any, ...]:
        return (self.account, self.group, _encode(self.shared))

    def key(self) -> CacheKey:
        return ("sender_key_shared", self.account, self.group)

    def value(self) -> dict[str, int]:
        return self.shared


class PutDeviceList(Write, frozen=True):
    """The devices of a user; `user` is the bare JID as text."""

    user: Jid
    devices: tuple[Jid, ...]
    hash: str
    fetched_at: float

    SQL = (
        "INSERT OR REPLACE INTO device_lists (account, user, devices, hash, fetched_at)"
        " VALUES (?, ?, ?, ?, ?)"
    )

    def params(self) -> tuple[Any, ...]:
        devices = _encode(self.devices)
        return (self.account, str(self.user), devices, self.hash, self.fetched_at)

    def key(self) -> CacheKey:
        return ("device_lists", self.account, str(self.user))

    def value(self) -> DeviceList:
        return DeviceList(
            user=self.user, devices=self.devices, hash=self.hash, fetched_at=self.fetched_at
        )


class DropDeviceList(Write, frozen=True):
    user: Jid

    SQL = "DELETE FROM device_lists WHERE account = ? AND user = ?"

    def params(self) -> tuple[Any, ...]:
        return (self.account, str(self.user))

    def key(self) -> CacheKey:
        return ("device_lists", self.account, str(self.user))


class PutLid(Write, frozen=True):
    """LID and phone number (user parts only) are one person; replaces what either had."""

    lid_user: str
    pn_user: str

    def statements(self) -> tuple[Statement, ...]:
        return (
            (
                "DELETE FROM lid_map WHERE account = ? AND pn_user = ? AND lid_user != ?",
                (self.account, self.pn_user, self.lid_user),
            ),
            (
                "INSERT OR REPLACE INTO lid_map (account, lid_user, pn_user) VALUES (?, ?, ?)",
                (self.account, self.lid_user, self.pn_user),
            ),
        )

    def entries(self) -> tuple[tuple[CacheKey, object], ...]:
        return (
            (("lid_map", self.account, self.lid_user), self.pn_user),
            (("pn_map", self.account, self.pn_user), self.lid_user),
        )


class PutAppStateKey(Write, frozen=True):
    id: bytes
    data: bytes
    fingerprint: bytes
    timestamp: int

    SQL = (
        "INSERT INTO appstate_keys (account, id, data, fingerprint, timestamp)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (account, id) DO UPDATE SET data = excluded.data,"
        " fingerprint = excluded.fingerprint, timestamp = excluded.timestamp"
        " WHERE excluded.timestamp > timestamp"
    )

    def key(self) -> CacheKey:
        return ("appstate_keys", self.account, self.id.hex())

    def value(self) -> AppStateKey:
        return AppStateKey(
            id=self.id, data=self.data, fingerprint=self.fingerprint, timestamp=self.timestamp
        )


class PutAppStateVersion(Write, frozen=True):
    collection: str
    version: int
    hash: bytes

    SQL = (
        "INSERT OR REPLACE INTO appstate_versions (account, collection, version, hash)"
        " VALUES (?, ?, ?, ?)"
    )

    def key(self) -> CacheKey:
        return ("appstate_versions", self.account, self.collection)

    def value(self) -> AppStateVersion:
        return AppStateVersion(version=self.version, hash=self.hash)


class PutAppStateMac(Write, frozen=True):
    """The value MAC that an index MAC of a collection has now."""

    collection: str
    index_mac: bytes
    value_mac: bytes

    SQL = (
        "INSERT OR REPLACE INTO appstate_macs (account, collection, index_mac, value_mac)"
        " VALUES (?, ?, ?, ?)"
    )


class DropAppStateMac(Write, frozen=True):
    collection: str
    index_mac: bytes

    SQL = "DELETE FROM appstate_macs WHERE account = ? AND collection = ? AND index_mac = ?"


class DropAppState(Write, frozen=True):
    """Version and MACs of one collection, before it is fetched from the beginning."""

    collection: str

    def statements(self) -> tuple[Statement, ...]:
        at = (self.account, self.collection)
        return (
            ("DELETE FROM appstate_versions WHERE account = ? AND collection = ?", at),
            ("DELETE FROM appstate_macs WHERE account = ? AND collection = ?", at),
        )

    def key(self) -> CacheKey:
        return ("appstate_versions", self.account, self.collection)


class AddInbox(Write, frozen=True):
    """An event for the sink; ignored when (account, kind, chat, sender, id) waits already."""

    seq: int
    kind: str
    chat: str
    sender: str
    id: str
    payload: bytes

    SQL = (
        "INSERT OR IGNORE INTO inbox (account, seq, kind, chat, sender, id, payload)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
    )


class RemoveInbox(Write, frozen=True):
    """Events that the sink has recorded."""

    seqs: tuple[int, ...]

    def statements(self) -> tuple[Statement, ...]:
        sql = "DELETE FROM inbox WHERE seq = ? AND account = ?"
        return tuple((sql, (seq, self.account)) for seq in self.seqs)


class AddSeen(Write, frozen=True):
    """A stanza that was processed, to know it again when it is delivered once more."""

    kind: str
    chat: str
    sender: str
    id: str

    SQL = "INSERT OR IGNORE INTO seen (account, kind, chat, sender, id) VALUES (?, ?, ?, ?, ?)"

    def key(self) -> CacheKey:
        return ("seen", self.account, self.kind, self.chat, self.sender, self.id)

    def value(self) -> bool:
        return True


class AddSent(Write, frozen=True):
    """The plaintext of an own message, kept a while to answer retry receipts."""

    chat: str
    id: str
    payload: bytes
    sent_at: float

    SQL = (
        "INSERT OR REPLACE INTO sent_messages (account, chat, id, payload, sent_at)"
        " VALUES (?, ?, ?, ?, ?)"
    )

    def key(self) -> CacheKey:
        return ("sent_messages", self.account, self.chat, self.id)

    def value(self) -> bytes:
        return self.payload


class PutToken(Write, frozen=True):
    """A privacy token of a user; `user` is the bare JID as text."""

    user: str
    token: bytes
    timestamp: int
    sent_at: int

    SQL = (
        "INSERT OR REPLACE INTO privacy_tokens (account, user, token, timestamp, sent_at)"
        " VALUES (?, ?, ?, ?, ?)"
    )

    def key(self) -> CacheKey:
        return ("privacy_tokens", self.account, self.user)

    def value(self) -> PrivacyToken:
        return PrivacyToken(token=self.token, timestamp=self.timestamp, sent_at=self.sent_at)


class PutNote(Write, frozen=True):
    """Anything small under a name."""

    name: str
    content: bytes

    SQL = "INSERT OR REPLACE INTO notes (account, name, content) VALUES (?, ?, ?)"

    def key(self) -> CacheKey:
        return ("notes", self.account, self.name)

    def value(self) -> bytes:
        return self.content


class DropNote(Write, frozen=True):
    name: str

    SQL = "DELETE FROM notes WHERE account = ? AND name = ?"

    def key(self) -> CacheKey:
        return ("notes", self.account, self.name)
