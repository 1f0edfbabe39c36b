# Made by tools/generate_client.py; do not edit it.
"""Asking a server: attempts, errors, and files that come piece by piece."""

import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Self, cast

import httpx

from wigwag.client.calls import Call, Retries, SyncContent, name_of
from wigwag.client.errors import ConnectionFailed, error_of

LOCAL: Final = "http://127.0.0.1:8080"
TIMEOUT: Final = httpx.Timeout(10.0, read=90.0)
"""The longest wait that the server knows is a minute."""


class Download:
    """A file that comes. `name` is what its sender called it: text to show, never a path."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.mime = response.headers.get("content-type", "application/octet-stream")
        self.name = name_of(response.headers.get("content-disposition", ""))

    def __iter__(self) -> Generator[bytes]:
        """The file, piece by piece. Raises ConnectionFailed when it ends before its time."""
        try:
            yield from self._response.iter_bytes()
        except httpx.TransportError as error:
            raise ConnectionFailed(f"the file broke off: {error}") from error

    def read(self) -> bytes:
        """The whole file, in memory."""
        return b"".join(list(self))

    def save(self, path: Path) -> int:
        """Write it to `path`, which must not be there yet; its size in bytes."""
        size = 0
        with path.open("xb") as out:
            for chunk in self:
                size += _write(out, chunk)
        return size


class Asker:
    """A server, by its URL and with a key."""

    def __init__(
        self,
        url: str = LOCAL,
        key: str = "",
        *,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=TIMEOUT, transport=transport
        )
        self._retries = retries or Retries()
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def _json(self, call: Call) -> Any:
        body = self._ask(call)
        return json.loads(body) if body else None

    def _text(self, call: Call) -> str:
        return (self._ask(call)).decode()

    def _ask(self, call: Call) -> bytes:
        with self._answer(call) as response:
            try:
                return response.read()
            except httpx.TransportError as error:
                raise ConnectionFailed(f"the answer broke off: {error}") from error

    @contextmanager
    def _download(self, call: Call) -> Generator[Download]:
        with self._answer(call) as response:
            yield Download(response)

    def _each(self, ask: Callable[[str], Any]) -> Iterator[Any]:
        cursor: str | None = ""
        while cursor is not None:
            page = ask(cursor)
            yield from page["items"]
            cursor = page["next_cursor"]

    @contextmanager
    def _answer(self, call: Call) -> Generator[httpx.Response]:
        """The answer, its body still to come. Raises ApiError, ConnectionFailed."""
        attempt = 0
        while True:
            attempt += 1
            try:
                response = self._http.send(self._request(call), stream=True)
            except httpx.TransportError as error:
                pause_s = self._retries.pause_s(call, attempt, 0)
                if pause_s is None:
                    raise ConnectionFailed(f"{call.method} {call.path}: {error!r}") from error
            else:
                if not response.is_error:
                    break
                pause_s = self._refused(call, attempt, response)
            self._sleep(pause_s)
        try:
            yield response
        finally:
            response.close()

    def _refused(self, call: Call, attempt: int, response: httpx.Response) -> float:
        """How long to wait before the next attempt. Raises ApiError when there is none."""
        try:
            body = response.read()
        except httpx.TransportError:
            body = b""
        finally:
            response.close()
        after = response.headers.get("retry-after", "")
        pause_s = self._retries.pause_s(call, attempt, response.status_code, after)
        if pause_s is None:
            raise error_of(response.status_code, body)
        return pause_s

    def _request(self, call: Call) -> httpx.Request:
        content = cast("SyncContent | None", call.content)
        if call.body is not None:
            content = json.dumps(call.body).encode()
        return self._http.build_request(
            call.method,
            call.path,
            params=call.parameters,
            headers=call.headers,
            content=content,
        )


def _write(out: IO[bytes], chunk: bytes) -> int:
    return out.write(chunk)
