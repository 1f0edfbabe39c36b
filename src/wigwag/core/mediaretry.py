"""Files that WhatsApp's hosts no longer have: the phone is asked, calmly, and its answer applied.

A file is `gone` only when the phone says so. A phone that does not answer (it may be off for days)
leaves it `pending`, with the reason in the row; it is asked again after growing waits, and when
those are used up only by request.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from wigwag.core.identity import Recording
from wigwag.core.rows import MEDIA_HOST, body_of
from wigwag.core.views import View, media_view, person_view
from wigwag.model.archived import ArchivedMessage
from wigwag.model.content import Media, MediaRef, MessageKey
from wigwag.model.errors import MediaAwaited, WigwagError
from wigwag.model.event import MediaRetryAnswered
from wigwag.model.instant import ms_of
from wigwag.model.jid import parse_jid
from wigwag.model.media import MediaAnswer, RetryResult
from wigwag.model.record import EventType, MediaState, MessageHead
from wigwag.ports import Archive, Clock, Engine, MediaAnswerReader

ASK_S: Final = (60, 300, 3_600, 21_600, 86_400, 259_200)
"""Waits for an answer, after which the phone is asked again; then no more by itself. The first is
short: a question can get lost with its connection, or with the process."""
AGAIN_S: Final = 30.0
"""A phone that was asked within this time is not asked again, whoever wants it."""
GAP_S: Final = 0.5
"""Between two requests of an account, so that an old chat does not flood the phone."""
REMEMBERED: Final = 4_096
NEVER_MS: Final = 1 << 52

WAITING: Final = "waiting_for_phone"
SILENT: Final = "phone_silent"
REFUSED: Final = "phone_failed"

T = TypeVar("T")


def can_ask(message: ArchivedMessage, ref: MediaRef | None) -> bool:
    """Whether the phone can be asked: channels have no media keys, and nothing opens without."""
    return ref is not None and bool(ref.media_key) and not message.chat_jid.endswith("@newsletter")


class MediaRequests:
    """Asks the phones of the accounts for files."""

    def __init__(self, archive: Archive, clock: Clock) -> None:
        self._archive = archive
        self._clock = clock
        self._asked: OrderedDict[int, float] = OrderedDict()
        self._free_at: dict[str, float] = {}

    async def ask(
        self, engine: Engine, message: ArchivedMessage, ref: MediaRef, *, urgent: bool
    ) -> MediaAwaited:
        """Ask for the file of a message, unless that was done just now or often enough.

        `urgent` asks also when the schedule is used up. The error for whoever waits is returned;
        raises NotConnected and StorageFull, and then nothing was asked.
        """
        asked_at = self._asked.get(message.row)
        if asked_at is not None and self._clock.monotonic() - asked_at < AGAIN_S:
            return MediaAwaited()
        # Its turn comes first: what is noted as asked, and never was, waits for nothing.
        await self._pace(message.account)
        asks = await self._write(message, lambda rec, head: _record_ask(rec, head, urgent=urgent))
        if asks is None:
            return MediaAwaited("The phone does not answer; open WhatsApp on it, then ask again.")
        try:
            key = MessageKey(
                chat=parse_jid(message.chat_jid),
                sender=parse_jid(message.sender.jid),
                id=message.id,
                from_me=message.from_me,
            )
            # Phones know a chat by LID or by number; every other request tries the number.
            await engine.media.request_again(key, ref.media_key, by_pn=asks % 2 == 1)
        except WigwagError:
            await self._write(message, lambda rec, head: _unask(rec, head, asks))
            raise
        self._remember(message.row)
        return MediaAwaited()

    def forget(self, row: int) -> None:
        """Somebody wants this file asked for anew."""
        self._asked.pop(row, None)

    def _remember(self, row: int) -> None:
        self._asked[row] = self._clock.monotonic()
        self._asked.move_to_end(row)
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)

    async def _pace(self, account: str) -> None:
        now = self._clock.monotonic()
        slot = max(self._free_at.get(account, 0.0), now)
        self._free_at[account] = slot + GAP_S
        if slot > now:
            await self._clock.sleep(slot - now)

    async def _write(
        self, message: ArchivedMessage, unit: Callable[[Recording, MessageHead], T]
    ) -> T | None:
        now_ms = ms_of(self._clock.now())

        def found(rec: Recording) -> T | None:
            head = find_row(rec, message)
            return unit(rec, head) if head is not None else None

        return await self._archive.write(lambda tx: found(Recording(tx, message.account, now_ms)))


def find_row(rec: Recording, message: ArchivedMessage) -> MessageHead | None:
    """The row of a message, which may have moved to another address since it was read."""
    chat, sender = rec.find_address(message.chat_jid), rec.find_address(message.sender.jid)
    return rec.tx.messages.find(rec.account, chat, sender, message.id)


def _record_ask(rec: Recording, head: MessageHead, *, urgent: bool) -> int | None:
    """Count a request about to be made; how many there were before, or None for no more."""
    asks = head.media_asks
    if asks >= len(ASK_S) and not urgent:
        rec.tx.messages.change(
            head,
            media_state=MediaState.PENDING.value,
            media_next_ms=NEVER_MS,
            media_error=SILENT,
        )
        return None
    wait_s = ASK_S[min(asks, len(ASK_S) - 1)]
    rec.tx.messages.change(
        head,
        media_state=MediaState.PENDING.value,
        media_asks=asks + 1,
        media_next_ms=rec.now_ms + wait_s * 1000,
        media_error=WAITING,
    )
    return asks


def _unask(rec: Recording, head: MessageHead, asks: int | None) -> None:
    if asks is not None:
        rec.tx.messages.change(head, media_asks=asks)


def record_media_answer(rec: Recording, event: MediaRetryAnswered, read: MediaAnswerReader) -> None:
    """Apply what the phone said: a new place to fetch the file from, or that there is none.

    The answer finds its row by the key that opens it, not by addresses: the phone may name the
    chat otherwise than the archive does.
    """
    for head in rec.tx.messages.find_all(rec.account, event.key.id):
        if head.media_state in (None, MediaState.AVAILABLE.value) or not head.media_asks:
            continue
        message = rec.tx.messages.load(head)
        content = message.content
        if not isinstance(content, Media) or content.ref is None:
            continue
        answer = read(event, content.ref.media_key)
        if answer.result is not RetryResult.UNREADABLE:
            _apply(rec, head, content, content.ref, answer)
            return


def _apply(
    rec: Recording, head: MessageHead, content: Media, ref: MediaRef, answer: MediaAnswer
) -> None:
    change = rec.tx.messages.change
    if answer.result is RetryResult.UPLOADED:
        moved = msgspec.structs.replace(ref, direct_path=answer.direct_path, url="")
        change(
            head,
            url=MEDIA_HOST + answer.direct_path,
            body=body_of(msgspec.structs.replace(content, ref=moved)),
            media_state=MediaState.PENDING.value,
            media_attempts=0,
            media_next_ms=0,
            media_error=None,
        )
    elif answer.result is RetryResult.NOT_FOUND:
        change(head, media_state=MediaState.GONE.value, media_error="media_gone")
        tell_media(rec, EventType.MEDIA_FAILED, rec.tx.messages.load(head))
    else:
        change(head, media_error=REFUSED)


def tell_media(rec: Recording, kind: EventType, message: ArchivedMessage) -> None:
    """Append what became of a file to the log."""
    if message.media is None:
        return
    data: View = {
        "id": message.id,
        "chat_jid": message.chat_jid,
        "sender": person_view(message.sender),
        "from_me": message.from_me,
        "media": media_view(message),
    }
    rec.tell(kind, data, message.chat_jid)
