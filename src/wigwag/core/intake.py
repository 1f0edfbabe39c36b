"""A caller's file on its way in: copied, looked at, converted where WhatsApp needs it, named."""

import asyncio
from datetime import datetime
from pathlib import Path

import msgspec

from wigwag.core.drafts import Draft, MediaPolicy, is_ready, media_content, stored_name
from wigwag.model.content import Media, MediaKind
from wigwag.model.errors import MediaRefused, MediaToolMissing, MediaUnreadable
from wigwag.model.media import Prepared
from wigwag.ports import MediaStore, MediaWorkshop, Place, StoredFile


class Intake:
    """Takes files in. Without a workshop, files are sent as they are or not at all."""

    def __init__(
        self, files: MediaStore, policy: MediaPolicy, workshop: MediaWorkshop | None = None
    ) -> None:
        self._files = files
        self._policy = policy
        self._workshop = workshop

    async def take(self, draft: Draft, place: Place, now: datetime) -> tuple[StoredFile, Media]:
        """The archive's own copy of the file as it will be sent, and its card.

        Can be cancelled at any time, and then leaves nothing. Raises MediaForbidden,
        MediaUnreadable and its kinds, MediaTooLarge, StorageFull.
        """
        path, roots, own = draft.media_path, self._policy.roots, draft.upload is not None
        if draft.upload is not None:
            path, roots = draft.upload.path, (Path(draft.upload.path).parent,)
        source = await self._files.take(path, roots, self._policy.max_bytes, place, own=own)
        target: Path | None = None
        try:
            media = await asyncio.to_thread(_looked_at, draft, source)
            prepared = Prepared()
            if media.kind is not MediaKind.DOCUMENT:
                target = await self._files.reserve(place)
                media, prepared = await self._prepared(draft, media, source, target)
            name = stored_name(draft, media, now, converted=prepared.converted)
            made = target if prepared.converted and target is not None else source
            return await self._files.keep(made, place, name, b""), media
        finally:
            await self._files.discard(source)
            if target is not None:
                await self._files.discard(target)

    async def _prepared(
        self, draft: Draft, media: Media, source: Path, target: Path
    ) -> tuple[Media, Prepared]:
        try:
            if self._workshop is None:
                raise MediaToolMissing
            prepared = await self._workshop.prepare(source, target, media.kind)
        except MediaRefused:
            raise
        except MediaUnreadable as error:
            return as_it_is(draft, media, error), Prepared()
        return described(media, prepared), prepared


def _looked_at(draft: Draft, file: Path) -> Media:
    with file.open("rb") as stream:
        return media_content(draft, stream)


def described(media: Media, prepared: Prepared) -> Media:
    """The card with everything that was found out about the file."""
    return msgspec.structs.replace(
        media,
        mime=prepared.mime if prepared.converted else media.mime,
        width=prepared.width or media.width,
        height=prepared.height or media.height,
        duration_s=prepared.duration_s or media.duration_s,
        thumbnail=prepared.thumbnail,
        waveform=prepared.waveform or media.waveform,
        animated=prepared.animated,
    )


def as_it_is(draft: Draft, media: Media, error: MediaUnreadable) -> Media:
    """The card of a file that could not be prepared; raises `error` where it would never play.

    By the classic rule any `.ogg` is a voice note: what is Ogg but cannot be made one goes out as
    an audio file, unless a voice note was asked for.
    """
    if is_ready(media):
        return media
    if media.kind is MediaKind.VOICE and draft.kind is None and media.mime == "audio/ogg":
        return msgspec.structs.replace(media, kind=MediaKind.AUDIO)
    raise error
