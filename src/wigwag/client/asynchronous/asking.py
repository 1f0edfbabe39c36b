"""Asking a server: attempts, errors, and files that come piece by piece."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final, Self, cast

import httpx

from wigwag.client.calls import AsyncContent, Call, Retries, name_of
from wigwag.client.errors import ConnectionFailed, error_of

LOCAL: Final = "http://127.0.0.1:8080"
TIMEOUT: Final = httpx.Timeout(10.0, read=90.0)
"""The longest wait that the server knows is a minute."""


class AsyncDownload:
    """A file that comes. `name` is what its sender called it: text to show, never a path."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.mime = response.headers.get("content-type", "application/octet-stream")
        self.name = name_of(response.headers.get("content-disposition", ""))

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        """The file, piece by piece. Raises ConnectionFailed when it ends before its time."""
        try:
            async for chunk in self._response.aiter_bytes():
                yield chunk
        except httpx.TransportError as error:
            raise ConnectionFailed(f"the file broke off: {error}") from error

    async def read(self) -> bytes:
        """The whole file, in memory."""
        return b"".join([chunk async for chunk in self])

    async def save(self, path: Path) -> int:
        """Write it to `path`, which must not be there yet; its size in bytes."""
        size = 0
        with await asyncio.to_thread(path.open, "xb") as out:
            async for chunk in self:
                size += await asyncio.to_thread(_write, out, chunk)
        return size


class AsyncAsker:
    """A server, by its URL and with a key."""

    def __init__(
        self,
        url: str = LOCAL,
        key: str = "",
        *,
        retries: Retries | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.AsyncClient(
            base_url=url, headers=headers, timeout=TIMEOUT, transport=transport
        )
        self._retries = retries or Retries()
        self._sleep = sleep

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def _json(self, call: Call) -> Any:
        body = await self._ask(call)
        return json.loads(body) if body else None

    async def _text(self, call: Call) -> str:
        return (await self._ask(call)).decode()

    async def _ask(self, call: Call) -> bytes:
        async with self._answer(call) as response:
            try:
                return await response.aread()
            except httpx.TransportError as error:
                raise ConnectionFailed(f"the answer broke off: {error}") from error

    @asynccontextmanager
    async def _download(self, call: Call) -> AsyncGenerator[AsyncDownload]:
        async with self._answer(call) as response:
            yield AsyncDownload(response)

    async def _each(self, ask: Callable[[str], Awaitable[Any]]) -> AsyncIterator[Any]:
        cursor: str | None = ""
        while cursor is not None:
            page = await ask(cursor)
            for item in page["items"]:
                yield item
            cursor = page["next_cursor"]

    @asynccontextmanager
    async def _answer(self, call: Call) -> AsyncGenerator[httpx.Response]:
        """The answer, its body still to come. Raises ApiError, ConnectionFailed."""
        attempt = 0
        while True:
            attempt += 1
            try:
                response = await self._http.send(self._request(call), stream=True)
            except httpx.TransportError as error:
                pause_s = self._retries.pause_s(call, attempt, 0)
                if pause_s is None:
                    raise ConnectionFailed(f"{call.method} {call.path}: {error!r}") from error
            else:
                if not response.is_error:
                    break
                pause_s = await self._refused(call, attempt, response)
            await self._sleep(pause_s)
        try:
            yield response
        finally:
            await response.aclose()

    async def _refused(self, call: Call, attempt: int, response: httpx.Response) -> float:
        """How long to wait before the next attempt. Raises ApiError when there is none."""
        try:
            body = await response.aread()
        except httpx.TransportError:
            body = b""
        finally:
            await response.aclose()
        after = response.headers.get("retry-after", "")
        pause_s = self._retries.pause_s(call, attempt, response.status_code, after)
        if pause_s is None:
            raise error_of(response.status_code, body)
        return pause_s

    def _request(self, call: Call) -> httpx.Request:
        content = cast("AsyncContent | None", call.content)
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
