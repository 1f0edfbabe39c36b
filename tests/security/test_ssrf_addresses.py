"""Addresses that somebody might name to reach what is not his, as the receiver of a webhook and as
the place of a file to send: none is reached."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from scripted.outside import (
    ASKERS,
    PRIVATE,
    PUBLIC,
    REFUSED,
    SPELLED,
    UNREACHED,
    Asker,
    Names,
    Wall,
    inside,
)
from wigwag.outward.guard import Guard

both = pytest.mark.parametrize("kind", ASKERS)


@asynccontextmanager
async def asker(kind: str, *allowed: str, names: Names | None = None) -> AsyncGenerator[Asker]:
    made = ASKERS[kind](Guard(allowed), names)
    try:
        yield made
    finally:
        await made.close()


@both
async def test_no_way_to_spell_an_address_leads_inside(wall: Wall, kind: str) -> None:
    async with inside() as service, asker(kind) as asking:
        for host in SPELLED:
            for scheme in ("http", "HTTP"):
                reply = await asking.ask(f"{scheme}://{host}:{service.port}/")
                assert reply.status == 0, host
                assert reply.word in UNREACHED, host
        assert service.seen == []
    assert wall.tried == []


@both
async def test_it_is_the_guard_that_refuses(wall: Wall, kind: str) -> None:
    """The same names lead inside where that is allowed."""
    async with inside() as service, asker(kind, "127.0.0.0/8") as asking:
        for host in ("127.0.0.1", "localhost", "LOCALHOST.", "localhost.localdomain"):
            assert (await asking.ask(f"http://{host}:{service.port}/")).status == 200, host
    assert set(wall.tried) == {"127.0.0.1"}


@both
@pytest.mark.parametrize("address", PRIVATE)
async def test_no_name_leads_inside(wall: Wall, kind: str, address: str) -> None:
    async with inside() as service, asker(kind, names=Names([address])) as asking:
        assert (await asking.ask(f"http://some.example:{service.port}/")).word in REFUSED
        assert service.seen == []
    assert wall.tried == []


@both
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
    wall: Wall, kind: str, answers: list[list[str]]
) -> None:
    names = Names(*answers)
    async with inside() as service, asker(kind, names=names) as asking:
        for _ in range(3):
            assert (await asking.ask(f"http://rebound.example:{service.port}/")).status == 0
        assert service.seen == []
    assert wall.inside == []
    assert set(wall.tried) <= {PUBLIC}
    assert names.asked


@both
async def test_what_is_allowed_is_that_and_nothing_beside_it(wall: Wall, kind: str) -> None:
    names = Names(["127.0.0.2"])
    async with (
        inside() as service,
        asker(kind, "127.0.0.1/32", "crm.internal", names=names) as asking,
    ):
        base = f":{service.port}/"
        for host in (
            "crm.internal.evil.example",
            "xcrm.internal",
            "crm.internal@evil.example",
            "crm.internal%2eevil.example",
            "crm.internal\\\\@evil.example",
            "evil.example#crm.internal",
            "127.0.0.2",
        ):
            assert (await asking.ask(f"http://{host}{base}")).status == 0, host
        assert service.seen == []
        assert (await asking.ask(f"http://127.0.0.1{base}")).status == 200
    assert set(wall.tried) <= {"127.0.0.1"}


async def test_an_answer_does_not_tell_what_there_is_inside(wall: Wall) -> None:
    """A name that is not there, one that leads inside, an open door and a closed one."""
    replies: set[Any] = set()
    async with inside() as service:
        for names in (None, Names(["10.0.0.1"]), Names(["127.0.0.1"]), Names(["::1", "fc00::1"])):
            async with asker("file", names=names) as asking:
                for host in ("db.internal", f"127.0.0.1:{service.port}", "127.0.0.1:1", "[::1]"):
                    replies.add(await asking.ask(f"http://{host}/"))
        assert service.seen == []
    assert [reply.word for reply in replies] == ["url_refused"]
    assert wall.tried == []
