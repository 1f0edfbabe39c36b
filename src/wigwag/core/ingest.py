"""The one door in: what an engine reports becomes rows and events."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec
import structlog

from wigwag.core.appstate import record_app_state
from wigwag.core.calls import record_call
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.groups import record_group, record_group_change
from wigwag.core.history import (
    head_parts,
    record_end,
    record_head,
    record_lost,
    record_receipts,
    slices,
)
from wigwag.core.identity import Recording
from wigwag.core.incoming import record_message, record_undecryptable
from wigwag.core.mediaretry import record_media_answer
from wigwag.core.newsletters import NewsletterEvent, record_newsletter
from wigwag.core.people import record_contact, record_identity, record_renewal, record_state
from wigwag.core.profiles import ProfileEvent, record_profile
from wigwag.core.receipts import record_receipt
from wigwag.core.views import catch_up_view, maybe_time_view, time_view
from wigwag.model.account import AccountState
from wigwag.model.content import Media
from wigwag.model.errors import StorageBusy, StorageFull, WigwagError
from wigwag.model.event import (
    AppStateChanged,
    BlocklistChanged,
    CallEnded,
    CallOffered,
    CaughtUp,
    ChatPresenceChanged,
    ContactsChanged,
    EngineEvent,
    GroupChanged,
    GroupJoined,
    HistoryLost,
    HistoryReceived,
    IdentityLinked,
    IdentityRenewed,
    MediaRetryAnswered,
    MessageReceived,
    MessageUndecryptable,
    NewsletterCounted,
    NewsletterKnown,
    NewsletterLeft,
    NewsletterMuted,
    PairingCode,
    PairingPasskey,
    PairingQr,
    PictureChanged,
    PresenceChanged,
    PrivacyChanged,
    ReceiptReceived,
    StateChanged,
    TimerChanged,
)
from wigwag.model.instant import ms_of
from wigwag.model.media import MediaAnswer, RetryResult
from wigwag.model.record import EventType
from wigwag.ports import Archive, Ballots, Clock, MediaAnswerReader

MAX_BATCH: Final = 500
"""Events in one write unit."""

WORTH_EXPECTING: Final = 8
"""Messages in one unit from which on their ids are looked up together."""

_log = structlog.get_logger(__name__)


def _record_one(rec: Recording, event: EngineEvent, read: MediaAnswerReader) -> None:
    """Make rows and events of one report. The same report twice changes nothing."""
    match event:
        case MessageReceived(message=message):
            record_message(rec, message)
        case ReceiptReceived(receipt=receipt):
            record_receipt(rec, receipt)
        case MessageUndecryptable():
            record_undecryptable(rec, event)
        case MediaRetryAnswered():
            record_media_answer(rec, event, read)
        case HistoryLost():
            record_lost(rec, event)
        case HistoryReceived():
            raise TypeError("history is recorded in slices")
        case (
            ContactsChanged()
            | AppStateChanged()
            | IdentityLinked()
            | IdentityRenewed()
            | GroupJoined()
            | GroupChanged()
            | NewsletterKnown()
            | NewsletterLeft()
            | NewsletterMuted()
            | NewsletterCounted()
            | PictureChanged()
            | PrivacyChanged()
            | BlocklistChanged()
            | TimerChanged()
        ):
            _record_known(rec, event)
        case StateChanged(state=state):
            record_state(rec, state)
        case _:
            _tell(rec, event)


def _record_known(
    rec: Recording,
    event: ContactsChanged
    | AppStateChanged
    | IdentityLinked
    | IdentityRenewed
    | GroupJoined
    | GroupChanged
    | NewsletterEvent
    | ProfileEvent,
) -> None:
    """What is known of people and chats, besides messages."""
    match event:
        case ContactsChanged(contacts=contacts):
            for contact in contacts:
                record_contact(rec, contact)
        case AppStateChanged():
            record_app_state(rec, event)
        case IdentityLinked(lid=lid, pn=pn):
            record_identity(rec, lid, pn)
        case IdentityRenewed():
            record_renewal(rec, event)
        case GroupJoined(group=group):
            record_group(rec, group)
        case GroupChanged():
            record_group_change(rec, event)
        case PictureChanged() | PrivacyChanged() | BlocklistChanged() | TimerChanged():
            record_profile(rec, event)
        case _:
            record_newsletter(rec, event)


def _tell(
    rec: Recording,
    event: CaughtUp
    | PairingQr
    | PairingCode
    | PairingPasskey
    | PresenceChanged
    | ChatPresenceChanged
    | CallOffered
    | CallEnded,
) -> None:
    """What passes and leaves no row: an event alone."""
    match event:
        case CaughtUp(catch_up=catch_up):
            rec.tell(EventType.ACCOUNT_SYNC, catch_up_view(catch_up) or {})
        case CallOffered() | CallEnded():
            record_call(rec, event)
        case PairingQr():
            expires_at = time_view(event.expires_at)
            data = {"code": event.code, "expires_at": expires_at, "sequence": event.sequence}
            rec.tell(EventType.PAIRING_QR, data)
        case PairingCode():
            rec.tell(EventType.PAIRING_CODE, {"code": event.code})
        case PairingPasskey():
            rec.tell(EventType.PAIRING_PASSKEY, {"advice": event.advice})
        case PresenceChanged():
            data = {
                "person": rec.person_view(rec.canonical(event.jid)),
                "available": event.available,
                "last_seen": maybe_time_view(event.last_seen),
            }
            rec.tell(EventType.PRESENCE_UPDATED, data)
        case ChatPresenceChanged():
            chat = rec.canonical(event.chat)
            sender = rec.person_view(rec.canonical(event.sender))
            data = {"chat_jid": chat, "sender": sender, "activity": event.activity}
            rec.tell(EventType.CHAT_PRESENCE, data, chat)


def _all(rec: Recording, events: Sequence[EngineEvent], read: MediaAnswerReader) -> None:
    ids = [event.message.key.id for event in events if isinstance(event, MessageReceived)]
    if len(ids) >= WORTH_EXPECTING:
        rec.tx.expect(rec.account, ids)
    for event in events:
        _record_one(rec, event, read)


def _unreadable(answer: MediaRetryAnswered, media_key: bytes) -> MediaAnswer:
    """Where no engine is that could open an answer."""
    del answer, media_key
    return MediaAnswer(result=RetryResult.UNREADABLE)


class Ingest:
    """Records what the engines report; `ingest` is their `EngineSink`.

    `on_state`, `on_media`, `on_history` and `on_caught_up` are called once the rows are durable:
    an account's state changed, messages with files came or news of such files, the phone answered
    with history, all that had waited is here. `read_media_answer` opens what phones say of files,
    `ballots` votes.
    """

    def __init__(self, archive: Archive, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._archive = archive
        self._clock = clock
        self.on_state: Callable[[str, AccountState], None] | None = None
        self.on_media: Callable[[str], None] | None = None
        self.read_media_answer: MediaAnswerReader = _unreadable
        self.ballots: Ballots | None = None
        self.on_history: Callable[[str], None] | None = None
        self.on_caught_up: Callable[[str], None] | None = None

    async def ingest(self, account: str, events: Sequence[EngineEvent]) -> None:
        """Returns when all events are durable. Raises StorageFull, StorageBusy."""
        waiting: list[EngineEvent] = []
        for event in events:
            if isinstance(event, HistoryReceived):
                await self._record(account, waiting)
                waiting = []
                await self._record_history(account, event)
                continue
            waiting.append(event)
            if len(waiting) == MAX_BATCH:
                await self._record(account, waiting)
                waiting = []
        await self._record(account, waiting)
        self._wake(account, events)

    async def _record(self, account: str, events: Sequence[EngineEvent]) -> None:
        if not events:
            return
        try:
            await self._write(account, lambda rec: _all(rec, events, self.read_media_answer))
        except Exception as error:
            # One bad event must not stop the account for ever.
            if _is_refusal(error):
                raise
            for event in events:
                unit = partial(_record_one, event=event, read=self.read_media_answer)
                await self._alone(account, event, unit)

    async def _record_history(self, account: str, event: HistoryReceived) -> None:
        """All parts are handed in at once, in their order, and share transactions."""
        parts = [
            self._record_head(account, event),
            *(
                self._record(account, [MessageReceived(message=m) for m in messages])
                for messages in slices(event.messages)
            ),
            self._alone(account, event, partial(record_receipts, event=event)),
            self._alone(account, event, partial(record_end, event=event)),
        ]
        for outcome in await asyncio.gather(*parts, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _record_head(self, account: str, event: HistoryReceived) -> None:
        try:
            await self._write(account, lambda rec: record_head(rec, event))
        except Exception as error:
            if _is_refusal(error):
                raise
            for part in head_parts(event):
                await self._alone(account, part, partial(record_head, event=part))

    async def _alone(
        self, account: str, event: EngineEvent, unit: Callable[[Recording], None]
    ) -> None:
        """Record one event; one that cannot be recorded is kept aside, whole, and counted."""
        try:
            await self._write(account, unit)
        except Exception as error:
            if _is_refusal(error):
                raise
            reason = type(error).__name__
            _log.error("event_rejected", event_type=type(event).__name__, reason=reason)
            whole = _encoded(event)
            await self._write(
                account,
                lambda rec: rec.tx.feed.add_rejected(account, reason, whole, rec.now_ms),
            )

    async def _write(self, account: str, unit: Callable[[Recording], None]) -> None:
        now_ms = ms_of(self._clock.now())
        await self._archive.write(lambda tx: unit(Recording(tx, account, now_ms, self.ballots)))

    def _wake(self, account: str, events: Sequence[EngineEvent]) -> None:
        media = False
        for event in events:
            if isinstance(event, MessageReceived):
                media = media or isinstance(event.message.content, Media)
            elif isinstance(event, MediaRetryAnswered):
                media = True
            elif isinstance(event, HistoryReceived):
                media = True
                if event.request_id and self.on_history is not None:
                    self.on_history(account)
            elif isinstance(event, CaughtUp):
                if event.catch_up.completed_at is not None and self.on_caught_up is not None:
                    self.on_caught_up(account)
            elif isinstance(event, StateChanged) and self.on_state is not None:
                self.on_state(account, event.state)
        if media and self.on_media is not None:
            self.on_media(account)


def _is_refusal(error: Exception) -> bool:
    """Whether the archive refused, so that the batch is to come again; else the event is bad.

    A plain WigwagError is the archive's own, too; any other comes from the event, as one of a
    malformed JID does, and would come again for ever.
    """
    return isinstance(error, StorageFull | StorageBusy) or type(error) is WigwagError


def _encoded(event: EngineEvent) -> bytes:
    try:
        return msgspec.msgpack.encode(event)
    except (ValueError, TypeError, msgspec.MsgspecError):
        return repr(event).encode(errors="backslashreplace")
