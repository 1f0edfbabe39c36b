"""Hours of the native engine and the sandbox in virtual time: codes that run out, bans, outages."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from scripted.engine_town import EngineTown
from scripted.waiting import breathe, until
from wigwag.engine.native.connection.pairing import PairingPolicy
from wigwag.engine.native.options import EngineOptions
from wigwag.model.account import ConnectionState
from wigwag.model.event import PairingQr, StateChanged
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.network.pairing import PAIRING_TIMEOUT_S
from wigwag.sandbox.virtual_time import VirtualTime

S = ConnectionState
STEP_S = 4.0
"""Less than any limit of the engine: what is under way on real sockets has its time."""
HOUR_S = 3600.0


class Hours:
    """A town in virtual time, with the engine's own patience."""

    def __init__(self, folder: Path) -> None:
        self.time = VirtualTime()
        self.town = EngineTown(folder, self.time)
        self.town.options = EngineOptions()

    @property
    def state(self) -> ConnectionState:
        return self.town.engine.state.state

    async def quiet(self) -> None:
        """Until nothing is under way: it waits to try again, rests, shows a code or is online."""

        def is_quiet() -> bool:
            state = self.town.engine.state
            if state.next_attempt is not None or state.rests:
                return True
            return state.state in (S.PAIRING, S.CONNECTED) and not state.awaited

        await breathe()
        await until(is_quiet)

    async def wait(self, seconds: float) -> None:
        """Let time pass, in steps."""
        await self.quiet()
        while seconds > 0:
            step_s = min(STEP_S, seconds)
            self.time.advance(step_s)
            seconds -= step_s
            await self.quiet()

    async def until(self, condition: Callable[[], object], limit_s: float) -> float:
        """Let time pass until the condition holds; the seconds that it took."""
        began = self.time.monotonic()
        await self.quiet()
        while not condition():
            spent = self.time.monotonic() - began
            assert spent < limit_s, f"the condition did not come true in {limit_s} s"
            await self.wait(min(STEP_S, self.time.next_s or STEP_S))
        return self.time.monotonic() - began

    @property
    def attempts(self) -> int:
        """Connections that the engine began."""
        states = [event.state.state for event in self.town.told(StateChanged)]
        return sum(state in (S.CONNECTING, S.RECONNECTING) for state in states)


def spans(events: list[PairingQr], begin: datetime) -> list[float]:
    """How long each code was valid."""
    starts = [begin, *[event.expires_at for event in events]]
    return [(end - start).total_seconds() for start, end in pairwise(starts)]


async def test_codes_take_turns_run_out_and_come_anew(tmp_path: Path) -> None:
    hours = Hours(tmp_path)
    async with hours.town as town:
        begin = hours.time.now()
        await town.until_told(PairingQr)
        took_s = await hours.until(lambda: hours.state is S.PAIRING_EXPIRED, 300.0)
        assert took_s == pytest.approx(160.0, abs=STEP_S)
        codes = town.told(PairingQr)
        assert [event.sequence for event in codes] == [1, 2, 3, 4, 5, 6]
        assert spans(codes, begin) == [60.0, 20.0, 20.0, 20.0, 20.0, 20.0]
        assert len({event.code for event in codes}) == 6
        assert town.engine.state.rests
        await hours.wait(HOUR_S)
        assert hours.state is S.PAIRING_EXPIRED
        await town.engine.start()
        (*_, fresh) = await town.until_told(PairingQr, 7)
        assert fresh.sequence == 1
        town.sandbox.scan(fresh.code, town.phone.pn)
        await until(lambda: hours.state is S.CONNECTED)


async def test_the_server_gives_up_a_pairing_that_takes_too_long(tmp_path: Path) -> None:
    hours = Hours(tmp_path)
    slow = PairingPolicy(first_s=HOUR_S, next_s=HOUR_S)
    hours.town.options = EngineOptions(pairing=slow)
    async with hours.town as town:
        await town.until_told(PairingQr)
        await hours.wait(PAIRING_TIMEOUT_S - STEP_S)
        assert len(town.told(PairingQr)) == 1
        await hours.until(lambda: len(town.told(PairingQr)) == 2, 60.0)
        town.sandbox.scan(town.told(PairingQr)[-1].code, town.phone.pn)
        await until(lambda: hours.state is S.CONNECTED)


async def test_a_ban_is_waited_out(tmp_path: Path) -> None:
    hours = Hours(tmp_path)
    async with hours.town as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        await hours.quiet()
        ban = Fault(kind=FaultKind.LOGIN_FAILURE, code=402, delay_s=6 * HOUR_S)
        town.sandbox.faults.add(ban)
        town.drop()
        await hours.until(lambda: hours.state is S.BANNED, 60.0)
        ends_at = town.engine.state.expires_at
        assert ends_at is not None
        assert ends_at - hours.time.now() == pytest.approx(
            timedelta(hours=6), abs=timedelta(seconds=60)
        )
        friend.send_text(town.phone.pn, "are you there?")
        before = hours.attempts
        await hours.wait(6 * HOUR_S - 60.0)
        assert (hours.state, hours.attempts) == (S.BANNED, before)
        await hours.until(lambda: hours.state is S.CONNECTED, 600.0)
        assert hours.time.now() > ends_at
        assert hours.attempts == before + 1
        await town.until_texts("are you there?")


async def test_an_outage_is_tried_ever_more_rarely(tmp_path: Path) -> None:
    hours = Hours(tmp_path)
    async with hours.town as town:
        friend = town.sandbox.add_person("Finn", "15550100002")
        await town.link()
        await hours.quiet()
        number = town.sandbox.faults.add(Fault(kind=FaultKind.REFUSE, code=503, count=None))
        friend.send_text(town.phone.pn, "are you there?")
        town.drop()
        await hours.wait(HOUR_S / 2)
        (fault,) = town.sandbox.faults.list()
        assert 30 <= fault.acted <= 120  # half a minute apart, after the first few
        assert hours.state is S.RECONNECTING
        town.sandbox.faults.remove(number)
        took_s = await hours.until(lambda: hours.state is S.CONNECTED, 120.0)
        assert took_s <= 60.0 + STEP_S
        await town.until_texts("are you there?")


async def test_one_that_is_replaced_comes_back_thrice_and_rests(tmp_path: Path) -> None:
    hours = Hours(tmp_path)
    async with hours.town as town:
        await town.link()
        waits: list[float] = []
        for _ in range(3):
            await hours.quiet()
            town.sandbox.network.stream_error(town.device.lid, 409)
            await until(lambda: hours.state is S.REPLACED)
            waits.append(await hours.until(lambda: hours.state is S.CONNECTED, HOUR_S))
        for waited, least in zip(waits, (60.0, 300.0, 900.0), strict=True):
            assert least <= waited <= 1.25 * least + 2 * STEP_S
        town.sandbox.network.stream_error(town.device.lid, 409)
        await until(lambda: town.engine.state.rests)
        await hours.wait(HOUR_S)
        assert hours.state is S.REPLACED
