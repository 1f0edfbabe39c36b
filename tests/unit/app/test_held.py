"""An account that is held says why, to whoever asks for whatever."""

from collections.abc import Awaitable, Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from scripted.waiting import JumpingClock
from stored.engine import OWN
from wigwag.app.held import HeldEngine
from wigwag.model.account import ConnectionState
from wigwag.model.capability import EngineKind
from wigwag.model.content import MediaKind
from wigwag.model.errors import Conflict, NotConnected
from wigwag.model.event import EngineEvent, StateChanged
from wigwag.ports import Engine

WHY = "It is linked elsewhere."
ANY: Any = None


class Held:
    def __init__(self) -> None:
        self.told: list[EngineEvent] = []
        self.engine: Engine = HeldEngine(
            "work",
            EngineKind.WHATSMEOW,
            why=WHY,
            sink=self.hear,
            clock=JumpingClock(),
            jid=OWN,
        )

    async def hear(self, account: str, events: Sequence[EngineEvent]) -> None:
        assert account == "work"
        self.told += events


async def test_it_rests_and_tells_so_when_it_is_started() -> None:
    held = Held()
    state = held.engine.state
    assert (state.state, state.reason, state.jid) == (ConnectionState.STOPPED, WHY, OWN)
    assert state.rests
    assert held.told == []
    await held.engine.start()
    assert held.told == [StateChanged(state=state)]
    await held.engine.stop()
    assert held.engine.kind is EngineKind.WHATSMEOW
    assert not held.engine.capabilities


Ask = Callable[[Engine], Awaitable[object]]
LINKING: list[Ask] = [
    lambda engine: engine.linking.pair(),
    lambda engine: engine.linking.restart(),
    lambda engine: engine.pair_code("15550001111"),
    lambda engine: engine.logout(),
]
TRAFFIC: list[Ask] = [
    lambda engine: engine.send(ANY),
    lambda engine: engine.upload(BytesIO(), MediaKind.IMAGE),
    lambda engine: engine.download(ANY, MediaKind.IMAGE, Path()),
    lambda engine: engine.check_numbers([]),
    lambda engine: engine.mark_read(OWN, OWN, []),
]


@pytest.mark.parametrize("ask", LINKING)
async def test_it_cannot_be_linked(ask: Ask) -> None:
    with pytest.raises(Conflict, match=WHY):
        await ask(Held().engine)


@pytest.mark.parametrize("ask", TRAFFIC)
async def test_nothing_comes_or_goes(ask: Ask) -> None:
    with pytest.raises(NotConnected, match=WHY):
        await ask(Held().engine)


@pytest.mark.parametrize(
    "role",
    [
        "appstate", "media", "history", "presence", "groups", "communities", "newsletters",
        "calls", "profile",
    ],
)  # fmt: skip
def test_no_role_is_there(role: str) -> None:
    with pytest.raises(NotConnected, match=WHY):
        getattr(Held().engine, role)
