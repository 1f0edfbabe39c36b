"""One file on its way in: which bytes are still missing, and where the plain ones go."""

import asyncio
import base64
from typing import BinaryIO, Final

import aiohttp
from yarl import URL

from wigwag.model.content import MediaRef
from wigwag.wire.errors import MediaFailure
from wigwag.wire.media import FileKind, mms_type, open_media

CHUNK_BYTES: Final = 262_144
"""Bytes that are read and written at once, in a thread."""
_NO_SUCH_RANGE: Final = 416


class Refused(Exception):
    """The host answered with an HTTP status that is no file."""

    def __init__(self, status: int, retry_after: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.retry_after = retry_after


class Download:
    """Reads one file into `sink`; after a cut, `run` continues with what is missing."""

    def __init__(self, ref: MediaRef, kind: FileKind, sink: BinaryIO, max_bytes: int) -> None:
        """Raises MediaFailure when `ref` lacks its key or a hash."""
        self._ref = ref
        self._kind: FileKind = kind
        self._sink = sink
        self._max_bytes = max_bytes
        self._reader = open_media(kind, ref, max_bytes=max_bytes)
        self._is_pieced = False
        self.received = 0

    def url(self, host: str) -> URL:
        """Where the file lies on `host`."""
        digest = base64.urlsafe_b64encode(self._ref.file_enc_sha256).decode()
        path = self._ref.direct_path
        query = f"{'&' if '?' in path else '?'}hash={digest}&mms-type={mms_type(self._kind)}"
        return URL(f"https://{host}{path}{query}&__wa-mms=", encoded=True)

    def headers(self) -> dict[str, str]:
        return {"Range": f"bytes={self.received}-"} if self.received else {}

    async def run(self, response: aiohttp.ClientResponse) -> None:
        """Take the file, or the rest of it, out of a response.

        A file put together from several answers that is not the right one is fetched anew: the
        host may have had another one meanwhile. Raises Refused, aiohttp.ClientError and
        TimeoutError (go on later), MediaFailure.
        """
        try:
            await self._run(response)
        except MediaFailure as error:
            if not self._is_pieced:
                raise
            self._restart()
            raise aiohttp.ClientPayloadError("the pieces do not fit together") from error

    async def _run(self, response: aiohttp.ClientResponse) -> None:
        if self.received and response.status == 200:
            self._restart()
        elif self.received and response.status == _NO_SUCH_RANGE:
            self._restart()
            raise Refused(response.status)
        elif response.status != (206 if self.received else 200):
            raise Refused(response.status, response.headers.get("Retry-After", ""))
        elif self.received and not self._continues(response):
            self._restart()
            raise aiohttp.ClientPayloadError("the host sent another part than asked for")
        elif self.received:
            self._is_pieced = True
        async for chunk in response.content.iter_chunked(CHUNK_BYTES):
            self.received += len(chunk)
            await asyncio.to_thread(self._take, chunk)
        await asyncio.to_thread(self._finish)

    def _take(self, chunk: bytes) -> None:
        self._sink.write(self._reader.update(chunk))

    def _finish(self) -> None:
        self._sink.write(self._reader.finish())
        self._sink.flush()

    def _continues(self, response: aiohttp.ClientResponse) -> bool:
        return response.headers.get("Content-Range", "").startswith(f"bytes {self.received}-")

    def _restart(self) -> None:
        self._reader = open_media(self._kind, self._ref, max_bytes=self._max_bytes)
        self._sink.seek(0)
        self._sink.truncate()
        self._is_pieced = False
        self.received = 0
