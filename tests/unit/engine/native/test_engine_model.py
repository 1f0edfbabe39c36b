"""Every call in every state, with every ending in between: no call hangs, no answer contradicts
another, and pairing anew leads to a code from wherever the engine got to."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scripted.engine_stage import ACCOUNT, EngineStage, tasks
from scripted.host import Host
from scripted.phone import PN
from scripted.waiting import until
from wigwag.engine.common.errors import AlreadyPaired, RequestFailed, RequestTimeout
from wigwag.model.account import ConnectionState
from wigwag.model.content import Text
from wigwag.model.errors import InvalidInput, LoggedOut, NotConnected, NotPaired
from wigwag.model.event import PairingQr, StateChanged
from wigwag.model.message import Outgoing
from wigwag.wire.nodes import Node

S = ConnectionState
CALL_S = 40.0
UNLINKED = {S.LOGGED_OUT, S.PAIRING, S.PAIRING_EXPIRED}
ENDINGS = [
    Node("stream:error", {"code": "503"}),
    Node("stream:error", {"code": "515"}),
    Node("stream:error", {"code": "401"}, [Node("conflict", {"type": "device_removed"})]),
    Node("stream:error", {}, [Node("conflict", {"type": "replaced"})]),
    *(Node("failure", {"reason": reason}) for reason in ("401", "405", "500")),
    Node("failure", {"reason": "402", "expire": "3600"}),
]


class Life(RuleBasedStateMachine):
    """One account on a server that plays along, until somebody has it do otherwise."""

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.run(self._begin())

    async def _begin(self) -> None:
        self.before = tasks()
        self.stage = EngineStage(Path(self.folder.name))
        await self.stage.__aenter__()
        self.host = Host(self.stage)

    def run(self, work: Awaitable[Any]) -> Any:
        async def limited() -> Any:
            async with asyncio.timeout(CALL_S):
                return await work

        return self.runner.run(limited())

    def call(self, work: Callable[[], Awaitable[Any]], *refusals: type[Exception]) -> None:
        """A call that returns, or refuses in one of these ways, and in no other."""
        with suppress(*refusals):
            self.run(work())

    @property
    def engine(self) -> Any:
        return self.stage.engine

    @property
    def is_linked(self) -> bool:
        device = self.stage.store.find_device(ACCOUNT)
        return device is not None and device.jid is not None

    # -- calls ------------------------------------------------------------------------------

    @rule()
    def start(self) -> None:
        self.call(self.engine.start)
        assert self.engine.state.state is not S.STOPPED

    @rule()
    def stop(self) -> None:
        self.call(self.engine.stop)
        assert self.engine.state.state is S.STOPPED

    @rule()
    def restart(self) -> None:
        self.call(self.engine.linking.restart)
        assert not self.engine.state.rests

    @rule()
    def logout(self) -> None:
        was_linked = self.is_linked
        refusals = (NotConnected, RequestFailed, RequestTimeout)
        self.call(self.engine.logout, *refusals)
        assert was_linked or not self.is_linked

    @rule(anew=st.booleans())
    def pair(self, anew: bool) -> None:
        refusals = () if anew else (AlreadyPaired,)
        self.call(lambda: self.engine.linking.pair(anew=anew), *refusals)
        assert not anew or not self.is_linked

    @rule()
    def pair_code(self) -> None:
        refusals = (AlreadyPaired, InvalidInput, NotConnected, RequestTimeout)
        self.call(lambda: self.engine.pair_code("4915550001"), *refusals)

    # -- what the others do -----------------------------------------------------------------

    @rule()
    def scan(self) -> None:
        self.run(self._scan())

    async def _scan(self) -> None:
        if await self.host.scan():
            await until(lambda: self.engine.state.state is not S.PAIRING)

    @rule(ending=st.sampled_from(ENDINGS))
    def end(self, ending: Node) -> None:
        self.run(self.host.say(ending))

    @rule(ending=st.sampled_from([e for e in ENDINGS if e.tag == "failure"]))
    def refuse_the_next_login(self, ending: Node) -> None:
        self.host.refuse_logins_with = ending

    @rule()
    def cut(self) -> None:
        self.run(self.host.cut())

    @rule(turns=st.integers(1, 20))
    def wait(self, turns: int) -> None:
        """Some of what is under way happens; how much of it is chance."""
        self.run(asyncio.sleep(0.002 * turns))

    # -- what always holds ------------------------------------------------------------------

    @invariant()
    def answers_agree(self) -> None:
        state, running = self.engine.state, self.engine._life.running
        try:
            self.run(self.engine.send(_text()))
            refusal = None
        except (NotPaired, LoggedOut, NotConnected) as error:
            refusal = type(error)
        if state.state is S.LOGGED_OUT:
            assert refusal is LoggedOut
        if state.state in (S.PAIRING, S.PAIRING_EXPIRED):
            assert not self.is_linked or refusal is not NotPaired
        if state.state is S.CONNECTED:
            assert self.is_linked
            assert refusal is None
        assert state.rests or state.state is S.STOPPED or running

    @invariant()
    def states_are_told_once(self) -> None:
        told = [event.state.state for event in self.stage.all(StateChanged)]
        assert all(one is not other for one, other in pairwise(told))

    def teardown(self) -> None:
        if not hasattr(self, "runner"):
            return
        try:
            self.run(self._end())
        finally:
            self.runner.close()
            self.folder.cleanup()

    async def _end(self) -> None:
        try:
            self.host.refuse_logins_with = None
            seen = len(self.stage.all(PairingQr))
            await self.engine.linking.pair(anew=True)
            await until(lambda: len(self.stage.all(PairingQr)) > seen)
            assert not self.is_linked
        finally:
            await self.host.close()
            await self.stage.__aexit__(None, None, None)
        await until(lambda: tasks() <= self.before)


def _text() -> Outgoing:
    return Outgoing(to=PN.bare, id="1", content=Text(text="x"), timestamp=datetime.now(UTC))


TestLife = Life.TestCase
# without shrinking: each try of a failing example waits for ten seconds
TestLife.settings = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
