"""Files: up through the library, down without it."""

import asyncio
import random
from pathlib import Path
from typing import BinaryIO, Final

import aiohttp

from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.common.transfer import MediaHosts, Transfer
from wigwag.engine.whatsmeow import asks
from wigwag.engine.whatsmeow.line import Line
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import MediaTooLarge, MediaTransferFailed, MediaUnreadable
from wigwag.ports import Clock
from wigwag.wire import claims

MAX_UPLOAD_BYTES: Final = 48 << 20
"""A file to upload is in memory, several times over; and it must fit into a frame."""
_UPLOAD_LIMIT_S: Final = 300.0
_HOST: Final = "mmg.whatsapp.net"
"""Where files lie that no host was named for (whatsmeow download.go)."""
_FOR_EVER_S: Final = 10**9

_TYPES: Final = {
    MediaKind.IMAGE: 0,
    MediaKind.STICKER: 0,
    MediaKind.VIDEO: 1,
    MediaKind.GIF: 1,
    MediaKind.AUDIO: 2,
    MediaKind.VOICE: 2,
    MediaKind.DOCUMENT: 3,
}
"""Neonize's numbers (neonize/utils/enum.py MediaType)."""


class Downloads:
    """How files are fetched: over the sessions that all accounts share, from the one host."""

    def __init__(
        self, http: HttpPool, endpoint: Endpoint, folder: Path, clock: Clock, jitter: random.Random
    ) -> None:
        self._http = http
        self.endpoint = endpoint
        self.folder = folder
        self.clock = clock
        self.jitter = jitter

    @property
    def http(self) -> aiohttp.ClientSession:
        return self._http.session(self.endpoint)

    async def get(self, *, force: bool = False) -> MediaHosts:
        del force
        return MediaHosts(auth="", ttl_s=_FOR_EVER_S, names=(_HOST,), fetched_at=0.0)


class Files:
    """Uploads and downloads of one account."""

    def __init__(self, line: Line, downloads: Downloads) -> None:
        self._line = line
        self._transfer = Transfer(downloads, downloads)

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        """See ports.Engine.upload; files of at most MAX_UPLOAD_BYTES."""
        try:
            data = await asyncio.to_thread(source.read, MAX_UPLOAD_BYTES + 1)
        except OSError as error:
            raise MediaUnreadable from error
        if len(data) > MAX_UPLOAD_BYTES:
            raise MediaTooLarge(
                f"The engine of this account sends files of at most {MAX_UPLOAD_BYTES >> 20} MiB."
            )
        ask = asks.Upload(data=data, media_type=_TYPES[kind])
        told = await self._line.ask(ask, asks.UploadAnswer, _UPLOAD_LIMIT_S)
        if not told.direct_path.startswith("/"):
            raise MediaTransferFailed("The media host did not say where the file is.")
        return MediaRef(
            direct_path=claims.path(told.direct_path),
            media_key=told.media_key,
            file_sha256=told.file_sha256,
            file_enc_sha256=told.file_enc_sha256,
            size_bytes=claims.size(told.size_bytes),
            url=claims.path(told.url),
        )

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None:
        """See ports.Engine.download."""
        self._line.check()
        await self._transfer.download(ref, kind, target)
