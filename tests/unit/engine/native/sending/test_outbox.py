"""The way out: shared commits, order, failures that reach their callers."""

import asyncio
from pathlib import Path

import pytest

from scripted.traffic_stage import TrafficStage
from wigwag.engine.native.errors import StoreFailed
from wigwag.engine.native.people.sessions import Sessions
from wigwag.engine.native.sending import outbox as outbox_module
from wigwag.engine.native.sending.outbox import Outbox
from wigwag.model.errors import NotConnected
from wigwag.wire.nodes import Node


def make(stage: TrafficStage) -> tuple[Outbox, Sessions, "asyncio.Task[None]"]:
    link = stage.link
    sessions = Sessions(link.account, link.store, lambda: link.device.local, link.random)
    outbox = Outbox(link, sessions)
    return outbox, sessions, asyncio.ensure_future(outbox.run())


async def end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_stanzas_leave_in_the_order_of_the_calls(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        outbox, _, task = make(stage)
        posts = [outbox.post_unanswered(Node("x", {"id": str(number)})) for number in range(50)]
        await asyncio.gather(*posts)
        assert [node.attr("id") for node in stage.sent] == [str(number) for number in range(50)]
        await end(task)


async def test_who_gave_up_sends_nothing(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        outbox, _, task = make(stage)
        first = outbox.post_unanswered(Node("x", {"id": "1"}))
        second = outbox.post_unanswered(Node("x", {"id": "2"}))
        first.cancel()
        await second
        assert [node.attr("id") for node in stage.sent] == ["2"]
        await end(task)


async def test_a_stanza_that_cannot_leave_fails_alone(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        outbox, _, task = make(stage)
        send = stage.connection.send

        async def picky(node: Node) -> None:
            if node.attr("id") == "bad":
                raise ValueError("not a stanza")
            await send(node)

        stage.connection.send = picky
        bad = outbox.post_unanswered(Node("x", {"id": "bad"}))
        good = outbox.post_unanswered(Node("x", {"id": "good"}))
        await good
        with pytest.raises(ValueError, match="not a stanza"):
            await bad
        stage.connection.go_offline()
        with pytest.raises(NotConnected):
            await outbox.post(Node("x", {"id": "late"}))
        await end(task)


async def test_what_was_encrypted_before_a_failure_is_void(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        outbox, sessions, task = make(stage)
        post = outbox.post_unanswered(Node("x", {"id": "1"}))
        sessions.reset()
        with pytest.raises(StoreFailed):
            await post
        changes = outbox.changes
        sessions.reset()
        assert outbox.changes is not changes
        await outbox.post_unanswered(Node("x", {"id": "2"}))
        assert [node.attr("id") for node in stage.sent] == ["2"]
        await end(task)


async def test_an_end_fails_what_waits(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        outbox, _, task = make(stage)
        await asyncio.sleep(0)
        post = outbox.post(Node("x"))
        await end(task)
        with pytest.raises(NotConnected):
            await post


async def test_callers_wait_while_too_much_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "MAX_WAITING", 2)
    async with TrafficStage(tmp_path) as stage:
        outbox, _, task = make(stage)
        posts = [outbox.post_unanswered(Node("x")) for _ in range(2)]
        room = asyncio.ensure_future(outbox.room())
        await asyncio.sleep(0)
        await asyncio.gather(room, *posts)
        await end(task)
