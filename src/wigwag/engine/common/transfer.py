"""Media files to and from WhatsApp's hosts, streaming in constant memory (whatsmeow upload.go,
download.go). A download that was cut goes on where it ended."""

import asyncio
import base64
import errno
import hashlib
import os
import random
import tempfile
from collections.abc import AsyncIterator, Callable
from io import BufferedRandom, BytesIO
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

import aiohttp
import msgspec
import structlog
from msgspec.structs import replace
from yarl import URL

from wigwag.engine.common.download import CHUNK_BYTES, Download, Refused
from wigwag.engine.common.endpoint import Endpoint
from wigwag.engine.common.errors import RequestFailed, RequestTimeout
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import (
    MediaCorrupt,
    MediaGone,
    MediaTransferFailed,
    MediaUnreadable,
    StorageFull,
)
from wigwag.model.value import Value
from wigwag.ports import Clock
from wigwag.wire import claims
from wigwag.wire.errors import MediaFailure
from wigwag.wire.media import (
    FileKind,
    ServiceKind,
    encrypt_stream,
    mms_type,
    newsletter_mms_type,
)

TRIES: Final = 5
"""Times a host is tried, with a growing pause (whatsmeow download.go)."""
MAX_FILE_BYTES: Final = 2**31 + 2**20
MAX_SERVICE_BYTES: Final = 2**28
"""Of a history or app-state file, which is opened in memory."""
_ANSWER_LIMIT: Final = 65_536
_LONGEST_PAUSE_S: Final = 30.0
_GONE: Final = frozenset({403, 404, 410})
_EXPIRED: Final = 401
_UNAUTHORIZED: Final = frozenset({_EXPIRED, 403})
_HOSTS_END: Final = ".whatsapp.net"

_log = structlog.get_logger(__name__)


def backoff_s(attempt: int) -> float:
    """Seconds to wait after the n-th failure: 1, 2, 4, 8."""
    return float(2 ** (attempt - 1))


def path_of(ref: MediaRef) -> str:
    """The path of a file on the hosts; out of its URL where the message gives nothing else."""
    if ref.direct_path.startswith("/"):
        return ref.direct_path
    parts = urlsplit(ref.url)
    if parts.scheme != "https" or not (parts.hostname or "").endswith(_HOSTS_END):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


class Uploaded(msgspec.Struct):
    """What the host answers to an upload."""

    direct_path: str
    url: str = ""
    handle: str = ""


class _Load(NamedTuple):
    """Bytes to upload: the body from `start` on, the kind of place it goes to, and its SHA-256."""

    body: BinaryIO
    size_bytes: int
    place: str
    digest: bytes
    start: int = 0


_decode_uploaded = msgspec.json.Decoder(Uploaded).decode


class Reach(Protocol):
    """How an account reaches the hosts."""

    @property
    def http(self) -> aiohttp.ClientSession: ...

    @property
    def endpoint(self) -> Endpoint: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def jitter(self) -> random.Random: ...

    @property
    def folder(self) -> Path:
        """Where a file may lie while it is uploaded."""
        ...


class MediaHosts(Value):
    """The hosts in the order in which they are tried; `fetched_at` is monotonic, in seconds."""

    auth: str
    ttl_s: int
    names: tuple[str, ...]
    fetched_at: float


class Hosts(Protocol):
    async def get(self, *, force: bool = False) -> MediaHosts:
        """Hosts that take and give files; with `force`, others than before where there are."""
        ...


class Transfer:
    """Uploads and downloads of one account."""

    def __init__(
        self,
        reach: Reach,
        hosts: Hosts,
        *,
        timeout: aiohttp.ClientTimeout | None = None,
        pause: Callable[[int], float] = backoff_s,
    ) -> None:
        """`pause` gives the longest wait after the n-th failure, from 1; half of it is chance."""
        self._reach = reach
        self._hosts = hosts
        self._timeout = timeout or aiohttp.ClientTimeout(total=None, sock_connect=20, sock_read=60)
        self._pause = pause

    # -- up ---------------------------------------------------------------------------------

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        """See ports.Engine.upload."""
        try:
            sealed = await asyncio.to_thread(
                tempfile.TemporaryFile, dir=self._reach.folder, prefix="upload-"
            )
        except OSError as error:
            raise _disk_error(error, MediaTransferFailed()) from error
        with sealed:
            try:
                file = await asyncio.to_thread(encrypt_stream, source, sealed, kind)
            except OSError as error:
                raise _disk_error(error, MediaUnreadable()) from error
            load = _Load(sealed, file.enc_size_bytes, f"mms/{mms_type(kind)}", file.file_enc_sha256)
            uploaded = await self._upload(load)
        return file.at(uploaded.direct_path, uploaded.url)

    async def upload_plain(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        """Upload a file of a newsletter as it is; see ports.newsletters."""
        try:
            start = source.tell()
            digest, size_bytes = await asyncio.to_thread(_measured, source)
        except OSError as error:
            raise _disk_error(error, MediaUnreadable()) from error
        load = _Load(source, size_bytes, f"newsletter/{newsletter_mms_type(kind)}", digest, start)
        uploaded = await self._upload(load)
        return MediaRef(
            direct_path=uploaded.direct_path,
            media_key=b"",
            file_sha256=digest,
            file_enc_sha256=b"",
            size_bytes=size_bytes,
            url=uploaded.url,
            handle=claims.path(uploaded.handle),
        )

    async def _upload(self, load: "_Load") -> Uploaded:
        hosts = await self._ask_hosts()
        for attempt in range(1, TRIES + 1):
            load.body.seek(load.start)
            host = hosts.names[(attempt - 1) % len(hosts.names)]
            try:
                return await self._post(_upload_url(host, hosts, load), load)
            except Refused as error:
                if error.status in _UNAUTHORIZED:
                    hosts = await self._ask_hosts(force=True)
                elif not _is_passing(error.status):
                    raise MediaTransferFailed(
                        f"WhatsApp refused the file: {error.status}"
                    ) from error
                await self._wait(attempt, error.retry_after)
            except (aiohttp.ClientError, TimeoutError, OSError):
                await self._wait(attempt)
        raise MediaTransferFailed

    async def _post(self, url: URL, load: "_Load") -> Uploaded:
        async with self._reach.http.post(
            url,
            data=_chunks(load.body),
            headers=self._headers() | {"Content-Length": str(load.size_bytes)},
            timeout=self._timeout,
            allow_redirects=False,
            **self._reach.endpoint.http_arguments(),
        ) as response:
            if response.status != 200:
                raise Refused(response.status, response.headers.get("Retry-After", ""))
            answer = await response.content.read(_ANSWER_LIMIT)
        try:
            uploaded = _decode_uploaded(answer)
        except msgspec.DecodeError as error:
            raise MediaTransferFailed("The media host did not say where the file is.") from error
        if not claims.path(uploaded.direct_path).startswith("/"):
            raise MediaTransferFailed("The media host did not say where the file is.")
        return uploaded

    # -- down -------------------------------------------------------------------------------

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None:
        """See ports.Engine.download."""
        try:
            file = await _opened(target)
        except OSError as error:
            raise _disk_error(error, MediaTransferFailed()) from error
        try:
            try:
                await self._download(ref, kind, file, MAX_FILE_BYTES)
                await asyncio.to_thread(os.fsync, file.fileno())
            finally:
                await asyncio.to_thread(file.close)
        except BaseException as error:
            await asyncio.to_thread(target.unlink, missing_ok=True)
            if isinstance(error, OSError):
                raise _disk_error(error, MediaTransferFailed()) from error
            raise

    async def fetch(self, ref: MediaRef, kind: ServiceKind) -> bytes:
        """A history or app-state file, verified, in memory. Raises as `download`."""
        sink = BytesIO()
        await self._download(ref, kind, sink, MAX_SERVICE_BYTES)
        return sink.getvalue()

    async def _download(
        self, ref: MediaRef, kind: FileKind, sink: BinaryIO, max_bytes: int
    ) -> None:
        path = path_of(ref)
        if not path:
            raise MediaGone("The message does not say where its file lies.")
        try:
            download = Download(replace(ref, direct_path=path), kind, sink, max_bytes)
            await self._try_hosts(download)
        except MediaFailure as error:
            raise MediaCorrupt from error

    async def _try_hosts(self, download: Download) -> None:
        hosts = await self._ask_hosts()
        for attempt in range(1, TRIES + 1):
            host = hosts.names[(attempt - 1) % len(hosts.names)]
            try:
                await self._get(download, host)
            except Refused as error:
                if error.status in _GONE:
                    raise MediaGone from error
                if not _is_passing(error.status):
                    raise MediaTransferFailed(
                        f"The media host does not deliver the file: {error.status}"
                    ) from error
                if error.status == _EXPIRED:
                    hosts = await self._ask_hosts(force=True)
                await self._wait(attempt, error.retry_after)
            except (aiohttp.ClientError, TimeoutError):
                _log.info("download_cut", attempt=attempt, received_bytes=download.received)
                await self._wait(attempt)
            else:
                return
        raise MediaTransferFailed

    async def _get(self, download: Download, host: str) -> None:
        async with self._reach.http.get(
            download.url(host),
            headers=self._headers() | download.headers(),
            timeout=self._timeout,
            max_redirects=3,
            **self._reach.endpoint.http_arguments(),
        ) as response:
            await download.run(response)

    # -- away -------------------------------------------------------------------------------

    async def delete(self, ref: MediaRef, kind: ServiceKind, enc_handle: str = "") -> None:
        """Take a file off the host, once it was read. Raises MediaTransferFailed, NotConnected."""
        hosts = await self._ask_hosts()
        url = _delete_url(hosts.names[0], hosts, ref, kind, enc_handle)
        try:
            async with self._reach.http.delete(
                url,
                headers=self._headers(),
                timeout=self._timeout,
                allow_redirects=False,
                **self._reach.endpoint.http_arguments(),
            ) as response:
                if not 200 <= response.status < 300:
                    raise MediaTransferFailed
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise MediaTransferFailed from error

    # -- inside -----------------------------------------------------------------------------

    async def _ask_hosts(self, *, force: bool = False) -> MediaHosts:
        """As `Hosts.get`. Raises NotConnected, MediaTransferFailed."""
        try:
            return await self._hosts.get(force=force)
        except (RequestFailed, RequestTimeout) as error:
            raise MediaTransferFailed(
                "WhatsApp does not say which hosts take and give files; try again later."
            ) from error

    def _headers(self) -> dict[str, str]:
        origin = self._reach.endpoint.origin
        return {"Origin": origin, "Referer": f"{origin}/"}

    async def _wait(self, attempt: int, retry_after: str = "") -> None:
        """The pause before the next try; none after the last one."""
        if attempt >= TRIES:
            return
        pause_s = self._pause(attempt) * self._reach.jitter.uniform(0.5, 1.0)
        if retry_after.isascii() and retry_after.isdigit():
            pause_s = float(retry_after[:6])
        await self._reach.clock.sleep(min(pause_s, _LONGEST_PAUSE_S))


async def _opened(target: Path) -> BinaryIO:
    """A new file. Who is cancelled while a thread opens it leaves none behind."""
    opening = asyncio.ensure_future(asyncio.to_thread(target.open, "w+b"))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_discard)
        raise


def _discard(opening: "asyncio.Future[BufferedRandom]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        file = opening.result()
        file.close()
        Path(file.name).unlink(missing_ok=True)


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
        yield chunk


def _is_passing(status: int) -> bool:
    """Whether another try may help."""
    return status in (401, 403, 408, 416, 425, 429) or status >= 500


def _token(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode()


def _measured(source: BinaryIO) -> tuple[bytes, int]:
    """SHA-256 and length of what is left of a file."""
    digest, size_bytes = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        size_bytes += len(chunk)
    return digest.digest(), size_bytes


def _upload_url(host: str, hosts: MediaHosts, load: _Load) -> URL:
    token = _token(load.digest)
    query = urlencode({"auth": hosts.auth, "token": token})
    return URL(f"https://{host}/{load.place}/{token}?{query}", encoded=True)


def _delete_url(
    host: str, hosts: MediaHosts, ref: MediaRef, kind: FileKind, enc_handle: str
) -> URL:
    token = _token(ref.file_enc_sha256)
    path = ref.direct_path.partition("?")[0]
    named = base64.urlsafe_b64encode(path.encode()).rstrip(b"=").decode()
    values = {"auth": hosts.auth, "d_md": named, "token": token}
    if enc_handle:
        values["e_handle"] = enc_handle
    return URL(
        f"https://{host}/mms/{mms_type(kind)}/{token}?{urlencode(sorted(values.items()))}",
        encoded=True,
    )


def _disk_error(error: OSError, otherwise: Exception) -> Exception:
    full = (errno.ENOSPC, errno.EDQUOT)
    return StorageFull() if error.errno in full else otherwise
