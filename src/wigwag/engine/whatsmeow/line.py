"""What the roles of one account share: the way to its child, and who hears what they learn."""

from collections.abc import Callable
from typing import TypeVar

from wigwag.engine.whatsmeow.asks import Ask
from wigwag.engine.whatsmeow.channel import CALL_LIMIT_S, Channel
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.errors import LoggedOut, NotConnected, NotPaired
from wigwag.model.event import EngineEvent
from wigwag.model.jid import Jid
from wigwag.ports import Clock, EngineSink

T = TypeVar("T")


class Line:
    """`channel` gives the way to the child that runs; `state` where the account stands."""

    def __init__(
        self,
        account: str,
        *,
        channel: Callable[[], Channel | None],
        state: Callable[[], AccountState],
        sink: EngineSink,
        clock: Clock,
    ) -> None:
        self.account = account
        self.clock = clock
        self._channel = channel
        self._state = state
        self._sink = sink

    @property
    def own(self) -> tuple[Jid, ...]:
        """The account's addresses, PN and LID, bare; none while it is not linked."""
        state = self._state()
        return tuple(jid for jid in (state.jid, state.lid) if jid is not None)

    @property
    def online(self) -> bool:
        return self._state().state is ConnectionState.CONNECTED

    def check(self) -> None:
        """Raises LoggedOut or NotPaired while there is no identity."""
        state = self._state()
        if state.state is ConnectionState.LOGGED_OUT:
            raise LoggedOut
        if state.jid is None:
            raise NotPaired

    async def ask(self, ask: Ask, answer: type[T], limit_s: float = CALL_LIMIT_S) -> T:
        """Ask over the connection. Raises as `Channel.call`; NotConnected while there is none."""
        self.check()
        channel = self._channel()
        if channel is None or not self.online:
            raise NotConnected
        return await channel.call(ask, answer, limit_s)

    async def do(self, ask: Ask, limit_s: float = CALL_LIMIT_S) -> None:
        """Ask for what answers nothing."""
        await self.ask(ask, type(None), limit_s)

    async def record(self, *events: EngineEvent) -> None:
        """What was learnt; it is in the archive when this returns."""
        await self._sink(self.account, events)
