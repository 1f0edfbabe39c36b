"""One request to a receiver: what comes of it, and where it never goes."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from wigwag.deliver.postman import MAX_ANSWER_BYTES, Postman
from wigwag.deliver.schedule import Outcome
from wigwag.outward.guard import Guard


class Receiver:
    """Answers by path, and counts."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request.path)
        await request.read()
        if request.path == "/moved":
            raise web.HTTPFound("/elsewhere")
        if request.path == "/busy":
            return web.Response(status=503, headers={"Retry-After": "7"})
        if request.path == "/long":
            return web.Response(body=b"x" * (MAX_ANSWER_BYTES * 4))
        return web.Response()


@asynccontextmanager
async def receiver() -> AsyncGenerator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.port = runner.addresses[0][1]
    yield found
    await runner.cleanup()


class Resolver(AbstractResolver):
    """Every name leads to loopback."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


async def test_outcomes() -> None:
    postman = Postman(Guard(("127.0.0.0/8",)))
    async with receiver() as there:
        base = f"http://127.0.0.1:{there.port}"
        assert (await postman.post(f"{base}/", b"{}", {})).status == 200
        moved = await postman.post(f"{base}/moved", b"{}", {})
        assert (moved.status, there.seen) == (302, ["/", "/moved"])
        busy = await postman.post(f"{base}/busy", b"{}", {})
        assert (busy.status, busy.retry_after) == (503, "7")
        assert (await postman.post(f"{base}/long", b"{}", {})).status == 200
    assert (await postman.post(f"{base}/", b"{}", {})).error == "not_reachable"
    await postman.close()


BROKEN = {
    "cut": b"Content-Length: 10\r\n\r\n",
    "cut within chunks": b"Transfer-Encoding: chunked\r\n\r\n4\r\nab",
    "late": b"Content-Length: 10\r\n\r\n",
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("status", [200, 410, 503])
async def test_the_head_of_an_answer_counts_whatever_follows(how: str, status: int) -> None:
    asked = 0
    over = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d So\r\nRetry-After: 7\r\n" % status + BROKEN[how])
        await writer.drain()
        if how == "late":
            await over.wait()
        writer.close()

    there = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = there.sockets[0].getsockname()[1]
    postman = Postman(Guard(("127.0.0.0/8",)), body_s=0.05)
    outcome = await postman.post(f"http://127.0.0.1:{port}/", b"{}", {})
    over.set()
    assert outcome == Outcome(status=status, retry_after="7")
    assert asked == 1
    await postman.close()
    there.close()


async def test_what_is_not_public_is_not_reached() -> None:
    postman = Postman(Guard(), resolver=Resolver())
    async with receiver() as there:
        for host in ("127.0.0.1", "2130706433", "0x7f.1", "rebound.example", "localhost", "[::1]"):
            outcome = await postman.post(f"http://{host}:{there.port}/", b"{}", {})
            assert outcome.status == 0
            assert outcome.error in ("address_refused", "not_reachable", "bad_url"), host
        assert there.seen == []
    await postman.close()


async def test_a_host_is_allowed_by_its_name() -> None:
    postman = Postman(Guard(("crm.internal",)), resolver=Resolver())
    async with receiver() as there:
        assert (await postman.post(f"http://crm.internal:{there.port}/", b"{}", {})).status == 200
        other = await postman.post(f"http://other.internal:{there.port}/", b"{}", {})
        assert other.error == "address_refused"
    await postman.close()
