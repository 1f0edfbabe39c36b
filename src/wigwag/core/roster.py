"""Which accounts are served: those of the settings, and those made while the server runs."""

from collections.abc import Collection
from contextlib import suppress
from typing import Final, Protocol

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.identity import Recording
from wigwag.model.account import NAME_RULE, ConnectionState, is_account_name
from wigwag.model.capability import EngineKind
from wigwag.model.errors import Conflict, InvalidInput, NotPaired
from wigwag.model.instant import ms_of
from wigwag.ports import Archive, Clock, Engine

MAX_ACCOUNTS: Final = 1_000
UNLINKED: Final = frozenset(
    {
        ConnectionState.PAIRING,
        ConnectionState.PAIRING_EXPIRED,
        ConnectionState.LOGGED_OUT,
        ConnectionState.STOPPED,
    }
)


class EngineMaker(Protocol):
    """Where engines come from."""

    def check(self, kind: EngineKind) -> None:
        """Raises EngineUnavailable with the next step."""
        ...

    def make(self, account: str, kind: EngineKind) -> Engine:
        """An engine that is not started. One that cannot serve the account says why in its state,
        and rests."""
        ...


class Roster:
    """Makes accounts and lets them go. What an account has archived stays, and is there again for
    one of the same name."""

    def __init__(
        self,
        accounts: Accounts,
        archive: Archive,
        engines: EngineMaker,
        *,
        fixed: Collection[str],
        default: EngineKind = EngineKind.NATIVE,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """`fixed` are the names in the settings; they come and go there alone. `default` is the
        engine of accounts for which none was chosen."""
        self._accounts = accounts
        self._archive = archive
        self._engines = engines
        self._default = default
        self._fixed = tuple(fixed)
        self._clock = clock
        self._leaving: set[str] = set()

    async def load(self) -> None:
        """Add every account that is served, without starting it."""
        made = await self._archive.list_served()
        chosen = await self._archive.list_engines()
        for name in (*self._fixed, *(name for name in made if name not in self._fixed)):
            kind = EngineKind(chosen.get(name, self._default))
            self._accounts.add(self._engines.make(name, kind))

    async def create(self, name: str, kind: EngineKind | None = None) -> Engine:
        """A new account, which begins to pair. Raises InvalidInput, Conflict, EngineUnavailable."""
        if not is_account_name(name):
            raise InvalidInput(f"The name of an account is {NAME_RULE}.")
        if self._accounts.find(name) is not None:
            raise Conflict(f"There is an account {name} already.")
        if len(self._accounts.names()) >= MAX_ACCOUNTS:
            raise Conflict(f"There are {MAX_ACCOUNTS} accounts already; delete one first.")
        self._engines.check(kind or self._default)
        engine = self._engines.make(name, kind or self._default)
        # Added before anything is waited for: the same name twice at once is one account.
        self._accounts.add(engine)
        try:
            await self._record(name, served=True, engine=kind.value if kind else "")
        except BaseException:
            self._accounts.remove(name)
            raise
        await engine.start()
        return engine

    async def change_engine(self, name: str, kind: EngineKind) -> Engine:
        """Let another engine serve the account from now on; what is archived stays.

        Each engine has an identity of its own, so the account is linked anew: only one that is not
        linked changes. Raises NotFound, Conflict, EngineUnavailable.
        """
        engine = self._accounts.get(name)
        self._engines.check(kind)
        if engine.kind is not kind and engine.state.state not in UNLINKED:
            raise Conflict(
                f"The account {name} is linked by its {engine.kind} engine; unlink it first "
                f"(POST /v1/accounts/{name}/logout), then change the engine and link it again."
            )
        if name in self._leaving:
            raise Conflict(f"The account {name} is changing already; try again.")
        self._leaving.add(name)
        try:
            await self._record(name, engine=kind.value)
            if engine.kind is not kind:
                await engine.stop()
                engine = self._engines.make(name, kind)
                self._accounts.add(engine)
                await engine.start()
        finally:
            self._leaving.discard(name)
        return engine

    async def delete(self, name: str) -> None:
        """Unlink the account from its phone and serve it no more.

        Raises NotFound, Conflict (one of the settings), NotConnected: only WhatsApp can unlink it,
        and nothing has changed then.
        """
        engine = self._accounts.get(name)
        if name in self._fixed:
            raise Conflict(f"The account {name} is named in WIGWAG_ACCOUNTS; remove it there.")
        if name in self._leaving:
            raise Conflict(f"The account {name} is being deleted already.")
        self._leaving.add(name)
        try:
            if engine.state.jid is not None:
                with suppress(NotPaired):  # the phone was quicker
                    await engine.logout()
            await self._record(name, served=False, engine="")
            self._accounts.remove(name)
            await engine.stop()
        finally:
            self._leaving.discard(name)

    async def _record(self, name: str, **changed: bool | str) -> None:
        def unit(rec: Recording) -> None:
            before = rec.tx.people.find_account(name)
            rec.tx.people.save_account(before._replace(**changed))  # type: ignore[arg-type]

        now_ms = ms_of(self._clock.now())
        await self._archive.write(lambda tx: unit(Recording(tx, name, now_ms)))
