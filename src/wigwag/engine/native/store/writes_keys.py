"""Changes of identity, prekeys, Signal sessions and sender keys."""

from typing import Any

import msgspec

from wigwag.engine.native.store.records import DeviceRecord
from wigwag.engine.native.store.write import CacheKey, Scope, Statement, Write
from wigwag.model.jid import Jid
from wigwag.wire.signal.curve import KeyPair
from wigwag.wire.signal.keys import PreKey, SignedPreKey

_encode = msgspec.msgpack.Encoder().encode
decode_device = msgspec.msgpack.Decoder(DeviceRecord).decode
decode_shared = msgspec.msgpack.Decoder(dict[str, int]).decode


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
    "open_messages",
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
        " VALUES (?, ?, ?, ?, 2)"
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
