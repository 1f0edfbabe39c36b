"""A store whose commits fail when a test says so."""

import asyncio
from collections.abc import Callable, Sequence

from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.write import Write


class Impossible(Write, frozen=True):
    """Rolls back the transaction it is in."""

    SQL = "INSERT INTO nowhere VALUES (?)"


def fail_commits(store: EngineStore, account: str, when: Callable[[Sequence[Write]], bool]) -> None:
    """From now on what is submitted is rolled back where `when` says so."""
    submit = store.submit

    def failing(writes: Sequence[Write]) -> "asyncio.Future[None]":
        return submit([*writes, Impossible(account)] if when(writes) else writes)

    store.submit = failing


def times(count: int) -> Callable[[Sequence[Write]], bool]:
    """The next so many."""
    left = iter([True] * count)
    return lambda _writes: next(left, False)
