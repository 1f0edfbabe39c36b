"""The disk fills up while messages arrive: nothing is lost, nothing is half done, it heals itself.

The store lies on a small tmpfs of its own, which only root may mount.
"""

import asyncio
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fault.flows import Cast, assert_all_delivered, staged
from peers.child import until
from peers.server import ServerProcess

MESSAGES = 4000
DISK = "24m"
LIMIT_S = 60.0
RECOVERY_S = 5.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: a small disk can only be mounted by root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(disk)]
    done = subprocess.run(mounting, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"NOT TESTED: a small disk cannot be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path, leave: int = 0) -> None:
    """Take every free byte, or all but about so many."""
    with (disk / "filler").open("ab", buffering=0) as filler:
        if leave:
            filler.write(bytes(max(0, shutil.disk_usage(disk).free - leave)))
            return
        for size in (1 << 20, 4096, 1):
            try:
                while filler.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


async def problems(server: ServerProcess) -> list[str]:
    answer = await server.request("GET", "/health/ready")
    return list(answer.body["problems"])


async def says_full(server: ServerProcess) -> bool:
    answer = await server.request("GET", "/health/ready")
    codes = {check["code"] for check in answer.body["checks"] if check["state"] == "failed"}
    if "disk_full" not in codes:
        return False
    assert answer.status == 503
    assert any("disk is full" in problem for problem in answer.body["problems"])
    return True


async def assert_reads_go_on(server: ServerProcess) -> None:
    for path in ("", "/chats", "/messages?q=to", "/contacts"):
        answer = await server.request("GET", f"/v1/accounts/default{path}")
        assert answer.status == 200, answer


async def send_till_refused(server: ServerProcess, cast: Cast) -> tuple[list[str], list[str]]:
    """Send until three were refused for want of space; what was accepted, and what refused."""
    accepted: list[str] = []
    refused: list[str] = []
    person = cast.people[0]
    while len(refused) < 3:
        text = f"on a full disk {len(accepted) + len(refused)}"
        answer = await server.send(person.jid, text)
        if answer.status == 200:
            accepted.append(text)
            continue
        assert answer.status == 500
        sentence = answer.body["message"]
        assert sentence.startswith("Error sending message: The disk is full"), server.tail()
        refused.append(text)
    return accepted, refused


@pytest.mark.timeout(240)
async def test_full_disk_loses_nothing(tmp_path: Path, small_disk: Path) -> None:
    async with staged(tmp_path, MESSAGES, store=small_disk / "store") as (cast, server):
        fill(small_disk)
        await cast.speak()
        await until(lambda: says_full(server), LIMIT_S, server.tail)
        fill(small_disk)
        accepted, refused = await send_till_refused(server, cast)

        before = server.count("messages")
        await assert_reads_go_on(server)
        kept = set(server.query("SELECT content FROM messages WHERE is_from_me"))
        assert kept.isdisjoint(refused)
        assert before == server.count("messages"), "reading changes nothing"

        (small_disk / "filler").unlink()
        freed = time.monotonic()
        await until(lambda: _is_well(server), LIMIT_S, server.tail)
        assert time.monotonic() - freed < RECOVERY_S
        await cast.wait_all_taken()
        texts = await asyncio.wait_for(_send_one(server, cast), LIMIT_S)
        await until(lambda: not server.count("outbox"), LIMIT_S, "the outbox is empty")
        await assert_all_delivered(server, cast.network, cast.people[0], [*accepted, *texts])
        await cast.wait_all_archived(server)
        await server.terminate()
        cast.assert_all_archived(server)


async def _is_well(server: ServerProcess) -> bool:
    return not await problems(server)


async def _send_one(server: ServerProcess, cast: Cast) -> list[str]:
    text = "there is room again"
    assert (await server.send(cast.people[0].jid, text)).status == 200
    return [text]


def visible_files(store: Path) -> list[str]:
    """The hashes of all media files under their names; what is being written has none yet."""
    return [hash_of(path) for path in store.rglob("*.bin") if path.is_file()]


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.timeout(180)
async def test_file_that_does_not_fit(tmp_path: Path, small_disk: Path) -> None:
    """A received file on a disk without room: never there in part, and fetched when it fits."""
    store = small_disk / "store"
    async with staged(tmp_path, 0, store=store, disk_low_bytes="0") as (cast, server):
        fill(small_disk, leave=2_000_000)
        person, owner = cast.people[0], cast.owner
        message_id, digest = await cast.network.say_file(person, owner.jid, 4_000_000)
        await until(lambda: server.count("messages") == 1, LIMIT_S, server.tail)
        wanted = {"message_id": message_id, "chat_jid": person.jid}
        answer = await server.request("POST", "/api/download", wanted)
        assert (answer.status, answer.body["success"]) == (500, False)
        assert visible_files(server.store) == []
        assert server.query("SELECT media_state FROM messages") == ["pending"]

        (small_disk / "filler").unlink()
        await until(
            lambda: server.query("SELECT media_state FROM messages") == ["available"],
            LIMIT_S,
            server.tail,
        )
        assert visible_files(server.store) == [digest]
        answer = await server.request("POST", "/api/download", wanted)
        assert answer.status == 200, answer
        assert hash_of(Path(answer.body["path"])) == digest


@pytest.mark.timeout(180)
async def test_files_wait_while_the_disk_is_nearly_full(tmp_path: Path, small_disk: Path) -> None:
    """Below the mark no file is fetched or taken, texts go on; above it files come."""
    store = small_disk / "store"
    async with staged(tmp_path, 0, store=store, disk_low_bytes="8000000") as (cast, server):
        fill(small_disk, leave=6_000_000)
        person, owner = cast.people[0], cast.owner
        await until(lambda: _state_is(server, "degraded"), LIMIT_S, server.tail)
        _, digest = await cast.network.say_file(person, owner.jid, 100_000)
        await cast.network.say(person, owner.jid, 1, prefix="a text")
        await until(lambda: server.count("messages") == 2, LIMIT_S, server.tail)
        refused = await server.request("POST", "/v1/media", "a file")
        assert (refused.status, refused.body["code"]) == (507, "disk_low")
        assert (await server.send(person.jid, "an answer")).status == 200
        assert visible_files(server.store) == []
        pending = "SELECT media_state FROM messages WHERE media_state IS NOT NULL"
        assert server.query(pending) == ["pending"]

        (small_disk / "filler").unlink()
        await until(lambda: visible_files(server.store) == [digest], LIMIT_S, server.tail)
        await until(lambda: _state_is(server, "ok"), LIMIT_S, server.tail)


async def _state_is(server: ServerProcess, state: str) -> bool:
    return (await server.request("GET", "/health/ready")).body["state"] == state
