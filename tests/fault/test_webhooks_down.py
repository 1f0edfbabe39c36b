"""A receiver that is down for an hour, and a server that is killed meanwhile: all of it arrives."""

import asyncio
import sys
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest
from standardwebhooks import webhooks

from fault.flows import Cast, make_cast
from peers import moved_server
from peers.child import until
from peers.receiver import Receiver, open_receiver
from peers.sandbox_process import running_sandbox
from peers.server import ServerProcess, linked_server

MESSAGES = 200
PARTS = 6
PART_S = 600.0
"""How long a part of the hour takes, by the clock of the webhooks."""
KILLS = {1, 4}
"""Parts in which the server is killed while messages come."""
IDLE_S = 0.3
"""Time is moved on when no request came for so long."""
NEXT_ATTEMPT = (
    "SELECT min(next_ms) FROM (SELECT next_ms, min(number) FROM deliveries"
    " WHERE state = 'pending' GROUP BY webhook_id, lane)"
)
"""When the first delivery of a chat is tried again; the others wait behind it."""
LIMIT_S = 120.0


class Hours:
    """The time of the server's webhooks and of the library that verifies them."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.shifts = [0.0]
        self.signed_s = 0.0
        self.advance(0)

    @property
    def now_ms(self) -> float:
        return (time.time() + self.shifts[-1]) * 1000

    def advance(self, seconds: float) -> None:
        self.shifts.append(self.shifts[-1] + seconds)
        draft = self.file.with_suffix(".new")
        draft.write_text(str(self.shifts[-1]))
        draft.replace(self.file)

    def verified_at(self) -> timedelta:
        """The shift by which the library verifies: a request may have been on its way while the
        time was moved, and the library takes nothing that is five minutes old."""
        now = time.time()
        return timedelta(seconds=min(self.shifts, key=lambda one: abs(now + one - self.signed_s)))

    def note_signed(self, signed_s: float) -> None:
        self.signed_s = signed_s

    def reach(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hours = self

        class Moved(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return super().now(tz) + hours.verified_at()

        monkeypatch.setattr(webhooks, "datetime", Moved)


async def hook(server: ServerProcess, receiver: Receiver, hours: Hours) -> None:
    answer = await server.request(
        "POST", "/v1/webhooks", {"url": receiver.url, "types": ["message.received"]}
    )
    assert answer.status == 201, answer
    receiver.secret = answer.body["secret"]
    receiver.on_signed = hours.note_signed


async def kill_and_start(server: ServerProcess) -> None:
    await server.kill()
    await server.start()
    await server.ready()


def by_chat(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """The ids of each chat in their order, each where it came first."""
    chats: dict[str, list[str]] = {}
    for chat, message_id in dict.fromkeys(pairs):
        chats.setdefault(chat, []).append(message_id)
    return chats


def told(receiver: Receiver) -> dict[str, list[str]]:
    return by_chat([(one["data"]["chat_jid"], one["data"]["id"]) for one in receiver.events])


def count(receiver: Receiver) -> int:
    return sum(map(len, told(receiver).values()))


async def say_for_an_hour(cast: Cast, server: ServerProcess, hours: Hours, well: Receiver) -> None:
    """Everything is said, part by part; the receiver that is there has it before time goes on."""
    for part in range(PARTS):
        await cast.speak(part, PARTS)
        if part in KILLS:
            await kill_and_start(server)
        said = sum(one.count * (part + 1) // PARTS for one in cast.speeches)
        await until(lambda: count(well) >= said, LIMIT_S, lambda: f"{count(well)} of {said}")  # noqa: B023
        hours.advance(PART_S)


async def move_until(server: ServerProcess, hours: Hours, receiver: Receiver, wanted: int) -> None:
    """Move the time from one attempt to the next, until so many messages were told."""

    def came() -> bool:
        if count(receiver) >= wanted:
            return True
        if time.monotonic() - receiver.asked_at > IDLE_S:
            due = server.query(NEXT_ATTEMPT)[0]
            hours.advance(max(0.0, ((due or 0) - hours.now_ms) / 1000))
        return False

    await until(came, LIMIT_S, lambda: f"{count(receiver)} of {wanted}")


@pytest.mark.timeout(400)
async def test_all_arrives_after_an_hour_and_kills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = Hours(tmp_path / "shift")
    hours.reach(monkeypatch)
    command = (sys.executable, moved_server.__file__, str(hours.file))
    async with (
        running_sandbox(tmp_path) as network,
        open_receiver() as down,
        open_receiver() as well,
    ):
        cast = await make_cast(network, MESSAGES)
        async with linked_server(
            tmp_path / "store", network, cast.owner, command=command, webhook_allow="127.0.0.1"
        ) as server:
            await hook(server, down, hours)
            await hook(server, well, hours)
            down.down = True
            await say_for_an_hour(cast, server, hours, well)
            assert down.refused > 0
            assert not down.events

            some = MESSAGES // 4
            gate = asyncio.Semaphore(some)
            down.down, down.gate = False, gate
            await move_until(server, hours, down, some)
            await kill_and_start(server)
            down.gate = None
            for _ in range(MESSAGES):
                gate.release()
            await move_until(server, hours, down, MESSAGES)

            rows: list[tuple[str, str]] = server.query(
                "SELECT chat_jid, json_extract(data, '$.id') FROM events"
                " WHERE type = 'message.received' ORDER BY seq"
            )
            assert sum(map(len, by_chat(rows).values())) == MESSAGES
            assert told(well) == by_chat(rows)
            assert told(down) == by_chat(rows)
