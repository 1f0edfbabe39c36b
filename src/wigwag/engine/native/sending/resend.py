"""Retry receipts of others: sending a message again to the one device that could not read it
(whatsmeow retry.go). The receipt is acknowledged when that was tried."""

import asyncio
from collections import OrderedDict, deque
from typing import Final

import msgspec
import structlog

from wigwag.engine.common.failures import describe
from wigwag.engine.native.connection.stanzas import acknowledge
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.audience import Audience
from wigwag.engine.native.people.bundles import ask_bundles, parse_bundle
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.groups import Groups
from wigwag.engine.native.people.sessions import Sessions
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import DropReason, End
from wigwag.engine.native.receiving.source import Source, parse_source
from wigwag.engine.native.sending.envelope import SentMessage
from wigwag.engine.native.sending.fanout import Fanout
from wigwag.engine.native.sending.outbox import Outbox
from wigwag.model.errors import NotConnected, WigwagError
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.wire import claims
from wigwag.wire.content import device_sent, with_sender_key
from wigwag.wire.errors import MalformedNode, WireError
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.signal.keys import PreKeyBundle

MAX_REQUESTS: Final = 10
"""Requests of one device for one message that are answered."""
MAX_COUNTED: Final = 10_000
MAX_WAITING: Final = 512
RECREATE_AFTER_S: Final = 3600.0
"""A session is not begun anew for a device more often than this."""

_log = structlog.get_logger(__name__)
_decode_sent = msgspec.msgpack.Decoder(SentMessage).decode


class Resender:
    """Answers retry receipts, one after the other."""

    def __init__(
        self,
        link: Link,
        *,
        sessions: Sessions,
        devices: Devices,
        groups: Groups,
        fanout: Fanout,
        outbox: Outbox,
    ) -> None:
        self._link = link
        self._sessions = sessions
        self._devices = devices
        self._fanout = fanout
        self._groups = groups
        self._audience = Audience(link, devices)
        self._outbox = outbox
        self._waiting: deque[tuple[Node, Node]] = deque()
        self._wakeup = asyncio.Event()
        self._counts: OrderedDict[tuple[Jid, str], int] = OrderedDict()
        self._recreated: OrderedDict[Jid, float] = OrderedDict()

    def requested(self, node: Node, batch: Batch) -> None:
        """A `<receipt type=retry>`. Raises MalformedNode."""
        retry = node.child("retry")
        if retry is None or not claims.identifier(retry.attr("id")):
            raise MalformedNode("a retry receipt names no message")
        if len(self._waiting) >= MAX_WAITING:
            # The sender asks again; without an ack the server delivers this one again, too.
            batch.drop(DropReason.RETRY_POSTPONED)
            return
        batch.mark(End.APPLIED)
        batch.afterwards.append(lambda: self._put(node, retry))

    async def run(self) -> None:
        """Resend for ever; ends by cancellation."""
        while True:
            while not self._waiting:
                self._wakeup.clear()
                await self._wakeup.wait()
            node, retry = self._waiting.popleft()
            try:
                await self._answer(node, retry)
            except NotConnected:
                # Not acknowledged: it comes again with the next stream.
                self._waiting.clear()
                continue
            except WigwagError as error:
                _log.warning("resend_failed", code=error.code)
            except Exception as error:  # noqa: BLE001 - one strange request must not end the others
                _log.error("resend_broken", **describe(error))
            await self._acknowledge(node)

    def _put(self, node: Node, retry: Node) -> None:
        self._waiting.append((node, retry))
        self._wakeup.set()

    async def _acknowledge(self, node: Node) -> None:
        try:
            await self._link.connection.send(acknowledge(node))
        except NotConnected:
            _log.debug("retry_not_acknowledged")

    async def _answer(self, node: Node, retry: Node) -> None:
        link = self._link
        message_id = retry.attr("id")
        source = parse_source(node, link.pn, link.lid)
        sent = self._find_sent(source.chat, message_id)
        if sent is None or (sent.peer and not _is_phone(source)):
            _log.info("resend_unknown_message")
            await self._take_keys(node, source.sender, message_id)
            return
        if source.is_group and not await self._is_reader(source):
            _log.warning("resend_to_stranger")
            return
        if not self._count(source.sender, message_id):
            return
        attempt = retry.attr_int("count", 1)
        bundle = await self._bundle(node, source.sender, attempt)
        changes = self._outbox.changes
        if bundle is not None:
            self._sessions.start(self._devices.signal_jid(source.sender), bundle, changes)
        raw = self._plaintext(source, sent)
        enc: dict[str, AttrValue] = {"count": str(attempt)}
        if sent.envelope.media_type:
            enc["mediatype"] = sent.envelope.media_type
        body = self._fanout.single(source.sender, raw, enc, changes)
        attrs = _stanza_attrs(node, retry, source, sent)
        stanza = Node("message", attrs, [*body, *sent.meta()])
        await self._outbox.post_unanswered(stanza)
        await self._devices.tell_renewal(source.sender, changes)
        _log.info("resent", attempt=attempt, group=source.is_group)

    async def _take_keys(self, node: Node, device: Jid, message_id: str) -> None:
        """Nothing is to be sent again; what comes next is in a session of the keys that came."""
        if node.child("keys") is None or not self._count(device, message_id):
            return
        changes = self._outbox.changes
        self._sessions.start(self._devices.signal_jid(device), parse_bundle(node), changes)
        await self._devices.tell_renewal(device, changes)

    async def _is_reader(self, source: Source) -> bool:
        """Whether the message is for who asks: a member of the group still, or one of those whom
        the owner lets see his status."""
        if source.from_me:
            return True
        if source.chat == STATUS_JID:
            readers = await self._audience.list_users()
        else:
            readers = (await self._groups.list_members(source.chat)).jids
        sender = source.sender
        asking = {sender.bare, self._devices.signal_jid(sender).bare}
        other = source.sender_alt or (self._devices.find_pn(sender) if sender.is_lid else None)
        if other is not None:
            asking.add(other.bare)
        return any(reader in asking for reader in readers)

    def _find_sent(self, chat: Jid, message_id: str) -> SentMessage | None:
        """The message as it was sent, under either address of the chat."""
        other = None
        if chat.is_pn:
            other = self._devices.find_lid(chat)
        elif chat.is_lid:
            other = self._devices.find_pn(chat)
        for address in (chat, other):
            if address is None:
                continue
            payload = self._link.store.find_sent(self._link.account, str(address), message_id)
            if payload is not None:
                return _decode_sent(payload)
        return None

    def _count(self, device: Jid, message_id: str) -> bool:
        """Whether this request is still answered."""
        key = (device, message_id)
        count = self._counts.pop(key, 0) + 1
        self._counts[key] = count
        while len(self._counts) > MAX_COUNTED:
            self._counts.popitem(last=False)
        return count < MAX_REQUESTS

    async def _bundle(self, node: Node, device: Jid, attempt: int) -> PreKeyBundle | None:
        """The keys for a new session, when there has to be one."""
        if node.child("keys") is not None:
            return parse_bundle(node)
        jid = self._devices.signal_jid(device)
        has_session = self._sessions.has_session(jid, self._outbox.changes)
        if has_session and not self._may_recreate(jid, attempt):
            return None
        self._note_recreated(jid)
        bundles = await ask_bundles(self._link, [device])
        bundle = bundles.get(device)
        if bundle is None:
            raise WireError("The server has no prekeys of the device that asks.")
        return bundle

    def _may_recreate(self, device: Jid, attempt: int) -> bool:
        if attempt < 2:
            return False
        last = self._recreated.get(device)
        return last is None or self._link.clock.monotonic() - last > RECREATE_AFTER_S

    def _note_recreated(self, device: Jid) -> None:
        self._recreated[device] = self._link.clock.monotonic()
        self._recreated.move_to_end(device)
        while len(self._recreated) > MAX_COUNTED:
            self._recreated.popitem(last=False)

    def _plaintext(self, source: Source, sent: SentMessage) -> bytes:
        if source.is_group:
            distribution = self._fanout.distribution(source.chat, self._outbox.changes)
            return with_sender_key(sent.raw, str(source.chat), distribution)
        if source.from_me and not sent.peer:
            return device_sent(source.chat, sent.raw, again=True)
        return sent.raw


def _stanza_attrs(
    node: Node, retry: Node, source: Source, sent: SentMessage
) -> dict[str, AttrValue]:
    attrs: dict[str, AttrValue] = {
        "to": node.attrs["from"],
        "type": sent.envelope.type,
        "id": retry.attr("id"),
        "t": retry.attr("t"),
    }
    if sent.peer:
        attrs["category"] = "peer"
    elif not source.is_group:
        attrs["device_fanout"] = "false"
    for name in ("participant", "recipient", "edit"):
        value = node.attrs.get(name)
        if value:
            attrs[name] = value
    return attrs


def _is_phone(source: Source) -> bool:
    return source.from_me and not source.sender.device
