"""HTTP of the media host over one connection: POST to upload, GET with Range, DELETE.

Sans I/O on h11: bytes go in, bytes come out of `write`; a download is produced in pieces as the
connection takes them.
"""

import base64
import json
from collections.abc import Callable
from typing import BinaryIO, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import h11
import structlog

from wigwag.model.errors import WigwagError
from wigwag.sandbox.edge.mediahost import MediaFile, MediaHost, Upload
from wigwag.sandbox.network.directory import Directory
from wigwag.sandbox.network.faults import Fault, FaultKind, Faults

WEB_PAGE = "/sw.js"
"""Where web clients learn their version."""

_CHUNK = 256 * 1024
_log = structlog.get_logger(__name__)


class Outlet(Protocol):
    """The connection that an exchange writes to."""

    @property
    def congested(self) -> bool: ...

    def write(self, data: bytes) -> None: ...

    def close(self, *, abort: bool = False) -> None: ...

    def later(self, delay_s: float, callback: Callable[[], None]) -> None: ...


class _Range:
    """A part of a file: from `start` up to `stop` (excluded)."""

    __slots__ = ("partial", "start", "stop")

    def __init__(self, header: str, size: int) -> None:
        """Raises ValueError when the range cannot be served."""
        self.start, self.stop, self.partial = 0, size, False
        unit, _, spans = header.partition("=")
        if unit.strip() != "bytes" or "," in spans:
            return
        first, dash, last = spans.strip().partition("-")
        if not dash:
            return
        if first:
            self.start = int(first)
            self.stop = min(int(last) + 1, size) if last else size
        else:
            self.start = max(0, size - int(last))
        if not 0 <= self.start < self.stop:
            raise ValueError(header)
        self.partial = True


class MediaExchange:
    """The requests of one connection, one after the other."""

    def __init__(
        self, host: MediaHost, faults: Faults, directory: Directory, outlet: Outlet
    ) -> None:
        self._host = host
        self._faults = faults
        self._directory = directory
        self._outlet = outlet
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=64 * 1024)
        self._request: h11.Request | None = None
        self._upload: Upload | None = None
        self._refused = 0
        self._source: BinaryIO | None = None
        self._left = 0
        self._cut_at: int | None = None
        self._corrupt = False
        self._waiting = False

    @property
    def idle(self) -> bool:
        """Between two requests: everything that came was answered."""
        return self._request is None and not self._http.trailing_data[0]

    def receive(self, data: bytes) -> None:
        """Bytes from the client. A malformed request closes the connection."""
        try:
            self._http.receive_data(data)
            self._advance()
        except h11.RemoteProtocolError as error:
            self._fail(error.error_status_hint)

    def resume(self) -> None:
        """The connection takes more bytes."""
        if self._source is not None and not self._waiting:
            self._send_more()

    def lost(self) -> None:
        """The connection ended."""
        if self._upload is not None:
            self._upload.abort()
            self._upload = None
        self._end_source()

    # -- reading --

    def _advance(self) -> None:
        while not self._waiting and self._source is None:
            event = self._http.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            if isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data):
                self._take(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._answer()
            elif isinstance(event, h11.ConnectionClosed):
                self._outlet.close()
                return

    def _begin(self, request: h11.Request) -> None:
        self._request = request
        self._refused = 0
        if self._http.they_are_waiting_for_100_continue:
            self._emit(h11.InformationalResponse(status_code=100, headers=[]))
        if request.method != b"POST":
            return
        mms_type, token = self._names(request)
        try:
            self._upload = self._host.begin(mms_type, token)
        except WigwagError as error:
            self._refused = error.status

    def _take(self, chunk: bytes) -> None:
        if self._upload is None:
            return
        try:
            self._upload.write(chunk)
        except WigwagError as error:
            self._upload = None
            self._refused = error.status
        except OSError:
            _log.warning("media_not_stored")
            self._upload.abort()
            self._upload = None
            self._refused = 507

    @staticmethod
    def _names(request: h11.Request) -> tuple[str, str]:
        """Type and token out of `/mms/TYPE/TOKEN` or `/newsletter/newsletter-TYPE/TOKEN`."""
        parts = urlsplit(request.target.decode("ascii", "replace")).path.split("/")
        if len(parts) < 4:
            return "", ""
        return unquote(parts[2]), unquote(parts[3])

    # -- answering --

    def _answer(self) -> None:
        request = self._request
        if request is None:
            return
        method = request.method.decode("ascii", "replace")
        hang = self._fault(FaultKind.MEDIA_HANG, method)
        if hang is not None and hang.delay_s > 0:
            self._waiting = True
            self._outlet.later(hang.delay_s, self._answer_late)
        else:
            self._answer_now(method)

    def _answer_late(self) -> None:
        self._waiting = False
        if self._request is not None:
            self._answer_now(self._request.method.decode("ascii", "replace"))
            self._advance()

    def _answer_now(self, method: str) -> None:
        fault = self._fault(FaultKind.MEDIA_STATUS, method)
        if fault is not None:
            if self._upload is not None:
                self._upload.abort()
                self._upload = None
            self._respond(fault.code or 500, b"")
        elif method == "POST":
            self._answer_upload()
        elif method in ("GET", "HEAD"):
            self._answer_download(method)
        elif method == "DELETE":
            self._answer_removal()
        else:
            self._respond(405, b"")

    def _answer_upload(self) -> None:
        upload, self._upload = self._upload, None
        if upload is None:
            self._respond(self._refused or 400, b"")
            return
        try:
            file = upload.finish()
        except WigwagError as error:
            self._respond(error.status, b"")
            return
        # Those of newsletters are long, and nothing is to be read from them.
        handle = f"4:{file.token * 8}:e" if file.is_plain else file.token
        answer = {"url": file.url, "direct_path": file.direct_path, "handle": handle}
        self._respond(200, json.dumps(answer).encode(), b"application/json")

    def _answer_removal(self) -> None:
        request = self._request
        if request is None:
            return
        mms_type, token = self._names(request)
        removed = False
        try:
            removed = self._host.remove_token(mms_type, token)
        except WigwagError:
            query = parse_qs(urlsplit(request.target.decode("ascii", "replace")).query)
            removed = self._host.remove(_decoded(query.get("d_md", [""])[0]))
        self._respond(200 if removed else 404, b"")

    def _answer_download(self, method: str) -> None:
        request = self._request
        target = request.target.decode("ascii", "replace") if request is not None else ""
        path = urlsplit(target).path
        if path == WEB_PAGE:
            self._respond(200, self._host.web_page, b"text/javascript")
            return
        file = self._host.find(path)
        if file is None:
            self._respond(404, b"")
            return
        try:
            span = _Range(self._header(b"range"), file.size)
        except ValueError:
            span_text = f"bytes */{file.size}".encode()
            self._respond(416, b"", extra=[(b"content-range", span_text)])
            return
        try:
            self._start_download(file, span, method)
        except WigwagError as error:
            self._respond(error.status, b"")

    def _start_download(self, file: MediaFile, span: _Range, method: str) -> None:
        source = file.open()
        source.seek(span.start)
        self._left = span.stop - span.start
        headers = [
            (b"content-type", b"application/octet-stream"),
            (b"content-length", str(self._left).encode()),
            (b"accept-ranges", b"bytes"),
        ]
        if span.partial:
            text = f"bytes {span.start}-{span.stop - 1}/{file.size}"
            headers.append((b"content-range", text.encode()))
        self._emit(h11.Response(status_code=206 if span.partial else 200, headers=headers))
        if method == "HEAD":
            source.close()
            self._finish()
            return
        file.downloads += 1
        cut = self._fault(FaultKind.MEDIA_CUT, method)
        self._cut_at = cut.at_bytes if cut is not None else None
        self._corrupt = self._fault(FaultKind.MEDIA_CORRUPT, method) is not None
        self._source = source
        self._send_more()

    def _send_more(self) -> None:
        """Send pieces until the connection is full or the file is at its end."""
        while self._source is not None and not self._outlet.congested:
            if self._cut_at is not None and self._cut_at <= 0:
                # What was written still leaves: the client is to see a body that ends too early.
                self._end_source()
                self._outlet.close()
                return
            wanted = min(_CHUNK, self._left, self._cut_at if self._cut_at is not None else _CHUNK)
            chunk = self._source.read(wanted)
            if not chunk:
                self._end_source()
                if self._left:
                    self._outlet.close(abort=True)
                else:
                    self._finish()
                    self._advance()
                return
            self._left -= len(chunk)
            if self._cut_at is not None:
                self._cut_at -= len(chunk)
            if self._corrupt and not self._left:
                chunk = chunk[:-1] + bytes([chunk[-1] ^ 0xFF])
            self._emit(h11.Data(data=chunk))

    # -- parts --

    def _fault(self, kind: FaultKind, method: str) -> Fault | None:
        """The fault for this request; uploads name their device by the auth token, downloads are
        anonymous. `tag` of a fault is the HTTP method in lower case."""
        if not self._faults:
            return None
        query = ""
        if self._request is not None:
            query = urlsplit(self._request.target.decode("ascii", "replace")).query
        device = self._directory.find_by_token(parse_qs(query).get("auth", [""])[0])
        lid, pn = (device.lid, device.pn) if device is not None else (None, None)
        return self._faults.take(kind, lid, pn, method.lower())

    def _header(self, name: bytes) -> str:
        headers = self._request.headers if self._request is not None else ()
        return next((value.decode("ascii", "replace") for key, value in headers if key == name), "")

    def _respond(
        self,
        status: int,
        body: bytes,
        content_type: bytes = b"text/plain",
        extra: list[tuple[bytes, bytes]] | None = None,
    ) -> None:
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        self._emit(h11.Response(status_code=status, headers=[*headers, *(extra or [])]))
        if body and not (self._request is not None and self._request.method == b"HEAD"):
            self._emit(h11.Data(data=body))
        self._finish()

    def _finish(self) -> None:
        """The answer is complete; the connection is free for the next request."""
        self._emit(h11.EndOfMessage())
        self._request = None
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        elif self._http.our_state is h11.MUST_CLOSE:
            self._outlet.close()

    def _fail(self, status: int) -> None:
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [(b"content-length", b"0"), (b"connection", b"close")]
            self._emit(h11.Response(status_code=status, headers=headers))
            self._emit(h11.EndOfMessage())
        self.lost()
        self._outlet.close()

    def _emit(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self._outlet.write(data)

    def _end_source(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii", "replace")
    except ValueError:
        return ""
