"""One-time prekeys: made, uploaded, and refilled when few are left (whatsmeow prekeys.go)."""

import asyncio
from typing import Final

import structlog

from wigwag.engine.common.errors import RequestFailed, RequestTimeout
from wigwag.engine.native.connection.connection import Connection
from wigwag.engine.native.connection.stanzas import acknowledge, iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.store.writes import (
    DropPreKey,
    MarkPreKeysUploaded,
    PutHandedPreKey,
    PutNote,
    PutPreKey,
    Write,
)
from wigwag.model.errors import NotConnected
from wigwag.model.jid import SERVER_JID
from wigwag.wire.errors import MalformedNode, WireError
from wigwag.wire.nodes import Node
from wigwag.wire.signal.curve import DJB, RandomBytes, generate_key_pair
from wigwag.wire.signal.keys import PreKey, SignedPreKey

FIRST_UPLOAD: Final = 812
REFILL: Final = 50
REFILL_BELOW: Final = 5
KEPT_HANDED: Final = 1000
"""Prekeys out of retry receipts that are kept for an answer; the oldest go first."""
_JUST_NOW_S: Final = 600.0
_MAX_ID: Final = 0xFFFFFF
_NEXT_ID: Final = "prekeys.next_id"
_NEXT_HANDED_ID: Final = "prekeys.next_handed_id"

_log = structlog.get_logger(__name__)


class PreKeys:
    """The prekeys of one identity, here and on the server."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = asyncio.Lock()
        self._uploaded_at: float | None = None
        link.connection.on_node("notification", self._on_notification, type="encrypt")

    async def ensure(self) -> None:
        """After a login: upload when server or store have too few.

        Raises RequestFailed, RequestTimeout, NotConnected, or as `EngineStore.commit`.
        """
        here = self._link.store.count_uploaded_prekeys(self._link.account)
        there = await count_on_server(self._link.connection)
        if min(here, there) >= REFILL_BELOW:
            return
        await self.upload(FIRST_UPLOAD if here == 0 and there == 0 else REFILL)
        await count_on_server(self._link.connection)

    async def upload(self, count: int) -> None:
        """Upload that many prekeys: first those whose upload was never confirmed."""
        async with self._lock:
            if await self._was_just_done():
                return
            keys = await self._prepare(count)
            _log.info("prekeys_uploading", account=self._link.account, count=len(keys))
            await self._link.connection.request(self._upload_request(keys), resend=False)
            done = MarkPreKeysUploaded(self._link.account, keys[-1].id)
            await self._link.store.commit([done])
            self._uploaded_at = self._link.clock.monotonic()

    async def _was_just_done(self) -> bool:
        """Whether two reasons to upload met: the notification and the login."""
        if self._uploaded_at is None:
            return False
        if self._link.clock.monotonic() - self._uploaded_at > _JUST_NOW_S:
            return False
        return await count_on_server(self._link.connection) >= REFILL

    async def _prepare(self, count: int) -> list[PreKey]:
        """Keys to upload, durable here before the server can hand them out."""
        link = self._link
        keys = link.store.list_prekeys_to_upload(link.account, count)
        missing = count - len(keys)
        if missing > 0:
            first = self._next_id()
            made = await asyncio.to_thread(make_prekeys, first, missing, link.random)
            writes: list[Write] = [
                PutPreKey(link.account, key.id, key.pair.private, key.pair.public) for key in made
            ]
            next_id = made[-1].id % _MAX_ID + 1
            writes.append(PutNote(link.account, _NEXT_ID, str(next_id).encode()))
            await link.store.commit(writes)
            keys += made
        return keys

    def _next_id(self) -> int:
        """Ids are not given twice: a bundle that someone fetched long ago may still be used."""
        note = self._link.store.find_note(self._link.account, _NEXT_ID)
        if note is not None:
            return int(note)
        return self._link.store.last_prekey_id(self._link.account) + 1

    def _upload_request(self, keys: list[PreKey]) -> Node:
        device = self._link.device
        return iq(
            "encrypt",
            "set",
            [
                Node("registration", {}, device.registration_id.to_bytes(4, "big")),
                Node("type", {}, DJB),
                Node("identity", {}, device.identity.public),
                Node("list", {}, [prekey_node(key) for key in keys]),
                signed_prekey_node(device.signed_prekey),
            ],
        )

    def _on_notification(self, node: Node) -> None:
        if node.attr("from") != str(SERVER_JID):
            self._link.connection.dispatch(node, "encrypt:identity")
            return
        self._link.spawn(self._refill(node), "prekeys")

    async def _refill(self, notification: Node) -> None:
        try:
            await self._link.connection.send(acknowledge(notification))
            count = notification.child("count")
            if count is not None and count.attr_int("value") < REFILL_BELOW:
                await self.upload(REFILL)
        except (NotConnected, RequestFailed, RequestTimeout, WireError) as error:
            _log.warning("prekeys_not_refilled", account=self._link.account, code=error.code)


async def count_on_server(connection: Connection) -> int:
    """How many one-time prekeys the server has left. Raises as `Connection.request`."""
    reply = await connection.request(iq("encrypt", "get", [Node("count")]), resend=False)
    count = reply.child("count")
    try:
        return count.attr_int("value") if count is not None else 0
    except MalformedNode:
        return 0


def make_prekeys(first_id: int, count: int, random: RandomBytes) -> list[PreKey]:
    """New one-time prekeys with ids of 24 bits, counting from `first_id`."""
    ids = ((first_id - 1 + offset) % _MAX_ID + 1 for offset in range(count))
    return [PreKey(id=key_id, pair=generate_key_pair(random)) for key_id in ids]


def new_prekey(link: Link, key_id: int | None = None) -> tuple[PreKey, list[Write]]:
    """One prekey for a retry receipt, and the writes that keep it.

    These ids count down from the highest, so that they never meet those of an upload. Whoever
    makes several before he commits names the next id himself: the last one minus 1.
    """
    if not key_id:
        note = link.store.find_note(link.account, _NEXT_HANDED_ID)
        key_id = int(note) if note is not None else _MAX_ID
    key = make_prekeys(key_id, 1, link.random)[0]
    following = key_id - 1 or _MAX_ID
    writes: list[Write] = [
        PutHandedPreKey(link.account, key.id, key.pair.private, key.pair.public),
        PutNote(link.account, _NEXT_HANDED_ID, str(following).encode()),
    ]
    oldest = key_id + KEPT_HANDED
    if oldest <= _MAX_ID:
        writes.append(DropPreKey(link.account, oldest))
    return key, writes


def prekey_node(key: PreKey) -> Node:
    """The public half of a prekey as uploads and retry receipts carry it."""
    return Node("key", {}, _key_parts(key.id, key.pair.public))


def signed_prekey_node(key: SignedPreKey) -> Node:
    """The public half of the signed prekey."""
    parts = [*_key_parts(key.id, key.pair.public), Node("signature", {}, key.signature)]
    return Node("skey", {}, parts)


def _key_parts(key_id: int, public: bytes) -> list[Node]:
    return [Node("id", {}, key_id.to_bytes(3, "big")), Node("value", {}, public)]
