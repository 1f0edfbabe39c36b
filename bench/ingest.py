"""Messages into archive, event log and search index, durably: what one ingest takes in a second.

The events are handed over as the engine hands them over, so many at a time, and each hand-over is
one synced transaction. The yardstick is bare SQLite: the same texts into one table with a full-text
index beside it, synced as often.
"""

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from pathlib import Path

from figures import ROOT, Figure, Report, parser
from stored.makers import ANN, BEN, GROUP, received
from wigwag import runtime
from wigwag.archive import SqliteArchive
from wigwag.core.ingest import Ingest
from wigwag.model.event import MessageReceived

ACCOUNT = "default"
TOGETHER = 64
WORDS = (
    "invoice",
    "tomorrow",
    "Straße",
    "thanks",
    "meeting",
    "photo",
    "señor",
    "late",
    "ok",
    "fin",
)


def text(number: int) -> str:
    """Eight words that differ from message to message."""
    return (
        " ".join(WORDS[(number * prime) % 10] for prime in (1, 3, 7, 9, 11, 13, 17)) + f" {number}"
    )


def events(count: int) -> list[MessageReceived]:
    places = ((ANN, None), (BEN, None), (GROUP, ANN), (GROUP, BEN))
    made: list[MessageReceived] = []
    for number in range(count):
        chat, sender = places[number % len(places)]
        made.append(
            received(f"3EB0{number:016X}", text(number), chat=chat, sender=sender, seconds=number)
        )
    return made


async def ingest_rate(folder: Path, count: int) -> float:
    archive = await SqliteArchive.open(folder / "messages.db")
    try:
        ingest = Ingest(archive)
        all_events = events(count)
        began = time.perf_counter()
        for at in range(0, count, TOGETHER):
            await ingest.ingest(ACCOUNT, all_events[at : at + TOGETHER])
        spent = time.perf_counter() - began
        assert (await archive.counts())["messages"] == count
        assert archive.last_seq >= count
        return count / spent
    finally:
        await archive.close()


def bare_rate(folder: Path, count: int) -> float:
    with contextlib.closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as bare:
        bare.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE m (id TEXT PRIMARY KEY, content TEXT);"
            "CREATE VIRTUAL TABLE f USING fts5(content, tokenize='unicode61 remove_diacritics 2');"
        )
        rows = [(f"3EB0{number:016X}", text(number)) for number in range(count)]
        began = time.perf_counter()
        for at in range(0, count, TOGETHER):
            part = rows[at : at + TOGETHER]
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany("INSERT INTO m VALUES (?, ?)", part)
            bare.executemany("INSERT INTO f VALUES (?)", [row[1:] for row in part])
            bare.execute("COMMIT")
        return count / (time.perf_counter() - began)


async def bench(report: Report) -> None:
    count: int = report.arguments.messages
    with tempfile.TemporaryDirectory(prefix="wigwag-bench-", dir=ROOT) as name:
        rate = await ingest_rate(Path(name), count)
        bare = await asyncio.to_thread(bare_rate, Path(name), count)
    report.add(
        Figure(
            name="ingested durably",
            value=rate,
            unit="/s",
            yardstick=bare,
            yardstick_name="bare SQLite with FTS5",
            target=">= 3,000/s",
        )
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--messages", type=int, default=20_000)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
