"""Whoever is asked may send one on: nobody is sent inside, to another protocol, or round and
round."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from scripted.outside import PRIVATE, FileAsker, Names, Wall, WebhookAsker, inside, raw_server
from wigwag.outward.guard import Guard
from wigwag.outward.webfiles import MAX_HOPS

ELSEWHERE = (
    "http://127.0.0.1:{port}/secret", "//127.0.0.1:{port}/secret", "http://localhost:{port}/secret",
    "http://2130706433:{port}/", "http://0x7f.1:{port}/", "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::1]:{port}/", "http://0.0.0.0:{port}/", "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/", "http://user:secret@files.example:{port}/",
    "http://files.example:{port}@127.0.0.1:{port}/", "http:\\\\127.0.0.1:{port}/",
    "file:///etc/passwd", "FILE:/etc/passwd", "gopher://127.0.0.1:{port}/_x", "ftp://files.example/",
    "ws://files.example:{port}/", "data:text/plain,x", "javascript:x", "http://", "http:///x",
    "http://[", "http://files.example:99999/", "http://files.example:0/", "http://other.example/",
)  # fmt: skip
"""`files.example` alone is allowed, and is the service itself."""


@asynccontextmanager
async def fetching(*allowed: str) -> AsyncGenerator[FileAsker]:
    made = FileAsker(Guard(allowed), Names(["127.0.0.1"]))
    try:
        yield made
    finally:
        await made.close()


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308, 200])
@pytest.mark.parametrize("to", [*ELSEWHERE[:2], "/secret"])
async def test_a_webhook_is_never_sent_on(wall: Wall, status: int, to: str) -> None:
    postman = WebhookAsker(Guard(("hooks.example",)), Names(["127.0.0.1"]))
    async with inside() as service:
        service.status, service.to = status, to.format(port=service.port)
        reply = await postman.ask(f"http://hooks.example:{service.port}/first")
        assert reply.status == status
        assert service.seen == ["/first"]
    assert wall.tried == ["127.0.0.1"]
    await postman.close()


@pytest.mark.parametrize("to", ELSEWHERE)
async def test_a_file_is_not_fetched_from_where_one_is_sent(wall: Wall, to: str) -> None:
    async with inside() as service, fetching("files.example") as files:
        service.status, service.to = 302, to.format(port=service.port)
        reply = await files.ask(f"http://files.example:{service.port}/first")
        assert reply.word == "url_refused", reply
        assert service.seen == ["/first"]
    assert wall.tried == ["127.0.0.1"], "the first hop alone"


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_hop_to_a_name_that_leads_inside_is_refused(wall: Wall, address: str) -> None:
    names = Names(["127.0.0.1"], [address])
    files = FileAsker(Guard(("files.example",)), names)
    async with inside() as service:
        service.status, service.to = 307, f"http://other.example:{service.port}/"
        reply = await files.ask(f"http://files.example:{service.port}/first")
        assert (reply.word, service.seen) == ("url_refused", ["/first"])
    assert wall.tried == ["127.0.0.1"]
    await files.close()


async def test_a_file_that_has_moved_is_fetched(wall: Wall) -> None:
    async with inside() as service, fetching("files.example", "other.example") as files:
        service.moves = {
            "/first": "second",
            "/second": f"//other.example:{service.port}/third?x=1#part",
            "/third": "/last",
        }
        reply = await files.ask(f"http://files.example:{service.port}/first")
        assert (reply.status, reply.body) == (200, b"the file")
        assert service.seen == ["/first", "/second", "/third", "/last"]
    assert wall.inside


async def test_one_is_not_sent_round_and_round(wall: Wall) -> None:
    async with inside() as service, fetching("files.example") as files:
        service.status, service.to = 302, "/again"
        reply = await files.ask(f"http://files.example:{service.port}/")
        assert reply.word == "url_failed"
        assert str(MAX_HOPS) in reply.detail
        assert len(service.seen) == MAX_HOPS + 1
        service.seen.clear()
        service.status, service.to = 302, ""
        assert (await files.ask(f"http://files.example:{service.port}/")).word == "url_failed"
        assert len(service.seen) == 1
    assert wall.inside


@pytest.mark.parametrize(
    "head",
    [
        b"Location: http://files.example/" + b"a" * 100_000,
        b"Location: /a\r\nLocation: http://127.0.0.1/b",
        b"Location: /\xff\xfe\x01",
        b"Location: http://files.example/\r\n" + b"X: y\r\n" * 100_000,
        b"Location: /a%0d%0aX-Other:%20y",
    ],
)
async def test_a_monstrous_redirect_ends_in_a_sentence(wall: Wall, head: bytes) -> None:
    async def talk(_reader: object, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\n" + head + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with raw_server(talk) as port, fetching("files.example") as files:
        reply = await files.ask(f"http://files.example:{port}/")
        assert reply.word in {"url_failed", "url_refused"}, reply
        assert len(reply.detail) < 200
    assert set(wall.tried) == {"127.0.0.1"}
