"""Whether messages flow, and why not: what readiness tells."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.diskroom import DiskRoom
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.errors import DiskLow, StorageBusy, StorageFull, WigwagError
from wigwag.model.health import Check, CheckState
from wigwag.model.instant import ms_of
from wigwag.model.webhook import DeliveryLag
from wigwag.ports import Archive, Clock

LATE_S: Final = 300
"""How old an event may be that a receiver does not have, before it is told here."""
READ_LIMIT_S: Final = 2.0
"""How long a question to the archive may take until it counts as unreadable."""
LATE: Final = "deliveries_late"
UNREADABLE: Final = "database_unreadable"
_SENTENCES: Final = {
    StorageFull.code: "the disk is full; free some space, the server goes on by itself",
    StorageBusy.code: "the database is locked by another program",
}


def account_checks(states: Mapping[str, AccountState]) -> list[Check]:
    """An account is well when it is connected."""
    checks: list[Check] = []
    for name, state in sorted(states.items()):
        if state.state is ConnectionState.CONNECTED:
            checks.append(Check(name="account", account=name))
            continue
        detail = f"account {name} is {state.state.value}"
        if state.reason:
            detail += f": {state.reason}"
        checks.append(
            Check(
                name="account",
                state=CheckState.FAILED,
                code=state.state.value,
                detail=detail,
                account=name,
            )
        )
    return checks


def database_check(name: str, trouble: str) -> Check:
    """`trouble` is the code of what keeps the database from being written, or empty."""
    if not trouble:
        return Check(name=name)
    detail = _SENTENCES.get(trouble, f"the database cannot be written: {trouble}")
    return Check(name=name, state=CheckState.FAILED, code=trouble, detail=detail)


def disk_check(disk: DiskRoom) -> Check:
    if not disk.low:
        return Check(name="disk")
    detail = (
        f"less than {disk.mark_bytes} bytes are free (or not a quarter more yet): files wait, "
        "texts go on; free some space"
    )
    return Check(name="disk", state=CheckState.DEGRADED, code=DiskLow.code, detail=detail)


def deliveries_check(lag: DeliveryLag, now_ms: int) -> Check:
    late_s = 0 if lag.oldest_ms is None else (now_ms - lag.oldest_ms) // 1000
    if late_s < LATE_S:
        return Check(name="deliveries")
    detail = f"{lag.pending} events wait for their receivers, the oldest for {late_s} seconds"
    return Check(name="deliveries", state=CheckState.DEGRADED, code=LATE, detail=detail)


class Health:
    """Looks at everything that messages need. `engine_trouble` tells the code of what keeps the
    engine's own database from being written."""

    def __init__(
        self,
        accounts: Accounts,
        archive: Archive,
        disk: DiskRoom,
        engine_trouble: Callable[[], str],
        *,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._accounts = accounts
        self._archive = archive
        self._disk = disk
        self._engine_trouble = engine_trouble
        self._clock = clock

    async def checks(self) -> list[Check]:
        archive = database_check("messages.db", self._archive.trouble)
        deliveries = Check(name="deliveries")
        try:
            async with asyncio.timeout(READ_LIMIT_S):
                lag = await self._archive.delivery_lag()
            deliveries = deliveries_check(lag, ms_of(self._clock.now()))
        except (TimeoutError, WigwagError):
            if archive.state is CheckState.OK:
                detail = "the database cannot be read, or takes long for it"
                archive = Check(
                    name=archive.name, state=CheckState.FAILED, code=UNREADABLE, detail=detail
                )
        return [
            archive,
            database_check("whatsapp.db", self._engine_trouble()),
            disk_check(self._disk),
            *account_checks(self._accounts.states()),
            deliveries,
        ]
