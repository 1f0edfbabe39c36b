"""The engines of the accounts, and who hears what they report."""

import asyncio
import contextlib
from collections.abc import Sequence

from msgspec.structs import replace

from wigwag.app.core import Core
from wigwag.app.networks import endpoint_of, engine_options, sandbox_endpoint, versions_of
from wigwag.config import Settings
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.pairings import Pairings
from wigwag.engine.native.connection.turns import Turns
from wigwag.engine.native.endpoint import HttpPool
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.store.store import EngineStore
from wigwag.model.errors import WigwagError
from wigwag.model.event import EngineEvent, PairingQr
from wigwag.ports import Engine
from wigwag.sandbox.sandbox import Sandbox
from wigwag.terminal import Terminal


class Engines:
    """Makes engines, all on one network with what they share. `stack` closes that, and what is
    asked of a phone meanwhile."""

    def __init__(
        self,
        settings: Settings,
        core: Core,
        store: EngineStore,
        *,
        sandbox: Sandbox | None,
        terminal: Terminal,
        stack: contextlib.AsyncExitStack,
    ) -> None:
        self.pairings = Pairings()
        self._settings = settings
        self._core = core
        self._store = store
        self._sandbox = sandbox
        self._terminal = terminal
        self._codes: set[asyncio.Task[None]] = set()
        stack.callback(self._cancel_codes)
        self._endpoint = sandbox_endpoint(sandbox) if sandbox else endpoint_of(settings, terminal)
        self._pool, self._turns = HttpPool(), Turns()
        self._versions = versions_of(settings)
        stack.push_async_callback(self._pool.close)

    def make(self, account: str) -> NativeEngine:
        settings = self._settings
        return NativeEngine(
            account,
            store=self._store,
            sink=self._hear,
            http=self._pool,
            clock=SYSTEM_CLOCK,
            endpoint=replace(self._endpoint, proxy=settings.proxy_of(account)),
            turns=self._turns,
            versions=self._versions,
            options=engine_options(settings),
        )

    async def _hear(self, account: str, events: Sequence[EngineEvent]) -> None:
        """The archive comes first: what it does not take is reported again."""
        settings = self._settings
        await self._core.ingest.ingest(account, events)
        self.pairings.see(account, events)
        self._terminal.show(account, events)
        if self._sandbox is not None and account in settings.accounts:
            _scan(self._sandbox, events)
        if settings.pair_phone and any(map(_begins_pairing, events)):
            engine = self._core.accounts.get(account)
            offer = _offer_code(engine, settings.pair_phone, self._terminal)
            task = asyncio.create_task(offer, name="pair-code")
            self._codes.add(task)
            task.add_done_callback(self._codes.discard)

    def _cancel_codes(self) -> None:
        for task in self._codes:
            task.cancel()


def _scan(sandbox: Sandbox, events: Sequence[EngineEvent]) -> None:
    """The demo phone scans the first code of a pairing by itself; for accounts that are made while
    the server runs, somebody says which phone scans."""
    for event in filter(_begins_pairing, events):
        if isinstance(event, PairingQr):
            sandbox.scan(event.code)


def _begins_pairing(event: EngineEvent) -> bool:
    return isinstance(event, PairingQr) and event.sequence == 1


async def _offer_code(engine: Engine, phone: str, terminal: Terminal) -> None:
    """Asks for a pairing code; the engine announces it, and the QR codes go on beside it."""
    try:
        await engine.pair_code(phone)
    except WigwagError as error:
        terminal.say(f"No pairing code: {error.detail}")
