"""Logins: whether there is one, and one verdict for all who wait for the next."""

import asyncio

import pytest

from scripted.waiting import until
from wigwag.engine.native.connection.logins import Logins


async def waiting(logins: Logins, count: int, came: list[int]) -> "list[asyncio.Task[bool]]":
    """So many who wait for the next login, at rest."""

    async def wait(number: int) -> bool:
        verdict = await logins.next()
        came.append(number)
        return verdict

    tasks = [asyncio.ensure_future(wait(number)) for number in range(count)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


def test_logins_are_counted() -> None:
    logins = Logins()
    assert (logins.online, logins.current) == (False, 0)
    logins.begin()
    assert (logins.online, logins.current) == (True, 1)
    logins.lose()
    assert (logins.online, logins.current) == (False, 0)
    logins.begin()
    assert logins.current == 2


@pytest.mark.parametrize("ends", ["begin", "end"])
async def test_who_waits_gets_one_verdict_in_the_order_of_the_waiting(ends: str) -> None:
    logins = Logins(soon_s=60)
    came: list[int] = []
    tasks = await waiting(logins, 5, came)
    assert not came
    getattr(logins, ends)()
    assert await asyncio.gather(*tasks) == [ends == "begin"] * 5
    assert came == [0, 1, 2, 3, 4]


async def test_a_login_that_is_late_is_late_for_all() -> None:
    logins = Logins(soon_s=0.05)
    came: list[int] = []
    tasks = await waiting(logins, 1, came) + await waiting(logins, 1, came)
    await until(lambda: all(task.done() for task in tasks), 5)
    assert [task.result() for task in tasks] == [False, False]
    assert await logins.next() is False, "who comes later waits for himself"


async def test_where_there_is_a_login_nobody_waits() -> None:
    logins = Logins(soon_s=60)
    logins.begin()
    assert await logins.next()
    logins.end()
    assert not await logins.next()
    assert not logins.online


async def test_one_who_goes_away_takes_nobody_along() -> None:
    logins = Logins(soon_s=60)
    came: list[int] = []
    tasks = await waiting(logins, 3, came)
    tasks[0].cancel()
    await asyncio.wait(tasks[:1])
    logins.begin()
    assert await asyncio.gather(*tasks[1:]) == [True, True]


async def test_a_wait_has_a_limit_of_its_own() -> None:
    logins = Logins()
    assert not await logins.wait(0.01)
    logins.begin()
    assert await logins.wait(0.01)
