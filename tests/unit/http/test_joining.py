"""The head of an answer leaves with what is written behind it, and never later than in a turn."""

import asyncio
from typing import Any

from wigwag.http.joining import JoiningTransport

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Inner(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Any] = []

    def write(self, data: Any) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.sent.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.sent


def joined() -> tuple[JoiningTransport, list[Any]]:
    inner = Inner()
    return JoiningTransport(inner, asyncio.get_running_loop()), inner.sent


async def test_head_and_body_leave_together() -> None:
    transport, sent = joined()
    for _ in range(2):
        transport.write(HEAD)
        transport.write(b"body")
        transport.write(b"more")
    assert sent == [HEAD + b"body", b"more"] * 2
    await asyncio.sleep(0)
    assert len(sent) == 4


async def test_a_head_alone_leaves_in_the_next_turn() -> None:
    transport, sent = joined()
    transport.write(HEAD)
    assert sent == []
    await asyncio.sleep(0)
    assert sent == [HEAD]
    transport.write(b"an event")
    assert sent == [HEAD, b"an event"]


async def test_a_head_leaves_before_the_end() -> None:
    transport, sent = joined()
    transport.write(HEAD)
    assert not transport.is_closing()
    transport.close()
    assert sent == [HEAD, "closed"]
    assert transport.is_closing()


async def test_an_empty_body_holds_no_head() -> None:
    transport, sent = joined()
    transport.write(HEAD)
    transport.write(b"")
    assert sent == [HEAD]
