"""How every engine lives: linking, restarts, the ends that WhatsApp makes, and what it promises."""

import asyncio
from pathlib import Path

import pytest

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.engine.whatsmeow.engine import WhatsmeowEngine
from wigwag.model.account import ConnectionState
from wigwag.model.content import Text
from wigwag.model.errors import LoggedOut, NotConnected, NotPaired, WigwagError
from wigwag.model.event import MessageReceived, PairingCode, PairingQr, StateChanged
from wigwag.sandbox.network.faults import Fault, FaultKind

S = ConnectionState
LIMIT_S = 20.0


def states(town: EngineTown) -> list[ConnectionState]:
    """In which states it said it was, without repetitions."""
    told = [event.state.state for event in town.told(StateChanged)]
    return [state for place, state in enumerate(told) if told[place - 1 : place] != [state]]


async def becomes(town: EngineTown, state: ConnectionState) -> None:
    await until(lambda: town.engine.state.state is state, LIMIT_S)


async def test_linking_by_qr_goes_through_its_states_in_order(fresh: EngineTown) -> None:
    qr = await fresh.hear(PairingQr)
    assert qr.sequence == 1
    assert qr.code.count(",") >= 3
    assert fresh.engine.state.state is S.PAIRING
    assert fresh.engine.state.jid is None
    fresh.sandbox.scan(qr.code, fresh.phone.pn)
    await becomes(fresh, S.CONNECTED)
    await until(lambda: S.CONNECTED in states(fresh), LIMIT_S)
    seen = states(fresh)
    assert seen.index(S.PAIRING) < seen.index(S.CONNECTED)
    assert set(seen) <= {S.STARTING, S.CONNECTING, S.PAIRING, S.CONNECTED}
    state = fresh.engine.state
    assert state.jid is not None
    assert state.jid.bare == fresh.phone.pn
    assert state.lid is not None
    assert state.lid.bare == fresh.phone.lid


async def test_linking_by_code(fresh: EngineTown) -> None:
    await fresh.hear(PairingQr)
    code = await fresh.engine.pair_code(fresh.phone.phone)
    told = await fresh.hear(PairingCode)
    assert told.code == code
    assert len(code.replace("-", "")) == 8
    await fresh.sandbox.enter_code(code, fresh.phone.pn)
    await becomes(fresh, S.CONNECTED)


async def test_without_a_link_nothing_goes_out(fresh: EngineTown) -> None:
    await fresh.hear(PairingQr)
    friend = fresh.sandbox.add_person("Finn")
    with pytest.raises(NotPaired):
        await fresh.engine.send(fresh.outgoing(friend.pn, "too early"))
    with pytest.raises(NotPaired):
        await fresh.engine.check_numbers([friend.phone])
    with pytest.raises(NotPaired):
        await fresh.engine.logout()


async def test_stopping_while_it_pairs(fresh: EngineTown) -> None:
    await fresh.hear(PairingQr)
    await stops_soon(fresh)
    await fresh.engine.start()
    mark = len(fresh.events)
    await fresh.hear(PairingQr, since=mark)


async def stops_soon(town: EngineTown) -> None:
    async with asyncio.timeout(10):
        await town.engine.stop()
    assert town.engine.state.state is S.STOPPED


async def test_a_restart_keeps_the_identity_and_what_came_meanwhile(fresh: EngineTown) -> None:
    friend = fresh.sandbox.add_person("Finn")
    await fresh.link()
    await fresh.send(friend.pn, "before")
    device = fresh.device.lid
    await fresh.close()
    friend.send_text(fresh.phone.pn, "while you were away")
    await fresh.open()
    await becomes(fresh, S.CONNECTED)
    await fresh.until_texts("while you were away")
    assert fresh.device.lid == device
    await fresh.send(friend.pn, "after")
    await friend.wait_for(lambda entry: entry.text == "after")


def children() -> set[str]:
    """Processes of this one that still run."""
    return {
        pid
        for told in Path("/proc/self/task").glob("*/children")
        for pid in told.read_text().split()
    }


async def test_logging_out_forgets_and_begins_anew(fresh: EngineTown) -> None:
    await fresh.link()
    await fresh.engine.logout()
    await becomes(fresh, S.LOGGED_OUT)
    await until(lambda: not fresh.phone.companions, LIMIT_S)
    with pytest.raises(LoggedOut):
        await fresh.engine.check_numbers(["15550100002"])
    mark = len(fresh.events)
    await fresh.engine.linking.pair()
    qr = await fresh.hear(PairingQr, since=mark)
    fresh.sandbox.scan(qr.code, fresh.phone.pn)
    await becomes(fresh, S.CONNECTED)


async def test_the_phone_unlinks_it(fresh: EngineTown) -> None:
    await fresh.link()
    fresh.phone.unlink()
    await becomes(fresh, S.LOGGED_OUT)
    assert fresh.engine.state.rests
    await fresh.close()
    await fresh.open()
    mark = len(fresh.events)
    await fresh.engine.linking.pair()
    await fresh.hear(PairingQr, since=mark)


async def test_a_linked_one_pairs_no_second_time(fresh: EngineTown) -> None:
    await fresh.link()
    for asked in (fresh.engine.linking.pair(), fresh.engine.pair_code(fresh.phone.phone)):
        with pytest.raises(WigwagError) as refused:
            await asked
        assert (refused.value.code, refused.value.status) == ("already_paired", 409)
    assert fresh.engine.state.state is S.CONNECTED


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Fault(kind=FaultKind.LOGIN_FAILURE, code=402, delay_s=3600), S.BANNED),
        (Fault(kind=FaultKind.LOGIN_FAILURE, code=405), S.OUTDATED),
    ],
    ids=["banned", "outdated"],
)
async def test_what_ends_a_login_is_a_state(
    fresh: EngineTown, fault: Fault, state: ConnectionState
) -> None:
    await fresh.link()
    await fresh.close()
    fresh.sandbox.faults.add(fault)
    await fresh.open()
    await becomes(fresh, state)
    assert fresh.engine.state.reason
    assert (fresh.engine.state.expires_at is not None) == (state is S.BANNED)
    with pytest.raises(NotConnected):
        await fresh.send(fresh.phone.pn, "to myself")


async def test_a_cut_connection_comes_back_by_itself(fresh: EngineTown) -> None:
    friend = fresh.sandbox.add_person("Finn")
    await fresh.link()
    fresh.drop()
    await until(lambda: S.RECONNECTING in states(fresh), LIMIT_S)
    friend.send_text(fresh.phone.pn, "over the cut")
    await fresh.until_texts("over the cut")
    await becomes(fresh, S.CONNECTED)


async def test_asked_to_connect_anew_it_does(fresh: EngineTown) -> None:
    friend = fresh.sandbox.add_person("Finn")
    await fresh.link()
    await fresh.engine.linking.restart()
    await becomes(fresh, S.CONNECTED)
    await fresh.hear_message(friend.send_text(fresh.phone.pn, "still here"))


async def test_what_the_archive_does_not_take_comes_again(fresh: EngineTown) -> None:
    friend = fresh.sandbox.add_person("Finn")
    await fresh.link()
    lines = [f"line {number}" for number in range(20)]
    fresh.sink_error = RuntimeError("the archive is closed")
    ids = friend.send_many(fresh.phone.pn, lines)
    await until(lambda: set(ids) <= {one for r in friend.receipts for one in r.ids}, LIMIT_S)
    assert not fresh.told(MessageReceived)
    await fresh.close()
    fresh.sink_error = None
    await fresh.open()
    await fresh.until_texts(lines[-1])
    assert fresh.texts == lines


async def test_a_sink_that_recovers_gets_everything_without_a_restart(fresh: EngineTown) -> None:
    friend = fresh.sandbox.add_person("Finn")
    await fresh.link()
    fresh.sink_error = RuntimeError("the archive is closed")
    message_id = friend.send_text(fresh.phone.pn, "wait for me")
    await until(lambda: any(message_id in r.ids for r in friend.receipts), LIMIT_S)
    fresh.sink_error = None
    assert (await fresh.hear_message(message_id)).content == Text(text="wait for me")
    assert fresh.texts == ["wait for me"]


async def test_stopping_is_quick_and_leaves_nothing(fresh: EngineTown) -> None:
    before = children()
    await fresh.engine.stop()
    if isinstance(fresh.engine, WhatsmeowEngine):
        before.discard(str(fresh.engine.supervisor.pid))
    await until(lambda: children() <= before)
    tasks = asyncio.all_tasks()
    await fresh.engine.start()
    await fresh.link()
    await stops_soon(fresh)
    await until(lambda: not asyncio.all_tasks() - tasks)
    assert children() <= before
    with pytest.raises(NotConnected):
        await fresh.send(fresh.phone.pn, "to myself")
    await fresh.engine.stop()
