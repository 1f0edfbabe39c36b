"""One request to a receiver: what comes of it, and where it never goes."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from wigwag.deliver.postman import MAX_ANSWER_BYTES, Postman
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
