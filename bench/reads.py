"""Reading over HTTP with a key, out of an archive of a million messages (`--rows` for others).

How many requests one core answers in a second, and how long a list of chats, a page of messages
and a search take, asked one after the other. The yardstick is the bare HTTP server that ours
stands on, with answers as long as ours. Both are asked in turns, and the best round of each counts:
on a shared machine the same code takes twice as long from one second to the next.
"""

import asyncio
import contextlib
import os
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from figures import ROOT, Figure, Report, parser, percentile
from ingest import ACCOUNT, text
from latency import dial, read_answer
from peers.child import until
from peers.sandbox_process import running_sandbox
from peers.server import ServerProcess, running_server
from wigwag import runtime
from wigwag.archive import SqliteArchive
from wigwag.archive.rowids import ARRIVAL_BITS, ARRIVAL_MASK
from wigwag.archive.search import fill_index
from wigwag.model.instant import classic_time

KEY = "wigwag-bench-key-of-32-characters"
CHATS = 2_000
STRIDE = 7919
"""Messages that follow each other lie in different chats."""
BEGAN_MS = 1_600_000_000_000
STEP_MS = 20_000
CONNECTIONS = 16
LIMIT_S = 60.0
WARM_UP = 20


def chat_of(number: int) -> str:
    return f"4917{number % CHATS:09}@s.whatsapp.net"


def rows_of(count: int) -> Iterator[tuple[str | int, ...]]:
    """Rows of `messages` as the archive writes them, the newest of every chat apart."""
    for number in range(count):
        chat, ms = chat_of(number * STRIDE), BEGAN_MS + number * STEP_MS
        row = ms << ARRIVAL_BITS | number & ARRIVAL_MASK
        yield (
            *(f"3EB2{number:016X}", chat, chat, text(number), classic_time(ms), 0),
            *(ACCOUNT, ms, "text", row),
        )


async def fill(path: Path, count: int) -> float:
    """An archive of so many messages, written past the archive; the seconds it took."""
    began = time.perf_counter()
    archive = await SqliteArchive.open(path)
    await archive.close()
    await asyncio.to_thread(_insert, path, count)
    return time.perf_counter() - began


def _insert(path: Path, count: int) -> None:
    chats = [
        (ACCOUNT, chat_of(number), f"Chat {number}", BEGAN_MS + (count - number) * STEP_MS)
        for number in range(CHATS)
    ]
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = -200000")
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO messages (id, chat_jid, sender, content, timestamp, is_from_me, account,"
            " timestamp_ms, kind, rid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows_of(count),
        )
        connection.executemany(
            "INSERT INTO chats (account, jid, name, last_message_ms) VALUES (?, ?, ?, ?)", chats
        )
        fill_index(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def get(path: str, port: int) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {KEY}\r\n\r\n"
    ).encode()


def ask_in_turn(port: int, paths: Sequence[str]) -> tuple[list[float], int]:
    """The seconds of each request, and the length of the last answer."""
    times: list[float] = []
    with dial(port) as connection:
        answer = b""
        for path in paths:
            began = time.monotonic()
            connection.sendall(get(path, port))
            answer = read_answer(connection)
            times.append(time.monotonic() - began)
    return times, len(answer)


async def ask_at_once(port: int, paths: Sequence[str]) -> float:
    """The seconds that all of them take over some connections."""
    left = iter(paths)

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for path in left:
            writer.write(get(path, port))
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head[:15], head
            at = head.lower().index(b"content-length:")
            await reader.readexactly(int(head[at + 15 :].split(b"\r\n", 1)[0]))
        writer.close()

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(worker())
    return time.perf_counter() - began


def processor_s(pid: int) -> float:
    """What a process has used of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Rates(NamedTuple):
    """Requests in a second of the process's processor, and in a second by the clock."""

    of_core: float
    by_clock: float


async def rates(pid: int, port: int, paths: Sequence[str]) -> Rates:
    await ask_at_once(port, paths[:200])
    used = processor_s(pid)
    spent = await ask_at_once(port, paths)
    return Rates(len(paths) / (processor_s(pid) - used), len(paths) / spent)


@contextlib.asynccontextmanager
async def bare_api(length: int) -> AsyncGenerator[tuple[int, int]]:
    """Process id and port of a server that answers with so many bytes."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).parent / "bare_api.py"), str(port), str(length)
    )

    def listens() -> bool:
        with contextlib.suppress(OSError), dial(port):
            return True
        return False

    try:
        await until(listens, LIMIT_S, "the bare server listens")
        yield process.pid, port
    finally:
        process.terminate()
        await process.wait()


def questions(rows: int) -> dict[str, list[str]]:
    """What is timed, and the paths that ask for it."""
    base = f"/v1/accounts/{ACCOUNT}"
    step = max(1, rows // 100)
    numbers = range(0, rows, step)
    words = ("invoice", "meeting", "senor", "tomorrow", "strasse")
    return {
        "list of 50 chats": [f"{base}/chats?limit=50"] * 100,
        "page of 50 messages": [
            f"{base}/chats/{chat_of(number * STRIDE)}/messages?limit=50" for number in numbers
        ],
        "search, a common word": [
            f"{base}/messages?limit=50&q={words[number % len(words)]}" for number in range(100)
        ],
        "search, a rare word": [f"{base}/messages?limit=50&q={number}" for number in numbers],
    }


async def bench(report: Report) -> None:
    rows: int = report.arguments.rows
    with tempfile.TemporaryDirectory(prefix="wigwag-bench-", dir=ROOT) as name:
        folder = Path(name)
        (folder / "store").mkdir()
        spent = await fill(folder / "store" / "messages.db", rows)
        report.note(f"{rows:,} messages archived in {spent:.0f} s")
        async with running_sandbox(folder) as network:
            server = ServerProcess(folder / "store", network, api_key=KEY, rate_limit="0")
            async with running_server(server):
                await measure(report, server, rows)


async def measure(report: Report, server: ServerProcess, rows: int) -> None:
    asked: int = report.arguments.requests
    one = f"/v1/accounts/{ACCOUNT}/messages/3EB2{rows // 2:016X}"
    _, length = await asyncio.to_thread(ask_in_turn, server.port, [one])
    ours: list[Rates] = []
    bare: list[Rates] = []
    async with bare_api(length) as (pid, port):
        for _ in range(report.arguments.rounds):
            ours.append(await rates(server.pid, server.port, [one] * asked))
            bare.append(await rates(pid, port, ["/"] * asked))
    each = ", ".join(
        f"{one.of_core:,.0f} ({other.of_core:,.0f})" for one, other in zip(ours, bare, strict=True)
    )
    report.note(f"of one core in each round, and bare uvicorn: {each}")
    best, best_bare = max(ours), max(bare)
    for what, value, yardstick, target in (
        ("second of one core", best.of_core, best_bare.of_core, ">= 4,000/s"),
        ("second by the clock", best.by_clock, best_bare.by_clock, ""),
    ):
        report.add(
            Figure(
                name=f"one message with a key, {what}",
                value=value,
                unit="/s",
                yardstick=yardstick,
                yardstick_name="bare uvicorn",
                target=target,
            )
        )
    for what, paths in questions(rows).items():
        await asyncio.to_thread(ask_in_turn, server.port, paths[:WARM_UP])
        times, length = await asyncio.to_thread(ask_in_turn, server.port, paths)
        async with bare_api(length) as (_, port):
            bare_times, _ = await asyncio.to_thread(ask_in_turn, port, ["/"] * len(paths))
        report.add(
            Figure(
                name=f"{what}, p95",
                value=percentile(times, 95) * 1000,
                unit="ms",
                yardstick=percentile(bare_times, 95) * 1000,
                yardstick_name="bare uvicorn, p95",
                target="< 10 ms of a million" if rows <= 1_000_000 else "< 50 ms",
            )
        )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--requests", type=int, default=4_000)
    arguments.add_argument("--rounds", type=int, default=7)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
