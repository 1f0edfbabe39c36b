"""Everything that goes over the connection of a paired identity, put together."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from wigwag.engine.common.failures import describe
from wigwag.engine.common.transfer import Transfer
from wigwag.engine.native.link import Link
from wigwag.engine.native.media.mediahosts import HostCache
from wigwag.engine.native.media.retries import MediaRetries
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.groups import Groups
from wigwag.engine.native.people.sessions import Sessions
from wigwag.engine.native.people.usync import ask_numbers
from wigwag.engine.native.receiving.catchup import CatchUpBook
from wigwag.engine.native.receiving.decryption import Decryption
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.engine.native.receiving.inbox import Inbox
from wigwag.engine.native.receiving.notifications import (
    Notifications,
    Presences,
    Receipts,
)
from wigwag.engine.native.receiving.openmessages import OpenMessages
from wigwag.engine.native.receiving.peer import PeerParts
from wigwag.engine.native.receiving.posts import Posts
from wigwag.engine.native.receiving.receive import Handler, Receiver
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.engine.native.receiving.recovery import Recovery
from wigwag.engine.native.receiving.retry import RetryRequests
from wigwag.engine.native.receiving.secrets import Secrets
from wigwag.engine.native.receiving.unsealing import Unsealing
from wigwag.engine.native.sending.fanout import Fanout
from wigwag.engine.native.sending.outbox import Outbox
from wigwag.engine.native.sending.reacting import SealedReactions
from wigwag.engine.native.sending.readmarks import ReadMarks
from wigwag.engine.native.sending.resend import Resender
from wigwag.engine.native.sending.send import Sender
from wigwag.engine.native.sending.sharing import Sharing
from wigwag.engine.native.sending.tokens import Tokens
from wigwag.engine.native.social.social import Social
from wigwag.engine.native.sync.appstate import AppState
from wigwag.engine.native.sync.appstate_phone import PhoneQuestions
from wigwag.engine.native.sync.appstate_standing import Standings
from wigwag.engine.native.sync.appstate_sync import CollectionSync
from wigwag.engine.native.sync.history import History, HistoryQueue
from wigwag.engine.native.sync.phone import Phone
from wigwag.engine.native.sync.requests import HistoryRequests
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import WigwagError
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.ports import Counters, NumberCheck
from wigwag.wire.nodes import Node

_FIRST_PAUSE_S: Final = 0.5
_LAST_PAUSE_S: Final = 60.0

_LET_GO: Final = {
    "ack": DropReason.LATE_ACK,
    "": DropReason.UNKNOWN_STANZA,
}
"""Stanzas that change nothing here; the last are those of all unknown tags."""

_log = structlog.get_logger(__name__)


class Traffic:
    """Messages, receipts, media and what belongs to them, for one identity.

    Its parts know those they work with and never the whole, nor in a circle: so they are gone as
    soon as the identity is (tests/unit/engine/native/test_life.py).
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._learnt_groups = False
        sessions = Sessions(link.account, link.store, lambda: link.local, link.random)
        self._sessions = sessions
        link.store.on_failure(link.account, sessions.reset)
        history = HistoryQueue()
        self._inbox = Inbox(link.account, link.store, link.sink, link.clock, history.notified)
        recorder = Recorder(link, self._inbox)
        self._transfer = Transfer(link, HostCache(link))
        self._make_outgoing(sessions, recorder)
        self.media = MediaRetries(link)
        self._history = History(
            link,
            history,
            transfer=self._transfer,
            recorder=recorder,
            phone=self._phone,
            secrets=self._secrets,
        )
        self.history = HistoryRequests(self._phone)
        self.appstate = self._make_appstate(recorder)
        self._open_messages = OpenMessages(link)
        self._recovery = Recovery(link, self._phone, self._open_messages)
        self._readmarks = ReadMarks(link, self.devices, self._groups)
        self.catch_up = CatchUpBook(link.clock)
        self._handlers = self._make_handlers(sessions)
        self.receiver = Receiver(
            link,
            self._inbox,
            sessions,
            self._handlers,
            history.notified,
            catch_up=self.catch_up,
        )

    def _make_appstate(self, recorder: Recorder) -> AppState:
        link, standings = self._link, Standings(self._link)
        return AppState(
            link,
            phone=PhoneQuestions(link, self._phone, standings),
            sync=CollectionSync(link, self._transfer, recorder, standings),
            standings=standings,
            recorder=recorder,
        )

    def _make_outgoing(self, sessions: Sessions, recorder: Recorder) -> None:
        link = self._link
        self.devices = Devices(link, sessions, recorder)
        self._outbox = Outbox(link, sessions)
        self._tokens = Tokens(link)
        sharing = Sharing(link, sessions)
        fanout = Fanout(link, sessions, self.devices, sharing)
        self._groups = Groups(link, recorder, sharing)
        self._secrets = Secrets(link, self._groups.is_announcements)
        self._phone = Phone(link, devices=self.devices, fanout=fanout, outbox=self._outbox)
        self._resender = Resender(
            link,
            sessions=sessions,
            devices=self.devices,
            groups=self._groups,
            fanout=fanout,
            outbox=self._outbox,
        )
        self._sender = Sender(
            link,
            devices=self.devices,
            groups=self._groups,
            fanout=fanout,
            sharing=sharing,
            outbox=self._outbox,
            tokens=self._tokens,
            reactions=SealedReactions(link, self._groups, self.devices, self._secrets),
        )
        self.social = Social(
            link,
            recorder,
            devices=self.devices,
            groups=self._groups,
            tokens=self._tokens,
            transfer=self._transfer,
        )

    def _make_handlers(self, sessions: Sessions) -> dict[str, Handler]:
        """What reads the stanzas of each tag."""
        link, presence = self._link, self.social.presence
        messages = self._open_messages
        decryption = Decryption(
            lambda: link.own,
            sessions=sessions,
            messages=messages,
            retries=RetryRequests(link, messages),
            recovery=self._recovery,
            peer=PeerParts(link, self.appstate, messages, self._recovery),
            unsealing=Unsealing(link, self._secrets),
            posts=Posts(lambda: (link.pn, link.lid), self.social.newsletters.heard),
            clock=link.clock,
            is_active=lambda: presence.available,
        )
        notifications = Notifications(
            link,
            devices=self.devices,
            groups=self._groups,
            appstate=self.appstate,
            tokens=self._tokens,
            media=self.media,
            readmarks=self._readmarks,
            newsletters=self.social.newsletters,
        )
        presences = Presences(link, self._inbox)
        return {
            "message": decryption.read,
            "appdata": decryption.read,
            "status": decryption.read_status,
            "receipt": Receipts(link, self._resender).read,
            "notification": notifications.read,
            "call": self.social.calls.read,
            "presence": presences.presence,
            "chatstate": presences.chat_presence,
            "ib": self.catch_up.read,
        }

    # -- life -------------------------------------------------------------------------------

    def start(self) -> None:
        """Register for stanzas and begin to work."""
        connection = self._link.connection
        for tag in self._handlers:
            connection.on_node(tag, self.receiver.accept)
        for tag, reason in _LET_GO.items():
            connection.on_node(tag, self._letting_go(tag, reason))
        connection.on_node("notification", self.receiver.accept, type="encrypt:identity")
        spawn = self._link.spawn
        spawn(self._keep_running(self._inbox.run, "inbox"), "inbox")
        spawn(self._keep_running(self.receiver.run, "receiver", self._receive_anew), "receiver")
        spawn(self._keep_running(self._outbox.run, "outbox"), "outbox")
        spawn(self._keep_running(self._resender.run, "resender"), "resender")
        spawn(self._keep_running(self._history.run, "history"), "history")
        spawn(self._keep_running(self.appstate.run, "appstate"), "appstate")
        spawn(self._keep_running(self._recovery.run, "recovery"), "recovery")

    def _letting_go(self, tag: str, reason: DropReason) -> Callable[[Node], None]:
        return lambda _node: self.receiver.let_go(tag or "unknown", reason)

    async def _keep_running(
        self, run: Callable[[], Awaitable[None]], name: str, clear: Callable[[], None] | None = None
    ) -> None:
        """A bug must not leave an account that looks well and is deaf: `clear`, and begin anew."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await run()
            except Exception as error:  # noqa: BLE001 - whatever it is, the work goes on
                _log.error("work_broken", account=self._link.account, work=name, **describe(error))
            if clear is not None:
                clear()
            await self._link.clock.sleep(pause_s)
            pause_s = min(2 * pause_s, _LAST_PAUSE_S)

    def _receive_anew(self) -> None:
        """What was being received is void: it comes again in another stream, to be decrypted from
        the stored state; and what became durable meanwhile is read back."""
        self._sessions.reset()
        self._sessions.received()
        self.receiver.forget_all()
        self._link.connection.abandon("broken")
        self._inbox.read_again()

    async def on_connected(self) -> None:
        """After a login: say who is here, fetch what is due, and learn the groups once."""
        self.appstate.connected()
        try:
            await self.social.presence.say_again()
            if not self._learnt_groups:
                await self._groups.ask_participating()
                self._learnt_groups = True
        except WigwagError as error:
            _log.info("greeting_incomplete", code=error.code)

    def on_disconnected(self) -> None:
        """The stream ended."""
        self.receiver.forget_queue()

    async def stop(self) -> None:
        """Nothing is kept back: what is durable stays, what is not comes again."""
        self._outbox.close()

    # -- ports.Engine -----------------------------------------------------------------------

    @property
    def counters(self) -> Counters:
        return self.receiver.ledger.counters(
            backlog=self._inbox.backlog, open_messages=len(self._open_messages)
        )

    async def send(self, message: Outgoing) -> Sent:
        return await self._sender.send(message)

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        return await self._transfer.upload(source, kind)

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None:
        await self._transfer.download(ref, kind, target)

    async def check_numbers(self, phones: Sequence[str]) -> list[NumberCheck]:
        found = await ask_numbers(self._link, phones)
        await self.devices.learn_links(
            (check.lid, check.jid)
            for check in found
            if check.lid is not None and check.jid is not None
        )
        return found

    async def mark_read(
        self, chat: Jid, sender: Jid, ids: Sequence[str], *, played: bool = False
    ) -> None:
        await self._readmarks.send(chat, sender, ids, played=played)
