"""One state, told once per change."""

import os

import msgspec

from scripted.waiting import JumpingClock
from wigwag.engine.common.machine import Signal
from wigwag.engine.common.statebook import StateBook
from wigwag.engine.native.connection.pairing import new_device
from wigwag.model.event import StateChanged
from wigwag.model.jid import Jid


def test_only_changes_are_told() -> None:
    clock = JumpingClock()
    told: list[StateChanged] = []
    book = StateBook(clock, told.append)
    book.signal(Signal.START)
    book.signal(Signal.START)
    began = clock.time
    clock.time = clock.time.replace(hour=5)
    book.signal(Signal.DIAL)
    since = clock.time
    clock.time = clock.time.replace(hour=6)
    book.stand(msgspec.structs.replace(book.standing, reason="mute"))
    assert [event.state.state for event in told] == ["starting", "connecting"]
    assert told[0].state.since == began
    assert book.current.reason == "mute"
    assert book.current.since == since


def test_the_identity_is_shown_without_its_device() -> None:
    book = StateBook(JumpingClock(), lambda event: None)
    device = new_device(os.urandom)
    book.know_device(device)
    assert book.current.jid is None
    book.know_device(
        msgspec.structs.replace(
            device,
            jid=Jid("49", "s.whatsapp.net", 3),
            lid=Jid("99", "lid", 3),
            push_name="Ann",
        )
    )
    state = book.current
    assert (str(state.jid), str(state.lid), state.push_name) == (
        "49@s.whatsapp.net",
        "99@lid",
        "Ann",
    )
    clock = JumpingClock()
    assert book.frames_at(clock.now(), None).last_frame_in == clock.now()
    book.know_device(None)
    assert book.current.jid is None
