"""The code to scan is there until it expires or the pairing ends."""

from datetime import timedelta

from scripted.waiting import VirtualClock
from wigwag.core.pairings import Pairings
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.event import PairingQr, StateChanged


def code(clock: VirtualClock, text: str) -> PairingQr:
    return PairingQr(code=text, expires_at=clock.now() + timedelta(seconds=20), sequence=1)


def state(clock: VirtualClock, now: ConnectionState) -> StateChanged:
    return StateChanged(state=AccountState(state=now, since=clock.now()))


async def test_the_newest_code_until_it_expires() -> None:
    clock = VirtualClock()
    pairings = Pairings(clock)
    assert pairings.find("default") is None
    pairings.see("default", [code(clock, "1"), code(clock, "2")])
    pairings.see("default", [state(clock, ConnectionState.PAIRING)])
    found = pairings.find("default")
    assert found is not None
    assert found.code == "2"
    assert pairings.find("work") is None
    await clock.advance(20)
    assert pairings.find("default") is None


def test_no_code_once_the_pairing_has_ended() -> None:
    clock = VirtualClock()
    pairings = Pairings(clock)
    pairings.see("default", [code(clock, "1"), state(clock, ConnectionState.CONNECTING)])
    assert pairings.find("default") is None
