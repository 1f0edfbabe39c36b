"""One file of a message: from a copy that is here or from WhatsApp, verified, to its place.

Whatever becomes of it is in its row, and told, before anybody has the file or the error.
"""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import structlog

from wigwag.core.accounts import Accounts
from wigwag.core.diskroom import DiskRoom
from wigwag.core.filenames import media_name
from wigwag.core.identity import Recording
from wigwag.core.measures import Measures
from wigwag.core.mediaretry import MediaRequests, can_ask, find_row, tell_media
from wigwag.core.rows import MEDIA_TYPE
from wigwag.model.archived import ArchivedMedia, ArchivedMessage
from wigwag.model.capability import Capability
from wigwag.model.content import Media, MediaKind, MediaRef
from wigwag.model.errors import (
    DiskLow,
    MediaAwaited,
    MediaCorrupt,
    MediaGone,
    MediaTransferFailed,
    NotConnected,
    NotFound,
    StorageBusy,
    StorageFull,
    WigwagError,
)
from wigwag.model.instant import ms_of
from wigwag.model.jid import parse_jid
from wigwag.model.record import EventType, MediaState
from wigwag.model.value import Value
from wigwag.ports import Archive, Clock, MediaStore, Place, StoredFile

RETRY_S: Final = (2, 10, 60, 300, 1_800, 7_200, 21_600)
"""Waits before the next attempts; after the last one the file has failed."""
MAX_CORRUPT: Final = 3
OFFLINE_S: Final = 5
LOW_S: Final = 10
"""How long a file waits that a nearly full disk had no room for."""
STORAGE_PAUSE_S: Final = 4.0
"""How long no file is fetched after the storage refused one."""

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class StoredMedia(Value):
    """A file that is there. `media_type` is the classic word; `path` is absolute."""

    kind: MediaKind
    media_type: str
    filename: str
    path: Path
    mime: str
    size_bytes: int


class MediaDownload:
    """Obtains files, one at a time for whoever asks. `requests` asks the phones for what WhatsApp
    has no more."""

    def __init__(
        self,
        archive: Archive,
        files: MediaStore,
        accounts: Accounts,
        requests: MediaRequests,
        *,
        disk: DiskRoom,
        measures: Measures,
        clock: Clock,
    ) -> None:
        self._archive = archive
        self._files = files
        self._accounts = accounts
        self._requests = requests
        self._disk = disk
        self._measures = measures
        self._clock = clock
        self._paused_until = 0.0

    @property
    def pause_s(self) -> float:
        """How long the storage is left alone from now on."""
        return max(self._paused_until - self._clock.monotonic(), 0.0)

    async def find_present(self, message: ArchivedMessage) -> StoredMedia | None:
        """The file, if it is there and the right one. Raises NotFound for a message without."""
        media = message.media
        if media is None:
            raise NotFound("This message has no media file.")
        if media.state == MediaState.AVAILABLE and await self._files.holds(
            media.path, media.sha256, media.size_bytes
        ):
            return self._stored(media, media.path, media.filename, media.size_bytes)
        return None

    async def obtain(
        self, account: str, message_id: str, chat: str, sender: str, *, urgent: bool
    ) -> StoredMedia:
        # Read again: who asked may have read before another download of the same file ended.
        found = await self._archive.find_messages(account, message_id, chat, sender)
        if not found:
            raise NotFound("There is no such message here.")
        message = found[0]
        stored = await self.find_present(message)
        if stored is not None:
            return stored
        media, content = message.media, message.content
        if media is None or not isinstance(content, Media):
            raise NotFound("This message has no media file.")
        try:
            file = await self._offered(message, media, content.ref, urgent=urgent)
        except MediaAwaited:
            raise
        except Exception as error:
            await self._record_failure(message, error)
            if isinstance(error, OSError | ValueError):
                raise MediaTransferFailed("The media file could not be stored.") from error
            raise
        try:
            await self._record_ready(message, file)
        except WigwagError:
            await self._files.remove(file.path, file.sha256)
            raise
        await self._files.settle(file.path)
        return self._stored(media, file.path, file.filename, file.size_bytes)

    async def _offered(
        self, message: ArchivedMessage, media: ArchivedMedia, ref: MediaRef | None, *, urgent: bool
    ) -> StoredFile:
        """The file; the phone is asked for one that WhatsApp has no more. Raises MediaAwaited."""
        try:
            return await self._download(message, media, ref)
        except MediaGone as error:
            engine = self._accounts.get(message.account)
            is_asked = Capability.MEDIA_RETRY in engine.capabilities and can_ask(message, ref)
            if ref is None or media.state == MediaState.GONE or not is_asked:
                raise
            raise await self._requests.ask(engine, message, ref, urgent=urgent) from error

    async def _download(
        self, message: ArchivedMessage, media: ArchivedMedia, ref: MediaRef | None
    ) -> StoredFile:
        """The file, linked when the content is here already, else from WhatsApp."""
        chat, sender = parse_jid(message.chat_jid), parse_jid(message.sender.jid)
        place = Place(account=message.account, chat=chat, sender=sender)
        name = media_name(media.kind, media.mime, message.timestamp, media.document_name)
        linked = await self._files.link(place, name, media.sha256)
        if linked is not None:
            return linked
        if ref is None or not (ref.direct_path or ref.url):
            raise MediaGone
        engine = self._accounts.get(message.account)
        self._disk.check()
        part = await self._files.reserve(place)
        try:
            await engine.download(ref, media.kind, part)
            return await self._files.keep(part, place, name, ref.file_sha256)
        finally:
            await self._files.discard(part)

    async def _record_ready(self, message: ArchivedMessage, file: StoredFile) -> None:
        def unit(rec: Recording) -> None:
            head = find_row(rec, message)
            if head is None:
                raise NotFound("The message is gone.")
            rec.tx.messages.change(
                head,
                media_state=MediaState.AVAILABLE.value,
                media_path=file.path,
                filename=file.filename,
                file_sha256=file.sha256,
                file_length=file.size_bytes,
                media_error=None,
                media_asks=0,
            )
            tell_media(rec, EventType.MEDIA_READY, rec.tx.messages.load(head))

        await self._write(message.account, unit)
        self._measures.downloads[MediaState.AVAILABLE.value] += 1

    async def _record_failure(self, message: ArchivedMessage, error: Exception) -> None:
        if isinstance(error, StorageFull | StorageBusy) or (
            isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        ):
            # The file is not to blame, and no other one would fare better now.
            self._measures.downloads[MediaState.PENDING.value] += 1
            self._paused_until = self._clock.monotonic() + STORAGE_PAUSE_S
            return
        code = error.code if isinstance(error, WigwagError) else "internal"
        if not isinstance(error, WigwagError):
            _log.error("media_failed", reason=type(error).__name__)

        def unit(rec: Recording) -> MediaState | None:
            head = find_row(rec, message)
            if head is None:
                return None
            state, attempts, delay_s = after_failure(error, head.media_attempts)
            if head.media_state == MediaState.EXPIRED and state is MediaState.PENDING:
                state = MediaState.EXPIRED  # asked for once, and not for ever after
            rec.tx.messages.change(
                head,
                media_state=state.value,
                media_attempts=attempts,
                media_next_ms=rec.now_ms + delay_s * 1000,
                media_error=code,
            )
            if state not in (MediaState.PENDING, MediaState.EXPIRED):
                tell_media(rec, EventType.MEDIA_FAILED, rec.tx.messages.load(head))

            return state

        state = await self._write(message.account, unit)
        self._measures.downloads[(state or MediaState.PENDING).value] += 1

    def _stored(
        self, media: ArchivedMedia, path: str, filename: str, size_bytes: int
    ) -> StoredMedia:
        return StoredMedia(
            kind=media.kind,
            media_type=MEDIA_TYPE[media.kind],
            filename=filename,
            path=self._files.locate(path),
            mime=media.mime,
            size_bytes=size_bytes,
        )

    async def _write(self, account: str, unit: Callable[[Recording], T]) -> T:
        now_ms = ms_of(self._clock.now())
        return await self._archive.write(lambda tx: unit(Recording(tx, account, now_ms)))


def after_failure(error: Exception, attempts: int) -> tuple[MediaState, int, int]:
    """What a failed download becomes: its state, its attempts, seconds to the next one."""
    if isinstance(error, NotConnected):
        return MediaState.PENDING, attempts, OFFLINE_S
    if isinstance(error, DiskLow):
        return MediaState.PENDING, attempts, LOW_S
    if isinstance(error, MediaGone):
        return MediaState.GONE, attempts + 1, 0
    limit = MAX_CORRUPT if isinstance(error, MediaCorrupt) else len(RETRY_S) + 1
    if attempts + 1 >= limit:
        return MediaState.FAILED, attempts + 1, 0
    return MediaState.PENDING, attempts + 1, RETRY_S[min(attempts, len(RETRY_S) - 1)]
