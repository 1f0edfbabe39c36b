"""The way out: shared commits, order, failures that reach their callers."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.traffic_stage import TrafficStage
from wigwag.engine.common.errors import StoreFailed
from wigwag.engine.native.people.sessions import Sessions
from wigwag.engine.native.sending import outbox as outbox_module
from wigwag.engine.native.sending.outbox import Outbox
from wigwag.model.content import Text
from wigwag.model.errors import NotConnected
from wigwag.model.message import Outgoing
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


async def test_after_its_end_nothing_waits(tmp_path: Path) -> None:
    """A message whose keys came just before the account was stopped would wait for ever."""
    async with TrafficStage(tmp_path) as stage:
        outbox, _, task = make(stage)
        await outbox.post_unanswered(Node("x", {"id": "1"}))
        outbox.close()
        await end(task)
        async with asyncio.timeout(5):
            with pytest.raises(NotConnected):
                await outbox.post_unanswered(Node("x", {"id": "2"}))
            with pytest.raises(NotConnected):
                await outbox.post(Node("x", {"id": "3"}))
        assert [node.attr("id") for node in stage.sent] == ["1"]


async def test_who_waits_at_its_end_learns_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it was ended before it had begun."""
    monkeypatch.setattr(outbox_module, "MAX_WAITING", 1)
    async with TrafficStage(tmp_path) as stage:
        outbox, _, task = make(stage)
        waiting = outbox.post_unanswered(Node("x", {"id": "1"}))
        room = asyncio.ensure_future(outbox.room())
        outbox.close()
        await end(task)
        async with asyncio.timeout(5):
            await room
            with pytest.raises(NotConnected):
                await waiting


async def test_a_stop_in_the_middle_of_a_first_contact_ends_the_send(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        answer, asked = stage.connection.answer, asyncio.Event()

        def noting(node: Node) -> Node | None:
            reply = answer(node)
            if node.tag == "iq" and node.attr("xmlns") == "encrypt":
                asked.set()
            return reply

        stage.connection.answer = noting
        now = datetime.now(UTC)
        message = Outgoing(to=peer.pn, id="3EB0A", content=Text(text="hi"), timestamp=now)
        sending = asyncio.ensure_future(stage.traffic.send(message))
        await asked.wait()
        await stage.traffic.stop()
        async with asyncio.timeout(5):
            with pytest.raises(NotConnected):
                await sending


@pytest.mark.parametrize("posted", ["before the cut", "between the logins"])
async def test_nothing_leaves_in_a_later_login(tmp_path: Path, posted: str) -> None:
    """What the former login left unanswered is sent again first; this would pass it."""
    async with TrafficStage(tmp_path) as stage:
        outbox, _, task = make(stage)
        if posted == "between the logins":
            stage.connection.go_offline()
        post = outbox.post_unanswered(Node("x", {"id": "1"}))
        stage.connection.go_offline()
        stage.connection.go_online()
        with pytest.raises(NotConnected):
            await post
        await outbox.post_unanswered(Node("x", {"id": "2"}))
        assert [node.attr("id") for node in stage.sent] == ["2"]
        await end(task)
