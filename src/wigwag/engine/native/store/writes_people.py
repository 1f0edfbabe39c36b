"""Changes of device lists, LID map, privacy tokens and app state."""

from typing import Any

import msgspec

from wigwag.engine.native.store.records import (
    AppStateKey,
    AppStateVersion,
    DeviceList,
    PrivacyToken,
)
from wigwag.engine.native.store.write import CacheKey, Statement, Write
from wigwag.model.jid import Jid

_encode = msgspec.msgpack.Encoder().encode
decode_jids = msgspec.msgpack.Decoder(tuple[Jid, ...]).decode


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
