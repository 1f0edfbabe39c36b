"""What ends a process that the library whatsmeow runs in: here it ends a child, or nothing."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from peers.whatsmeow import why_unavailable
from scripted.children import LIMIT_S, Nursery, open_nursery
from scripted.waiting import until
from wigwag.engine.whatsmeow.asks import CheckNumbers, GetBlocklist, ListNewsletters, PairCode
from wigwag.model.account import ConnectionState
from wigwag.model.errors import NotConnected, WigwagError
from wigwag.model.jid import PN_SERVER, Jid
from wigwag.wire.nodes import Node

pytestmark = [
    pytest.mark.whatsmeow,
    pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "it is there"),
]
S = ConnectionState


@pytest.fixture
async def nursery(tmp_path: Path) -> AsyncIterator[Nursery]:
    async with open_nursery(tmp_path) as opened:
        yield opened


async def test_calls_that_come_too_early_or_too_late_reach_no_client(nursery: Nursery) -> None:
    """Most of these end the process by a nil pointer, when there is no client or no longer."""
    nursery.scans = False
    engine = nursery.engine("one")
    await engine.start()
    await nursery.state(S.PAIRING)
    channel, pid = engine.supervisor.channel, engine.supervisor.pid
    assert channel is not None
    for ask in (GetBlocklist(), ListNewsletters(), CheckNumbers(phones=("1",))):
        with pytest.raises(NotConnected):
            await channel.call(ask, tuple)
    channel.halt()
    for _ in range(5):
        with pytest.raises(WigwagError):
            await channel.call(PairCode(phone="15550100009"), str, 5.0)
    await until(lambda: engine.supervisor.pid != pid, LIMIT_S)
    await nursery.state(S.PAIRING)


@pytest.mark.parametrize("kind", ["server-error", "of-next-year"])
async def test_a_value_that_the_library_does_not_know_costs_a_child_and_marks_a_gap(
    nursery: Nursery, kind: str
) -> None:
    anna = nursery.sandbox.add_person("Anna")
    engine = await nursery.linked()
    phone = nursery.phones["one"]
    pid = engine.supervisor.pid
    receipt = {
        "id": "3EB01",
        "from": Jid("15550100009", PN_SERVER),
        "type": kind,
        "t": "1700000000",
    }
    nursery.sandbox.network.push(phone.companions[-1], Node("receipt", receipt))
    await until(nursery.gaps, LIMIT_S)
    await nursery.connected()
    assert engine.supervisor.pid != pid
    anna.send_text(phone.pn, "still here")
    await nursery.texts(["still here"])


async def test_starts_and_stops_at_once_beside_calls(nursery: Nursery) -> None:
    rng = random.Random(5)
    engine = await nursery.linked()
    phone = nursery.phones["one"]

    async def call() -> None:
        # with an answer or without, it comes to an end
        with contextlib.suppress(WigwagError):
            await engine.check_numbers([phone.pn.user])

    for _ in range(4):
        work = [engine.start(), engine.stop(), engine.restart(), call(), call(), call()]
        rng.shuffle(work)
        await asyncio.gather(*work)
    await engine.start()
    await nursery.connected()
    anna = nursery.sandbox.add_person("Anna")
    anna.send_text(phone.pn, "still here")
    await nursery.texts(["still here"])
    assert nursery.gaps() == []


async def test_six_accounts_are_linked_and_answer(nursery: Nursery) -> None:
    """Six clients in one process leave its executor without a thread, for ever."""
    anna = nursery.sandbox.add_person("Anna")
    names = [f"account-{number}" for number in range(6)]
    await asyncio.gather(*(nursery.linked(name) for name in names))
    for name in names:
        anna.send_text(nursery.phones[name].pn, f"to {name}")
    for name in names:
        await nursery.texts([f"to {name}"], name)
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*(engine.stop() for engine in nursery.engines.values()))


async def test_another_connection_takes_the_place(nursery: Nursery) -> None:
    engine = await nursery.linked()
    device = nursery.phones["one"].companions[-1]
    nursery.sandbox.network.stream_error(device, 0, "replaced")
    await nursery.state(S.REPLACED)
    assert engine.state.next_attempt is not None
    await engine.start()
    await nursery.connected()
    assert nursery.gaps() == []
