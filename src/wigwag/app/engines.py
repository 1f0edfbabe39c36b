"""The engines of the accounts, and who hears what they report."""

import asyncio
import contextlib
from collections.abc import Sequence

from msgspec.structs import replace

from wigwag.app.core import Core
from wigwag.app.held import HeldEngine
from wigwag.app.identities import Identities
from wigwag.app.networks import LocalNetwork, endpoint_of, engine_options, versions_of
from wigwag.config import Settings
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.pairings import Pairings
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.native.connection.turns import Turns
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.whatsmeow.engine import WhatsmeowEngine, check_installed
from wigwag.model.capability import EngineKind
from wigwag.model.errors import ConfigError, EngineUnavailable, WigwagError
from wigwag.model.event import EngineEvent, PairingQr
from wigwag.model.jid import Jid
from wigwag.ports import Engine
from wigwag.terminal import Terminal


class Engines:
    """Makes engines, all on one network with what they share. `stack` closes that, and what is
    asked of a phone meanwhile."""

    def __init__(
        self,
        settings: Settings,
        core: Core,
        store: EngineStore,
        identities: Identities,
        *,
        local: LocalNetwork | None,
        terminal: Terminal,
        stack: contextlib.AsyncExitStack,
    ) -> None:
        self.pairings = Pairings()
        self._settings = settings
        self._core = core
        self._store = store
        self._identities = identities
        self._factories = {
            EngineKind.NATIVE: self._native,
            EngineKind.WHATSMEOW: self._whatsmeow,
        }
        self._local = local
        self._terminal = terminal
        self._codes: set[asyncio.Task[None]] = set()
        stack.callback(self._cancel_codes)
        self._endpoint = local.endpoint if local else endpoint_of(settings, terminal)
        self._pool, self._turns = HttpPool(), Turns()
        self._versions = versions_of(settings)
        stack.push_async_callback(self._pool.close)
        if settings.engine != EngineKind.NATIVE:
            self._check_default(EngineKind(settings.engine))

    def check(self, kind: EngineKind) -> None:
        """Raises EngineUnavailable with the next step."""
        if kind is EngineKind.WHATSMEOW:
            if self._settings.ws_url != Settings().ws_url:
                raise EngineUnavailable("The whatsmeow engine knows no WIGWAG_WS_URL; unset it.")
            try:
                check_installed()
            except ConfigError as error:
                raise EngineUnavailable(f"{error.detail}.") from error

    def make(self, account: str, kind: EngineKind) -> Engine:
        """An engine that is not started; one that rests, where the account cannot run on it."""
        try:
            self.check(kind)
        except EngineUnavailable as error:
            return self._held(account, kind, error.detail)
        for other in EngineKind:
            jid = self._identities.find(account, other) if other is not kind else None
            if jid is not None:
                return self._held(account, kind, _linked_elsewhere(account, kind, other), jid)
        return self._factories[kind](account)

    def _check_default(self, kind: EngineKind) -> None:
        try:
            self.check(kind)
        except EngineUnavailable as error:
            raise ConfigError(f"WIGWAG_ENGINE={kind}: {error.detail}") from error

    def _held(self, account: str, kind: EngineKind, why: str, jid: Jid | None = None) -> Engine:
        return HeldEngine(account, kind, why=why, sink=self._hear, clock=SYSTEM_CLOCK, jid=jid)

    def _native(self, account: str) -> Engine:
        return NativeEngine(
            account,
            store=self._store,
            sink=self._hear,
            http=self._pool,
            clock=SYSTEM_CLOCK,
            endpoint=self._endpoint_for(account),
            turns=self._turns,
            versions=self._versions,
            options=engine_options(self._settings),
        )

    def _whatsmeow(self, account: str) -> Engine:
        local = self._local
        endpoint = self._endpoint_for(account)
        return WhatsmeowEngine(
            account,
            folder=self._identities.folder(account),
            sink=self._hear,
            http=self._pool,
            clock=SYSTEM_CLOCK,
            # its library knows one address alone, to which the sandbox's proxy leads, too
            endpoint=replace(endpoint, proxy=local.proxy_url) if local else endpoint,
            full_history=self._settings.full_history,
        )

    def _endpoint_for(self, account: str) -> Endpoint:
        return replace(self._endpoint, proxy=self._settings.proxy_of(account))

    async def _hear(self, account: str, events: Sequence[EngineEvent]) -> None:
        """The archive comes first: what it does not take is reported again."""
        settings = self._settings
        await self._core.ingest.ingest(account, events)
        self.pairings.see(account, events)
        self._terminal.show(account, events)
        if self._local is not None and account in settings.accounts:
            _scan(self._local, events)
        if settings.pair_phone and any(map(_begins_pairing, events)):
            engine = self._core.accounts.get(account)
            offer = _offer_code(engine, settings.pair_phone, self._terminal)
            task = asyncio.create_task(offer, name="pair-code")
            self._codes.add(task)
            task.add_done_callback(self._codes.discard)

    def _cancel_codes(self) -> None:
        for task in self._codes:
            task.cancel()


def _linked_elsewhere(account: str, kind: EngineKind, other: EngineKind) -> str:
    return (
        f"This account is linked by the {other} engine, and does not run on the {kind} one. Go on "
        f'with that: PATCH /v1/accounts/{account} {{"engine": "{other}"}}; to change, unlink it '
        "there first (POST .../logout), then change the engine and link it again."
    )


def _scan(local: LocalNetwork, events: Sequence[EngineEvent]) -> None:
    """The demo phone scans the first code of a pairing by itself; for accounts that are made while
    the server runs, somebody says which phone scans."""
    for event in filter(_begins_pairing, events):
        if isinstance(event, PairingQr):
            local.scan(event.code)


def _begins_pairing(event: EngineEvent) -> bool:
    return isinstance(event, PairingQr) and event.sequence == 1


async def _offer_code(engine: Engine, phone: str, terminal: Terminal) -> None:
    """Asks for a pairing code; the engine announces it, and the QR codes go on beside it."""
    try:
        await engine.pair_code(phone)
    except WigwagError as error:
        terminal.say(f"No pairing code: {error.detail}")
