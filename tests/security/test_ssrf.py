"""Addresses that a receiver of webhooks might name to reach what is not his: none is reached.

Every name is answered by a resolver of the test, and every connection is made by the test, too: to
a receiver on loopback, or to nowhere. Nothing leaves this machine, and nothing has to.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from wigwag.deliver.guard import Guard
from wigwag.deliver.postman import Postman

PUBLIC = "93.184.216.34"
SECRET = "what only this machine may know"
PRIVATE = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.254",
    "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1",
    "192.88.99.1", "::1", "::", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:a9fe:a9fe",
    "::127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::",
    "2001:0:7f00:1::", "2001:db8::1", "fe80::1", "fe80::1%lo", "fe80::1%25lo", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "100::1", "5f00::1", "3fff::1",
)  # fmt: skip
"""What names of strangers lead to: loopback, private, link-local and cloud metadata, in every form
of IPv6 that hides an address of IPv4, and whatever else is not the public internet."""
SPELLED = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0x0.0x0.0x1", "0x7f.1",
    "017700000001", "0177.0.0.1", "0177.0.0.01", "127.0.0.1.", "127.0.0.01", "127.000.000.001",
    "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]",
    "[fe80::1%25lo]", "[::1%25lo]", "[64:ff9b::7f00:1]", "0", "0.0.0.0", "[::]", "localhost",
    "localhost.", "LOCALHOST", "localhost.localdomain", "ip6-localhost", "①②⑦.0.0.1",
    "user:secret@127.0.0.1", "example.com@127.0.0.1", "127.0.0.1#@example.com",
    "127。0。0。1", "example.com%00.evil",
    "169.254.169.254", "[::ffff:169.254.169.254]", "2852039166", "metadata.google.internal", "",
    "%31%32%37.0.0.1", "127.0.0.1%2f@example.com", "[127.0.0.1]", "4294967297", "127.0.0.256",
)  # fmt: skip
"""Loopback, and the address of clouds' metadata, as a URL may spell them."""


class Names(AbstractResolver):
    """Answers each question with the next of these addresses; with the last one from then on."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


class Wall:
    """Every connection that is tried; those beyond loopback lead nowhere."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried: list[str] = []
        loop = asyncio.SelectorEventLoop
        connect = loop.sock_connect

        async def sock_connect(own: Any, sock: socket.socket, address: Any) -> None:
            self.tried.append(str(address[0]))
            if address[0] != "127.0.0.1":
                raise ConnectionRefusedError(111, "nothing leaves this machine")
            await connect(own, sock, address)

        async def getaddrinfo(*_: object, **__: object) -> list[Any]:
            raise socket.gaierror(socket.EAI_NONAME, "no names of others are asked for here")

        monkeypatch.setattr(loop, "sock_connect", sock_connect)
        monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)

    @property
    def inside(self) -> list[str]:
        """What was tried of what is not public."""
        return [address for address in self.tried if not ip_address(address).is_global]


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    return Wall(monkeypatch)


class Inside:
    """A service of this machine that answers everybody; `to` is where it sends them on."""

    def __init__(self) -> None:
        self.port = 0
        self.seen: list[str] = []
        self.to = ""
        self.status = 200

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(request.path)
        headers = {"Location": self.to, "Refresh": f"0; url={self.to}"} if self.to else {}
        return web.Response(status=self.status, text=SECRET, headers=headers)


@asynccontextmanager
async def inside() -> AsyncGenerator[Inside]:
    service = Inside()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", service.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.port = runner.addresses[0][1]
    try:
        yield service
    finally:
        await runner.cleanup()


async def test_no_way_to_spell_an_address_leads_inside(wall: Wall) -> None:
    postman = Postman(Guard())
    async with inside() as service:
        for host in SPELLED:
            for scheme in ("http", "HTTP"):
                outcome = await postman.post(f"{scheme}://{host}:{service.port}/", b"{}", {})
                assert outcome.status == 0, host
                assert outcome.error in {"address_refused", "not_reachable", "bad_url"}, host
        assert service.seen == []
    assert wall.tried == []
    await postman.close()


@pytest.mark.parametrize("address", PRIVATE)
async def test_no_name_leads_inside(wall: Wall, address: str) -> None:
    postman = Postman(Guard(), resolver=Names([address]))
    async with inside() as service:
        url = f"http://hooks.example:{service.port}/"
        assert (await postman.post(url, b"{}", {})).error == "address_refused"
        assert service.seen == []
    assert wall.tried == []
    await postman.close()


@pytest.mark.parametrize(
    "answers",
    [
        [[PUBLIC], ["127.0.0.1"]],
        [[PUBLIC, "127.0.0.1"]],
        [["127.0.0.1", PUBLIC]],
        [[PUBLIC, "::1", "169.254.169.254"], ["::ffff:127.0.0.1"]],
        [["127.0.0.1"], [PUBLIC]],
    ],
)
async def test_a_name_that_is_bound_anew_leads_outside_or_nowhere(
    wall: Wall, answers: list[list[str]]
) -> None:
    names = Names(*answers)
    postman = Postman(Guard(), resolver=names)
    async with inside() as service:
        for _ in range(3):
            outcome = await postman.post(f"http://rebound.example:{service.port}/", b"{}", {})
            assert outcome.status == 0
        assert service.seen == []
    assert wall.inside == []
    assert set(wall.tried) <= {PUBLIC}
    assert names.asked
    await postman.close()


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308, 200])
@pytest.mark.parametrize(
    "to", ["http://127.0.0.1:{port}/secret", "//127.0.0.1:{port}/secret", "/secret"]
)
async def test_nobody_is_sent_on(wall: Wall, status: int, to: str) -> None:
    postman = Postman(Guard(("hooks.example",)), resolver=Names(["127.0.0.1"]))
    async with inside() as service:
        service.status, service.to = status, to.format(port=service.port)
        outcome = await postman.post(f"http://hooks.example:{service.port}/first", b"{}", {})
        assert outcome.status == status
        assert service.seen == ["/first"]
    assert wall.tried == ["127.0.0.1"]
    await postman.close()


async def test_what_is_allowed_is_that_and_nothing_beside_it(wall: Wall) -> None:
    postman = Postman(Guard(("127.0.0.1/32", "crm.internal")), resolver=Names(["127.0.0.2"]))
    async with inside() as service:
        base = f":{service.port}/"
        for host in (
            "crm.internal.evil.example",
            "xcrm.internal",
            "crm.internal@evil.example",
            "127.0.0.2",
        ):
            outcome = await postman.post(f"http://{host}{base}", b"{}", {})
            assert outcome.status == 0, host
        assert service.seen == []
        assert (await postman.post(f"http://127.0.0.1{base}", b"{}", {})).status == 200
    assert set(wall.tried) <= {"127.0.0.1"}
    await postman.close()
