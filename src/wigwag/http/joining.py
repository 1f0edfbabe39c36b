"""The head of an answer and what follows it at once leave in one call of the system.

uvicorn writes them apart, and the loop sends each as it comes: the second call takes as long as to
make the answer into JSON, several times over.
"""

import asyncio
from typing import Any, Final

_HEAD: Final = b"HTTP/1.1 "


class JoiningTransport(asyncio.Transport):
    """Keeps the head of an answer until more is written, or until the loop's next turn.

    It has what an HTTP protocol asks of a transport to write; all else is the inner one's to do.
    """

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.inner = inner
        self._loop = loop
        self._head = b""

    def write(self, data: Any) -> None:
        if self._head:
            self.inner.write(self._head + data)
            self._head = b""
        elif data.startswith(_HEAD):
            self._head = data
            self._loop.call_soon(self._flush)
        else:
            self.inner.write(data)

    def is_closing(self) -> bool:
        return self.inner.is_closing()

    def close(self) -> None:
        self._flush()
        self.inner.close()

    def _flush(self) -> None:
        if self._head:
            self.inner.write(self._head)
            self._head = b""
