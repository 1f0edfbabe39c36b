"""Another program locks a database: nothing is lost, nothing comes twice, reads go on, readiness
tells it, and everything goes on within seconds after the lock is gone."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from fault.flows import Cast, assert_all_delivered, staged
from peers.child import until
from peers.server import Answer, ServerProcess

MESSAGES = 2000
LIMIT_S = 60.0
RECOVERY_S = 5.0
READ_S = 2.0
"""What a read may take on a busy machine; one that waited for the lock would take longer."""
LOCKER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


async def lock(database: Path, seconds: float) -> asyncio.subprocess.Process:
    """A process that holds the database for so long; returns when it has it."""
    locker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOCKER, database, str(seconds), stdout=asyncio.subprocess.PIPE
    )
    assert locker.stdout is not None
    assert await locker.stdout.readline() == b"locked\n"
    return locker


async def says_locked(server: ServerProcess, database: str) -> bool:
    answer = await server.request("GET", "/health/ready")
    failed = {check["name"] for check in answer.body["checks"] if check["state"] == "failed"}
    if database not in failed:
        return False
    assert answer.status == 503
    assert any("locked by another program" in problem for problem in answer.body["problems"])
    return True


async def assert_reads_go_on(server: ServerProcess) -> None:
    for path in ("", "/chats", "/messages?q=to", "/contacts"):
        began = time.monotonic()
        answer = await server.request("GET", f"/v1/accounts/default{path}")
        assert answer.status == 200, answer
        assert time.monotonic() - began < READ_S


async def assert_refused_or_delivered(
    server: ServerProcess, cast: Cast, answers: dict[str, Answer]
) -> None:
    """What was accepted is delivered once; what was refused was not kept."""
    accepted = [text for text, answer in answers.items() if answer.status == 200]
    refused = {text: answer for text, answer in answers.items() if text not in accepted}
    for answer in refused.values():
        assert answer.body["message"] == (
            "Error sending message: The database is locked by another program; it is tried again."
        )
    await assert_all_delivered(server, cast.network, cast.people[0], accepted)
    kept = set(server.query("SELECT content FROM messages WHERE is_from_me"))
    assert kept.isdisjoint(refused), "refused, but kept all the same"


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "locked_s", [7.0, pytest.param(30.0, marks=pytest.mark.soak)], ids=["7s", "30s"]
)
@pytest.mark.parametrize("database", ["messages.db", "whatsapp.db"])
async def test_a_locked_database(tmp_path: Path, database: str, locked_s: float) -> None:
    async with staged(tmp_path, MESSAGES) as (cast, server):
        person = cast.people[0]
        answers: dict[str, Answer] = {}

        async def send(number: int) -> None:
            text = f"while it is locked {number}"
            answers[text] = await server.send(person.jid, text)

        locker = await lock(server.store / database, locked_s)
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(send(number))
            await cast.speak()
            await until(lambda: says_locked(server, database), LIMIT_S, server.tail)
            await assert_reads_go_on(server)
            assert locker.returncode is None, "it was locked all the time"
            assert await locker.wait() == 0
        ended = time.monotonic()
        await server.ready()
        assert time.monotonic() - ended < RECOVERY_S
        await cast.wait_all_taken()
        await until(lambda: not server.count("outbox"), LIMIT_S, "the outbox is empty")
        await assert_refused_or_delivered(server, cast, answers)
        await cast.wait_all_archived(server)
        await server.terminate()
        cast.assert_all_archived(server)
