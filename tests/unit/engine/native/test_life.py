"""What an account leaves in memory: nothing that waits for the collector of cycles."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.engine.native.engine import NativeEngine
from wigwag.model.account import ConnectionState
from wigwag.model.event import StateChanged
from wigwag.sandbox.edge.chat_socket import ChatSocket

LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
LIMIT_S = 30.0


@contextmanager
def no_collector() -> Generator[None]:
    """It may come by after hours only, in a process where little is made."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def logins(town: EngineTown) -> int:
    states = [event.state.state for event in town.told(StateChanged)]
    return states.count(ConnectionState.CONNECTED)


def websockets() -> int:
    return sum(isinstance(thing, aiohttp.ClientWebSocketResponse) for thing in gc.get_objects())


def garble(town: EngineTown) -> None:
    """The network says what is no websocket frame."""
    link = town.device.link
    assert isinstance(link, ChatSocket)
    link._outlet.write(b"\xff" * 64)  # pyright: ignore[reportPrivateUsage]


def run_in(
    make_loop: Callable[[], asyncio.AbstractEventLoop], work: Coroutine[Any, Any, None]
) -> None:
    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(work)


@pytest.mark.parametrize("make_loop", LOOPS)
def test_a_stopped_account_is_freed_at_once(
    make_loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path
) -> None:
    async def stop() -> None:
        async with EngineTown(tmp_path) as town:
            await town.link()
            person = town.sandbox.add_person("Kim", phone="15550100002")
            await town.send(person.jid, "hello")
            engine = town.engine
            assert isinstance(engine, NativeEngine)
            identity = engine._life.identity  # pyright: ignore[reportPrivateUsage]
            assert identity is not None
            parts = (identity, identity.link, identity.logged_in, identity.traffic)
            left = [weakref.ref(part) for part in parts]
            del identity, parts
            with no_collector():
                await town.engine.stop()
                await until(lambda: not any(part() for part in left), LIMIT_S)

    run_in(make_loop, stop())


@pytest.mark.parametrize("make_loop", LOOPS)
@pytest.mark.parametrize("end", [EngineTown.drop, garble])
def test_an_ended_connection_is_freed_at_once(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
    end: Callable[[EngineTown], None],
    tmp_path: Path,
) -> None:
    """The buffers of its TLS are a quarter of a megabyte."""

    async def lose() -> None:
        async with EngineTown(tmp_path) as town:
            await town.link()
            with no_collector():
                for _ in range(3):
                    await until(lambda: town.device.link is not None, LIMIT_S)
                    before = logins(town)
                    end(town)
                    await until(lambda before=before: logins(town) > before, LIMIT_S)
                await until(lambda: websockets() == 1, LIMIT_S)

    run_in(make_loop, lose())
