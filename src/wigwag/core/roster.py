"""Which accounts are served: those of the settings, and those made while the server runs."""

from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final, TypeVar

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.identity import Recording
from wigwag.model.account import NAME_RULE, is_account_name
from wigwag.model.errors import Conflict, InvalidInput, NotPaired
from wigwag.model.instant import ms_of
from wigwag.ports import Archive, Clock, Engine

MAX_ACCOUNTS: Final = 1_000

T = TypeVar("T")


class Roster:
    """Makes accounts and lets them go. What an account has archived stays, and is there again for
    one of the same name."""

    def __init__(
        self,
        accounts: Accounts,
        archive: Archive,
        make_engine: Callable[[str], Engine],
        *,
        fixed: Collection[str],
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """`fixed` are the names in the settings; they come and go there alone."""
        self._accounts = accounts
        self._archive = archive
        self._make_engine = make_engine
        self._fixed = tuple(fixed)
        self._clock = clock
        self._leaving: set[str] = set()

    async def load(self) -> None:
        """Add every account that is served, without starting it."""
        made = await self._archive.list_served()
        for name in (*self._fixed, *(name for name in made if name not in self._fixed)):
            self._accounts.add(self._make_engine(name))

    async def create(self, name: str) -> Engine:
        """A new account, which begins to pair. Raises InvalidInput, Conflict."""
        if not is_account_name(name):
            raise InvalidInput(f"The name of an account is {NAME_RULE}.")
        if self._accounts.find(name) is not None:
            raise Conflict(f"There is an account {name} already.")
        if len(self._accounts.names()) >= MAX_ACCOUNTS:
            raise Conflict(f"There are {MAX_ACCOUNTS} accounts already; delete one first.")
        engine = self._make_engine(name)
        # Added before anything is waited for: the same name twice at once is one account.
        self._accounts.add(engine)
        try:
            await self._serve(name, served=True)
        except BaseException:
            self._accounts.remove(name)
            raise
        await engine.start()
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
            await self._serve(name, served=False)
            self._accounts.remove(name)
            await engine.stop()
        finally:
            self._leaving.discard(name)

    async def _serve(self, name: str, *, served: bool) -> None:
        def unit(rec: Recording) -> None:
            before = rec.tx.people.find_account(name)
            rec.tx.people.save_account(before._replace(served=served))

        now_ms = ms_of(self._clock.now())
        await self._archive.write(lambda tx: unit(Recording(tx, name, now_ms)))
