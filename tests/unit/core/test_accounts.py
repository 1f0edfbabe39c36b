"""The accounts and waiting for their states."""

import asyncio

import pytest

from stored.engine import StoredEngine
from wigwag.core.accounts import Accounts
from wigwag.model.account import ConnectionState
from wigwag.model.errors import NotFound

CONNECTED = (ConnectionState.CONNECTED,)


def opened(*engines: StoredEngine) -> Accounts:
    accounts = Accounts()
    for engine in engines:
        accounts.add(engine)
        engine.on_state = accounts.state_changed
    return accounts


async def test_all_start_and_stop() -> None:
    engines = (StoredEngine("a", connected=False), StoredEngine("b", connected=False))
    accounts = opened(*engines)
    assert accounts.names() == ["a", "b"]
    assert accounts.connected() == []
    await accounts.start_all()
    assert accounts.connected() == ["a", "b"]
    assert {s.state for s in accounts.states().values()} == {ConnectionState.CONNECTED}
    await accounts.stop_all()
    assert all(engine.stopped for engine in engines)


async def test_one_that_fails_to_stop_does_not_keep_the_others_running() -> None:
    class Stuck(StoredEngine):
        async def stop(self) -> None:
            raise RuntimeError("stuck")

    good = StoredEngine("b")
    accounts = opened(Stuck("a"), good)
    with pytest.raises(RuntimeError, match="stuck"):
        await accounts.stop_all()
    assert good.stopped


async def test_waiting_for_a_state() -> None:
    engine = StoredEngine("a", connected=False)
    accounts = opened(engine)
    assert not await accounts.wait_state("a", CONNECTED, 0.01)
    waiting = asyncio.create_task(accounts.wait_state("a", CONNECTED, 5))
    await asyncio.sleep(0)
    engine.turn(ConnectionState.RECONNECTING)
    await asyncio.sleep(0)
    assert not waiting.done()
    engine.turn(ConnectionState.CONNECTED)
    assert await waiting
    assert await accounts.wait_state("a", CONNECTED, 0)


async def test_waiting_for_an_account_that_comes_later() -> None:
    accounts = Accounts()
    assert not await accounts.wait_state("a", CONNECTED, 0.01)
    assert accounts.find("a") is None
    with pytest.raises(NotFound, match="'a'"):
        accounts.get("a")


async def test_listeners_hear_of_every_change_until_they_leave() -> None:
    engine = StoredEngine("a", connected=False)
    accounts = opened(engine)
    heard: list[str] = []
    leave = accounts.subscribe(heard.append)
    engine.turn(ConnectionState.CONNECTED)
    accounts.remove("a")
    leave()
    engine.turn(ConnectionState.STOPPED)
    assert heard == ["a", "a"]
    assert accounts.names() == []
