"""Many accounts in this process, with everything behind them, on a network in another process."""

import gc
import os
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers.child import until
from peers.sandbox_process import Resident, SandboxProcess
from wigwag.archive import SqliteArchive
from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.drafts import Draft
from wigwag.core.ingest import Ingest
from wigwag.core.sending import MediaPolicy, Sending
from wigwag.engine.common.backoff import Backoff
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.native.connection.keepalive import KeepAlivePolicy
from wigwag.engine.native.connection.turns import Turns
from wigwag.engine.native.engine import EngineOptions, NativeEngine
from wigwag.engine.native.link import Link
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.traffic import Traffic
from wigwag.mediastore import LocalMediaStore
from wigwag.model.account import ConnectionState
from wigwag.model.event import EngineEvent, PairingQr, StateChanged

LINK_S = 120.0
SETTLE_S = 240.0
"""Longer than a message whose acknowledgement got lost waits for it, on a busy machine."""

SWIFT = EngineOptions(
    backoff=Backoff(first_s=0.05, cap_s=0.5, slow_s=0.5, least_s=0.01, stable_s=5.0),
    keepalive=KeepAlivePolicy(
        shortest_s=1.0, longest_s=1.5, deadline_s=1.5, patience_s=2.5, overdue_s=1.0
    ),
    connect_limit_s=2.0,
)


@dataclass
class Member:
    """An account, its phone, and somebody to talk to. What they say follows from how often they
    did: texts that were kept would be taken for memory of the server."""

    engine: NativeEngine
    phone: Resident
    person: Resident
    heard: int = 0
    """How many texts the person said to the account."""
    said: int = 0
    """How many texts the account said to the person."""
    logins: int = 0
    """How often it was connected so far."""
    losses: int = 0
    """How often it was told that it is so no more."""

    @property
    def name(self) -> str:
        return self.engine.account

    def texts_heard(self) -> list[str]:
        return [f"{self.heard_prefix} {number:06}" for number in range(self.heard)]

    def texts_said(self) -> list[str]:
        return [self.text_said(number) for number in range(self.said)]

    @property
    def heard_prefix(self) -> str:
        return f"to {self.name}"

    def text_said(self, number: int) -> str:
        return f"from {self.name} {number:06}"


class Crowd:
    """The accounts; `gather` makes and links them."""

    def __init__(self, folder: Path, network: SandboxProcess, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.network = network
        self.members: list[Member] = []
        self._stack = stack
        self._codes: dict[str, str] = {}
        self._by_name: dict[str, Member] = {}

    async def open(self) -> None:
        self.archive = await SqliteArchive.open(self.folder / "messages.db")
        self._stack.push_async_callback(self.archive.close)
        self._store = EngineStore.open(self.folder / "whatsapp.db")
        self._stack.callback(self._store.close)
        self._pool = HttpPool()
        self._stack.push_async_callback(self._pool.close)
        self._turns = Turns()
        self.accounts = Accounts()
        self._ingest = Ingest(self.archive)
        self._sending = Sending(
            self.archive,
            LocalMediaStore(self.folder),
            self.accounts,
            policy=MediaPolicy(roots=(self.folder,), max_bytes=1),
        )
        self._ingest.on_state = self.accounts.state_changed
        await self._sending.start()
        self._stack.push_async_callback(self._sending.stop)
        self._stack.push_async_callback(self.accounts.stop_all)

    # -- who is there --

    async def gather(self, count: int, options: EngineOptions = SWIFT) -> None:
        """So many more accounts, linked and at rest."""
        for _ in range(count):
            number = len(self.members)
            phone = await self.network.add_phone(f"Owner {number}")
            person = await self.network.add_person(f"Person {number}")
            engine = self._engine(f"a{number:03}", options)
            member = Member(engine, phone, person)
            self.members.append(member)
            self._by_name[engine.account] = member
            self.accounts.add(engine)
            await engine.start()
            await until(lambda name=engine.account: name in self._codes, LINK_S, "a QR code")
            await self.network.scan(phone, self._codes[engine.account])
        for member in self.members:
            await self.connected(member)
            await self.network.wait_waiting(member.phone, 0, LINK_S)

    def _engine(self, name: str, options: EngineOptions) -> NativeEngine:
        return NativeEngine(
            name,
            store=self._store,
            sink=self._take,
            http=self._pool,
            clock=SYSTEM_CLOCK,
            endpoint=Endpoint(
                ws_url=self.network.ws_url,
                ca_file=str(self.network.ca_file),
                noise_root=self.network.noise_root,
            ),
            options=options,
            turns=self._turns,
        )

    async def _take(self, account: str, events: Sequence[EngineEvent]) -> None:
        await self._ingest.ingest(account, events)
        for event in events:
            if isinstance(event, PairingQr):
                self._codes[account] = event.code
            elif isinstance(event, StateChanged):
                connected = event.state.state is ConnectionState.CONNECTED
                self._by_name[account].logins += connected
                self._by_name[account].losses += not connected

    async def connected(self, member: Member, logins: int = 0) -> None:
        """Until it is connected, after so many earlier logins."""

        def is_connected() -> bool:
            is_now = member.engine.state.state is ConnectionState.CONNECTED
            return is_now and member.logins > logins

        await until(is_connected, LINK_S, lambda: f"{member.name}: {member.engine.state}")

    # -- what they say --

    async def hear(self, member: Member, count: int = 1) -> None:
        """The person says something to the account."""
        start = member.heard
        member.heard += count
        await self.network.say(member.person, member.phone.jid, count, member.heard_prefix, start)

    async def say(self, member: Member) -> None:
        """The account says something to the person; it leaves when it can."""
        text = member.text_said(member.said)
        member.said += 1
        await self._sending.submit(member.name, member.person.jid, Draft(text=text), wait_s=0)

    async def assert_all_delivered(self) -> None:
        """Everything that was said came, once and in order."""
        await until(lambda: not self.count("outbox"), SETTLE_S, "the outbox is empty", poll_s=0.1)
        for member in self.members:
            await self.network.wait_waiting(member.phone, 0, SETTLE_S)
            if member.said:
                await self.network.wait_arrivals(member.person, member.said, SETTLE_S)
        await until(
            lambda: (
                sum(map(len, self._texts(from_me=False).values()))
                >= sum(member.heard for member in self.members)
            ),
            SETTLE_S,
            "everything is archived",
            poll_s=0.1,
        )
        heard = self._texts(from_me=False)
        for member in self.members:
            told = heard.get(member.name, [])
            wanted = member.texts_heard()
            assert told == wanted, f"{member.name}: {unlike(told, wanted)}"
            arrivals = await self.network.arrivals(member.person)
            came = [one.text for one in arrivals]
            wanted = member.texts_said()
            assert came == wanted, f"{member.name}: {unlike(came, wanted)}"
        assert not self.count("rejected")
        assert not self.count("messages", "kind = 'undecryptable'")

    def _texts(self, *, from_me: bool) -> dict[str, list[str]]:
        rows = self.query(
            "SELECT account, content FROM messages WHERE is_from_me = ? "
            "AND kind <> 'undecryptable' ORDER BY rid",
            from_me,
        )
        texts: dict[str, list[str]] = {}
        for account, text in rows:
            texts.setdefault(account, []).append(text)
        return texts

    def query(self, sql: str, *values: object) -> list[Any]:
        path = self.folder / "messages.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA busy_timeout = 5000")
            return connection.execute(sql, values).fetchall()

    def count(self, table: str, where: str = "1") -> int:
        return int(self.query(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])


def unlike(got: Sequence[str], wanted: Sequence[str]) -> str:
    """What is missing, too much, or in another order, in a line."""
    lost, more = Counter(wanted) - Counter(got), Counter(got) - Counter(wanted)
    moved = [pair for pair in zip(got, wanted, strict=False) if pair[0] != pair[1]]
    return f"lost {list(lost)[:5]}, more {list(more)[:5]}, first elsewhere {moved[:5]}"


def rss() -> int:
    """Memory that this process holds, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def living() -> int:
    """How many identities are alive in memory: their links and their traffic."""
    gc.collect()
    return sum(isinstance(thing, Link | Traffic) for thing in gc.get_objects())


@asynccontextmanager
async def open_crowd(folder: Path, network: SandboxProcess) -> AsyncGenerator[Crowd]:
    async with AsyncExitStack() as stack:
        crowd = Crowd(folder, network, stack)
        await crowd.open()
        yield crowd
