"""Sending: to whom, encrypted in the order of the calls, acknowledged concurrently.

Per chat, calls take turns until their message is encrypted and queued; then each waits for its
own acknowledgement, so that many are on their way at once (whatsmeow send.go, without its lock).
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog

from wigwag.engine.common.errors import RequestFailed, RequestTimeout, StoreFailed, WriteRefused
from wigwag.engine.common.refusals import message_refused
from wigwag.engine.native.connection.connection import Pending
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.audience import Audience
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.groups import Groups
from wigwag.engine.native.sending.chatqueue import ChatQueue
from wigwag.engine.native.sending.envelope import SentMessage, describe
from wigwag.engine.native.sending.fanout import Fanout, Letter, Stanza
from wigwag.engine.native.sending.outbox import Outbox
from wigwag.engine.native.sending.posting import post_stanza
from wigwag.engine.native.sending.reacting import SealedReactions
from wigwag.engine.native.sending.sharing import Sharing
from wigwag.engine.native.sending.tokens import Tokens
from wigwag.engine.native.store.writes import AddSent
from wigwag.model.content import Poll, PollVote, Reaction
from wigwag.model.content import Unsupported as UnsupportedContent
from wigwag.model.errors import (
    InvalidInput,
    NotConnected,
    NotOnWhatsApp,
    SendRejected,
    SendTimeout,
    Unsupported,
    WhatsAppBusy,
    WigwagError,
)
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.wire.content import encode_content
from wigwag.wire.errors import WireError
from wigwag.wire.nodes import Node

ACK_TIMEOUT_S: Final = 75.0
_WITHOUT_SECRET: Final = (Reaction, PollVote, UnsupportedContent)
"""Kinds that carry no secret of ours, and so cannot be reported (whatsmeow reportingtoken.go)."""

_BREATH: Final = 16
"""Sessions begun before other tasks get their turn."""
_LAST_SECOND: Final = 253_402_300_799

_log = structlog.get_logger(__name__)
_encode_sent = msgspec.msgpack.Encoder().encode


class Sender:
    """Sends the messages of one account."""

    def __init__(
        self,
        link: Link,
        *,
        devices: Devices,
        groups: Groups,
        fanout: Fanout,
        sharing: Sharing,
        outbox: Outbox,
        tokens: Tokens,
        reactions: SealedReactions,
    ) -> None:
        self._audience = Audience(link, devices)
        self._link = link
        self._devices = devices
        self._groups = groups
        self._fanout = fanout
        self._sharing = sharing
        self._outbox = outbox
        self._tokens = tokens
        self._reactions = reactions
        self._queue = ChatQueue(devices.find_alias)

    async def send(self, message: Outgoing) -> Sent:
        """See ports.Engine.send."""
        try:
            return await self._send(message)
        except WriteRefused:
            raise
        except StoreFailed as error:
            raise NotConnected(error.detail) from error

    async def _send(self, message: Outgoing) -> Sent:
        if not self._link.online:
            raise NotConnected
        chat = message.to.bare
        raw, post = b"", None
        try:
            if chat.is_newsletter:
                post = post_stanza(message)
            else:
                secret, sent_at = _secret_of(message), message.timestamp
                raw = encode_content(message.content, secret=secret, timestamp=sent_at)
        except WireError as error:
            raise InvalidInput("This message cannot be sent: " + error.detail) from error
        async with self._queue.turn(chat) as turn:
            await self._outbox.room()
            try:
                if post is not None:
                    stanza = Stanza(post, "", 0)
                elif chat.is_group or chat == STATUS_JID:
                    stanza = await self._to_many(chat, message, raw)
                else:
                    chat = await self._resolve(chat)
                    stanza = await self._to_one(chat, message, raw)
            except RequestTimeout as error:
                raise NotConnected("WhatsApp did not answer; the message was not sent.") from error
            except RequestFailed as error:
                raise _as_passing(error) from error
            if turn.error is not None:
                self._unmark(chat, stanza)
                raise turn.error
            written = self._outbox.post(stanza.node)
        try:
            pending = await written
        except BaseException as error:
            # the error holds this frame; together they would wait for the collector
            del written
            self._unmark(chat, stanza)
            if isinstance(error, Exception):
                self._queue.turn_back(chat, error)
            raise
        return await self._settle(chat, message, stanza, pending)

    # -- to whom ----------------------------------------------------------------------------

    async def _resolve(self, chat: Jid) -> Jid:
        """The address to send to: the LID of a person."""
        if chat.is_lid:
            return chat
        if not chat.is_pn:
            raise Unsupported(
                "Messages can be sent to people, groups, newsletters and the own status only."
            )
        if chat == self._link.pn and self._link.lid.user:
            return self._link.lid
        lid = self._devices.find_lid(chat) or await self._devices.ask_lid(chat)
        if lid is None:
            raise NotOnWhatsApp
        return lid

    async def _to_one(self, chat: Jid, message: Outgoing, raw: bytes) -> Stanza:
        users = list(dict.fromkeys((chat, self._link.lid if self._link.lid.user else chat)))
        devices = self._devices.find_devices(users)
        if devices is None:
            devices = await self._devices.list_devices(users)
        if not any(device.user == chat.user for device in devices):
            raise NotOnWhatsApp
        refusal = await self._start_sessions(devices)
        letter = _letter(chat, message, raw)
        stanza = self._fanout.direct(
            letter, devices, self._outbox.changes, self._tokens.nodes_for(chat)
        )
        if not stanza.reached and chat != self._link.lid:
            if refusal is not None:
                raise refusal
            raise SendRejected("None of the recipient's devices can be encrypted to; try again.")
        self._remember(letter)
        return stanza

    async def _to_many(self, chat: Jid, message: Outgoing, raw: bytes) -> Stanza:
        if chat == STATUS_JID:
            users: Sequence[Jid] = await self._audience.list_users()
            lid_addressed = False
        else:
            members = self._groups.find_members(chat) or await self._groups.list_members(chat)
            users, lid_addressed = members.jids, members.lid_addressed
        devices = self._devices.find_devices(users)
        if devices is None:
            devices = await self._devices.list_devices(users)
        devices = [device for device in devices if not device.server.startswith("hosted")]
        refusal = await self._start_sessions(devices)
        letter = self._reactions.letter(chat, message) or _letter(chat, message, raw)
        stanza = self._fanout.group(
            letter, devices, self._outbox.changes, lid_addressed=lid_addressed
        )
        if refusal is not None and stanza.missed and not stanza.reached:
            self._unmark(chat, stanza)
            raise refusal
        self._remember(letter)
        return stanza

    async def _start_sessions(self, devices: Sequence[Jid]) -> RequestFailed | None:
        """Begin the sessions that are missing. What follows without an await can encrypt, but for
        the devices whose keys were refused."""
        others = [device for device in devices if not self._fanout.is_this_device(device)]
        bundles, refusal = await self._devices.ask_missing(others)
        begun = list(bundles.items())
        for at in range(0, len(begun), _BREATH):
            if at:
                await asyncio.sleep(0)
            self._devices.start_sessions(dict(begun[at : at + _BREATH]), self._outbox.changes)
        return refusal

    def _remember(self, letter: Letter) -> None:
        """Keep the message, to answer retry receipts with."""
        payload = _encode_sent(SentMessage(letter.raw, letter.envelope))
        sent_at = self._link.clock.now().timestamp()
        self._outbox.changes.add(
            AddSent(self._link.account, str(letter.to), letter.id, payload, sent_at)
        )

    # -- what WhatsApp says -----------------------------------------------------------------

    async def _settle(self, chat: Jid, message: Outgoing, stanza: Stanza, pending: Pending) -> Sent:
        """Wait for the acknowledgement of a message that was written."""
        self._tokens.sent_to(chat)
        try:
            ack = await pending.reply(ACK_TIMEOUT_S)
        except (RequestTimeout, NotConnected) as error:
            self._unmark(chat, stanza)
            raise SendTimeout from error
        code = _number(ack, "error")
        if code:
            self._unmark(chat, stanza)
            self._groups.forget(chat)
            raise message_refused(chat, code)
        if stanza.handed:
            self._sharing.confirm(chat, stanza.handed, self._outbox.changes)
        expected = ack.attr("phash")
        if expected and expected != stanza.phash:
            await self._forget_devices(chat)
        seconds = _number(ack, "t")
        known = 0 < seconds <= _LAST_SECOND
        timestamp = datetime.fromtimestamp(seconds, UTC) if known else self._link.clock.now()
        number = _number(ack, "server_id")
        return Sent(id=message.id, chat=chat, timestamp=timestamp, server_id=max(number, 0))

    def _unmark(self, chat: Jid, stanza: Stanza) -> None:
        """Nobody knows whether the devices got our sender key: they get it again."""
        if stanza.handed:
            self._sharing.unmark(chat, stanza.handed, self._outbox.changes)

    async def _forget_devices(self, chat: Jid) -> None:
        """The server knows other devices than we do: ask again before the next message."""
        _log.info("participants_differ", group=chat.is_group)
        users = [chat, self._link.lid]
        members = self._groups.find_members(chat)
        if members is not None:
            users = members.jids
            self._groups.forget(chat)
        try:
            await self._link.store.commit(self._devices.forget(users))
        except WigwagError as error:
            # The message itself is sent; the lists are asked for again at their age.
            _log.warning("devices_not_forgotten", code=error.code)


def _as_passing(error: RequestFailed) -> WigwagError:
    """What the refusal of a question means for the message: that it comes again, or its end."""
    if not error.is_passing:
        return error
    return WhatsAppBusy(f"WhatsApp refuses for the moment what this needs: {error.server_code}")


def _secret_of(message: Outgoing) -> bytes:
    """The secret that goes with the message; a poll has its own."""
    content = message.content
    if isinstance(content, _WITHOUT_SECRET):
        return b""
    return (content.secret if isinstance(content, Poll) else b"") or message.secret


def _letter(chat: Jid, message: Outgoing, raw: bytes) -> Letter:
    return Letter(chat, message.id, raw, describe(message.content), _secret_of(message))


def _number(node: Node, name: str) -> int:
    try:
        return node.attr_int(name)
    except WireError:
        return 0
