"""A receiver in a process of its own that does as little as it can: it notes when each request was
there, by the clock that all processes share. `GET` answers with the times by webhook-id.
"""

import asyncio
import json
import sys
import time
from typing import Final

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Receiver(asyncio.Protocol):
    """One connection; every request has its whole length said."""

    def __init__(self, times: dict[str, float]) -> None:
        self._times = times
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            lines = self._data[:end].split(b"\r\n")
            pairs = (line.partition(b":") for line in lines[1:])
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            whole = end + 4 + int(headers.get(b"content-length", b"0"))
            if len(self._data) < whole:
                return
            self._data = self._data[whole:]
            if lines[0].startswith(b"GET"):
                body = json.dumps(self._times).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                self._transport.write(head + body)
            else:
                self._times.setdefault(headers.get(b"webhook-id", b"").decode(), now)
                self._transport.write(OK)


async def main() -> None:
    times: dict[str, float] = {}
    server = await asyncio.get_running_loop().create_server(lambda: Receiver(times), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
