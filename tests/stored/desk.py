"""An archive with its door, opened for a test, and short questions to ask of it."""

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from stored.engine import StoredEngine, read_answer
from wigwag.archive import SqliteArchive
from wigwag.archive.connection import prepare_file
from wigwag.archive.migration import migrate
from wigwag.core.accounts import Accounts
from wigwag.core.ingest import Ingest
from wigwag.core.library import Library
from wigwag.mediastore import LocalMediaStore
from wigwag.model.archived import FeedEvent, FeedFilter
from wigwag.model.event import EngineEvent


@dataclass
class Desk:
    """Everything of a store but the engines."""

    folder: Path
    archive: SqliteArchive
    ingest: Ingest
    library: Library
    files: LocalMediaStore
    accounts: Accounts = field(default_factory=Accounts)

    @classmethod
    async def open(cls, folder: Path, **options: Any) -> "Desk":
        if not (folder / "messages.db").exists():
            (folder / "messages.db").write_bytes(_migrated())
        archive = await SqliteArchive.open(folder / "messages.db", **options)
        ingest = Ingest(archive)
        ingest.read_media_answer = read_answer
        return cls(folder, archive, ingest, Library(archive), LocalMediaStore(folder))

    async def take(self, *events: EngineEvent, account: str = "default") -> None:
        await self.ingest.ingest(account, events)

    def attach(self) -> StoredEngine:
        """An engine whose changes of app state come back by the one door."""
        engine = StoredEngine()
        engine.appstate.sink = self.ingest.ingest
        self.accounts.add(engine)
        return engine

    async def log(self, *types: str, account: str = "") -> list[FeedEvent]:
        """All events that are in the file, whether or not the archive has told of them yet."""
        wanted = FeedFilter(
            accounts=frozenset({account} if account else ()), types=frozenset(types)
        )
        found: list[FeedEvent] = []
        ((last,),) = self.rows("SELECT coalesce(max(seq), 0) FROM events")
        after = 0
        while after < last:
            page = await self.archive.list_events(after, last, 10_000, wanted)
            after = page.reached
            found += page.events
        return found

    async def events(self, *types: str, account: str = "") -> list[dict[str, Any]]:
        """The data of all events, each with its `event` type."""
        found = await self.log(*types, account=account)
        return [{"event": e.type, **json.loads(bytes(e.data))} for e in found]

    async def types(self, account: str = "") -> list[str]:
        return [event["event"] for event in await self.events(account=account)]

    async def told(self, event_type: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many events of a type are there; these events."""
        async with asyncio.timeout(10):
            while len(found := await self.events(event_type)) < count:
                seen = self.archive.last_seq
                await asyncio.sleep(0.002 if self.archive.last_seq == seen else 0)
        return found

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What another program reads with plain SQL."""
        connection = sqlite3.connect(self.folder / "messages.db")
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    async def close(self) -> None:
        await self.archive.close()


@cache
def _migrated() -> bytes:
    """A new database, migrated once for all tests of a run."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "messages.db"
        prepare_file(path)
        migrate(path, "")
        return path.read_bytes()
