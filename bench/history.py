"""A history of 100,000 messages: seconds until all are archived and found by search.

The phone makes, encrypts and uploads the chunks meanwhile, in the other process. The yardstick is
a plain executemany of the same rows, their classic columns only, into a bare SQLite table with the
same durability.
"""

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

from figures import Figure, Report, parser
from peers.child import until
from stages import Stage, archiving_engine, open_stage
from wigwag import runtime
from wigwag.archive import SqliteArchive
from wigwag.model.archived import MessageFilter

LIMIT_S = 240.0
CLASSIC = (
    "id, chat_jid, sender, content, timestamp, is_from_me, media_type, filename, url, "
    "media_key, file_sha256, file_enc_sha256, file_length"
)


async def engine_seconds(stage: Stage, chats: int, messages: int) -> float:
    phone = await stage.add_phone()
    async with archiving_engine(stage, phone) as (_, archive):
        began = await stage.network.send_history(phone, chats, messages)

        async def all_there() -> bool:
            return (await archive.counts())["messages"] >= messages

        await until(all_there, LIMIT_S, "all rows", poll_s=0.02)
        ended = time.monotonic()
        await check_search(archive, stage.folder / "messages.db")
        return ended - began


async def check_search(archive: SqliteArchive, path: Path) -> None:
    """One of the newest and one of the oldest rows are found by their words."""
    for order in ("ASC", "DESC"):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            ends = connection.execute(
                f"SELECT id, content FROM messages ORDER BY timestamp_ms {order} LIMIT 100"
            ).fetchall()
        message_id, text = max(ends, key=lambda row: len(row[1]))
        page = await archive.list_messages("default", MessageFilter(query=text), "", 100)
        assert any(item.id == message_id for item in page.items), "not found by search"


def bare_seconds(folder: Path) -> float:
    with contextlib.closing(sqlite3.connect(folder / "messages.db")) as source:
        rows: list[Any] = source.execute(f"SELECT {CLASSIC} FROM messages").fetchall()
    with contextlib.closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as bare:
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute(f"CREATE TABLE messages({CLASSIC}, PRIMARY KEY (id, chat_jid))")
        began = time.perf_counter()
        bare.execute("BEGIN")
        marks = ", ".join("?" * 13)
        bare.executemany(f"INSERT INTO messages VALUES ({marks})", rows)
        bare.execute("COMMIT")
        return time.perf_counter() - began


async def bench(report: Report) -> None:
    messages: int = report.arguments.messages
    async with open_stage() as stage:
        seconds = await engine_seconds(stage, report.arguments.chats, messages)
        bare = bare_seconds(stage.folder)
    report.add(
        Figure(
            name=f"history of {messages:,} messages, archived and searchable",
            value=seconds,
            unit="s",
            yardstick=bare,
            yardstick_name="bare executemany",
            target="< 10 s",
        )
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--messages", type=int, default=100_000)
    arguments.add_argument("--chats", type=int, default=200)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
