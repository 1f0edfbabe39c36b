"""All that can be measured of a running server, read at one moment."""

from collections.abc import Callable, Mapping
from typing import Final

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.diskroom import DiskRoom
from wigwag.core.health import Health
from wigwag.core.measures import Histogram, Measures, Rising
from wigwag.model.account import ConnectionState
from wigwag.model.archived import ArchiveLag
from wigwag.model.health import Check
from wigwag.model.instant import ms_of
from wigwag.model.value import Value
from wigwag.model.webhook import DeliveryLag
from wigwag.ports import Archive, Clock

COUNTED: Final = ("arrived", "ended", "dropped", "parts")
"""The tables of `ports.Counters`."""


class Vitals(Value):
    """Names in here are of this program; none is a number, an address or a text of anybody."""

    accounts: dict[str, int]
    """How many are in each state."""
    checks: list[Check]
    queues: dict[str, int]
    """How much waits, by queue."""
    head_seq: int
    lag: ArchiveLag
    deliveries: DeliveryLag
    delivery_age_s: float
    outbox_age_s: float
    free_bytes: int | None
    is_low: bool
    file_bytes: dict[str, int]
    unreadable: int
    """Messages that cannot be read and are still hoped for."""
    events: int
    """Durable events that the engines made."""
    stanzas: dict[str, dict[str, int]]
    """By the tables of the engines' counters, all accounts together."""


class VitalSigns:
    """Reads them. `queues` tells how much waits, by name; `commits` has the durations of commits by
    database; `file_bytes` the sizes of the databases."""

    def __init__(
        self,
        archive: Archive,
        accounts: Accounts,
        disk: DiskRoom,
        health: Health,
        measures: Measures,
        *,
        queues: Mapping[str, Callable[[], int]],
        commits: Mapping[str, Histogram],
        file_bytes: Callable[[], dict[str, int]],
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.measures = measures
        self.health = health
        self.commits = commits
        self._archive = archive
        self._accounts = accounts
        self._disk = disk
        self._queues = queues
        self._file_bytes = file_bytes
        self._clock = clock
        self._rising = {table: Rising() for table in (*COUNTED, "events")}

    async def read(self) -> Vitals:
        """Raises StorageBusy, QueryTimeout."""
        lag = await self._archive.lag()
        deliveries = await self._archive.delivery_lag()
        checks = await self.health.checks()
        now_ms = ms_of(self._clock.now())
        waiting, unreadable = self._count_engines()
        queues = {name: count() for name, count in self._queues.items()}
        return Vitals(
            accounts=self._states(),
            checks=checks,
            queues=queues | waiting,
            head_seq=self._archive.last_seq,
            lag=lag,
            deliveries=deliveries,
            delivery_age_s=_age_s(deliveries.oldest_ms, now_ms),
            outbox_age_s=_age_s(lag.outbox_oldest_ms, now_ms),
            free_bytes=self._disk.free_bytes,
            is_low=self._disk.low,
            file_bytes=self._file_bytes(),
            unreadable=unreadable,
            events=self._rising["events"].totals.get("events", 0),
            stanzas={table: self._rising[table].totals for table in COUNTED},
        )

    def _states(self) -> dict[str, int]:
        states = {state.value: 0 for state in ConnectionState}
        for state in self._accounts.states().values():
            states[state.state.value] += 1
        return states

    def _count_engines(self) -> tuple[dict[str, int], int]:
        """Take up the engines' counters; what waits in them, and what cannot be read."""
        under_way = backlog = unreadable = 0
        names = self._accounts.names()
        for name in names:
            counters = self._accounts.get(name).counters
            for table in COUNTED:
                self._rising[table].add(name, getattr(counters, table))
            self._rising["events"].add(name, {"events": counters.events})
            under_way += counters.under_way
            backlog += counters.backlog
            unreadable += counters.open_messages
        for rising in self._rising.values():
            rising.forget(names)
        return {"stanzas": under_way, "inbox": backlog}, unreadable


def _age_s(oldest_ms: int | None, now_ms: int) -> float:
    return 0.0 if oldest_ms is None else max(0, now_ms - oldest_ms) / 1000
