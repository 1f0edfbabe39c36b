"""Another program locks a database for ten seconds: nothing is lost, nothing comes twice."""

import asyncio
import sys
from pathlib import Path

import pytest

from fault.flows import assert_all_delivered, staged
from peers.child import until
from peers.server import Answer

MESSAGES = 2000
LOCKED_S = 10
LIMIT_S = 60.0
LOCKER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


async def lock(database: Path) -> asyncio.subprocess.Process:
    """A process that holds the database for LOCKED_S; returns when it has it."""
    locker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOCKER, database, str(LOCKED_S), stdout=asyncio.subprocess.PIPE
    )
    assert locker.stdout is not None
    assert await locker.stdout.readline() == b"locked\n"
    return locker


@pytest.mark.timeout(180)
@pytest.mark.parametrize("database", ["messages.db", "whatsapp.db"])
async def test_locked_for_ten_seconds(tmp_path: Path, database: str) -> None:
    async with staged(tmp_path, MESSAGES) as (cast, server):
        person = cast.people[0]
        answers: dict[str, Answer] = {}

        async def send(number: int) -> None:
            text = f"while it is locked {number}"
            answers[text] = await server.send(person.jid, text)

        locker = await lock(server.store / database)
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(send(number))
            await cast.speak()
            assert (await server.request("GET", "/v1/accounts/default")).status == 200
            assert await locker.wait() == 0
        await cast.wait_all_taken()
        await until(lambda: not server.count("outbox"), LIMIT_S, "the outbox is empty")
        await server.ready()

        accepted = [text for text, answer in answers.items() if answer.status == 200]
        refused = {text: answer for text, answer in answers.items() if text not in accepted}
        for answer in refused.values():
            assert answer.body["message"] == (
                "Error sending message: The database is locked by another program; "
                "it is tried again."
            )
        await assert_all_delivered(server, cast.network, person, accepted)
        kept = set(server.query("SELECT content FROM messages WHERE is_from_me"))
        assert kept.isdisjoint(refused), "refused, but kept all the same"
        await cast.wait_all_archived(server)
        await server.terminate()
        cast.assert_all_archived(server)
