"""The accounts that are served, and where their connections stand."""

import asyncio
from collections.abc import Callable, Container

from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.capability import Capability
from wigwag.model.errors import NotFound, NotSupportedByEngine
from wigwag.ports import Engine


class Accounts:
    """The engines by account name."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}
        self._changed: dict[str, asyncio.Event] = {}
        self._listeners: list[Callable[[str], None]] = []

    def add(self, engine: Engine) -> None:
        self._engines[engine.account] = engine

    def remove(self, account: str) -> None:
        self._engines.pop(account, None)
        self._wake(account)

    def find(self, account: str) -> Engine | None:
        return self._engines.get(account)

    def get(self, account: str) -> Engine:
        """Raises NotFound."""
        engine = self._engines.get(account)
        if engine is None:
            raise NotFound(f"There is no account {account[:64]!a} here.")
        return engine

    def require(self, account: str, capability: Capability) -> Engine:
        """The engine, if it can do that. Raises NotFound, NotSupportedByEngine."""
        engine = self.get(account)
        if capability not in engine.capabilities:
            raise NotSupportedByEngine(capability)
        return engine

    def names(self) -> list[str]:
        return list(self._engines)

    def states(self) -> dict[str, AccountState]:
        return {name: engine.state for name, engine in self._engines.items()}

    def is_connected(self, account: str) -> bool:
        engine = self._engines.get(account)
        return engine is not None and engine.state.state == ConnectionState.CONNECTED

    def connected(self) -> list[str]:
        return [name for name in self._engines if self.is_connected(name)]

    def state_changed(self, account: str, state: AccountState) -> None:
        """A wake-up for those who wait; the state itself is asked of the engine."""
        del state
        self._wake(account)

    def subscribe(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Call `listener(account)` at every change of state; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def wait_state(
        self, account: str, wanted: Container[ConnectionState], timeout_s: float
    ) -> bool:
        """Wait until the account is in one of these states; whether it came to that in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self._is_in(account, wanted):
                    await self._next_change(account)
        except TimeoutError:
            return self._is_in(account, wanted)
        return True

    async def start_all(self) -> None:
        for engine in list(self._engines.values()):
            await engine.start()

    async def stop_all(self) -> None:
        """Stop every engine, all at once; the first error is raised when all have stopped."""
        engines = list(self._engines.values())
        ends = await asyncio.gather(*(e.stop() for e in engines), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    def _is_in(self, account: str, wanted: Container[ConnectionState]) -> bool:
        engine = self._engines.get(account)
        return engine is not None and engine.state.state in wanted

    async def _next_change(self, account: str) -> None:
        event = self._changed.get(account)
        if event is None:
            event = self._changed[account] = asyncio.Event()
        await event.wait()

    def _wake(self, account: str) -> None:
        event = self._changed.pop(account, None)
        if event is not None:
            event.set()
        for listener in tuple(self._listeners):
            listener(account)
