"""Messages with a time to come: each leaves once, at its time, in the order of the times."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripted.waiting import until
from stored.desk import Desk
from stored.engine import OWN, StoredEngine
from stored.fetching import stored_files
from stored.makers import ANN, ANN_LID, BEN, BEN_LID, received
from stored.senders import sender
from wigwag.core import sending as sending_module
from wigwag.core.schedule import Schedule
from wigwag.core.scheduled import GRACE, HORIZON, checked_time, scheduled_view
from wigwag.core.sending import Draft, Idempotency, Sending, Submitted
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.content import Text
from wigwag.model.errors import (
    Conflict,
    IdempotencyConflict,
    NotFound,
    NotOnWhatsApp,
    NotSchedulable,
    QueueFull,
    StorageBusy,
)
from wigwag.model.event import IdentityLinked, StateChanged
from wigwag.model.jid import Jid
from wigwag.model.message import SendState
from wigwag.model.record import ScheduledRecord
from wigwag.sandbox.virtual_time import BEGIN, VirtualTime

ACCOUNT = "default"
HOUR = timedelta(hours=1)


class Planner:
    """A server over a desk, whose time is moved by hand."""

    def __init__(self, sending: Sending, schedule: Schedule, clock: VirtualTime) -> None:
        self.sending = sending
        self.schedule = schedule
        self.clock = clock

    async def plan(
        self, text: str, at: datetime, to: Jid = ANN, key: Idempotency | None = None
    ) -> Submitted:
        return await self.sending.submit(
            ACCOUNT, str(to), Draft(text=text), send_at=at, idempotency=key
        )

    def pass_time(self, time: timedelta) -> None:
        self.clock.advance(time.total_seconds())
        self.schedule.wake()

    async def waiting(self) -> list[str]:
        page = await self.schedule.list(ACCOUNT, "", 200)
        return [scheduled_view(one)["text"] for one in page.items]


@asynccontextmanager
async def planner(desk: Desk, engine: StoredEngine, clock: VirtualTime) -> AsyncGenerator[Planner]:
    async with sender(desk, engine, clock) as sending:
        schedule = Schedule(desk.archive, desk.files, desk.accounts, sending, clock)
        await schedule.start()
        try:
            yield Planner(sending, schedule, clock)
        finally:
            await schedule.stop()


def texts(engine: StoredEngine) -> list[str]:
    return [one.content.text for one in engine.sent if isinstance(one.content, Text)]


async def test_a_message_leaves_at_its_time(linked: Desk, engine: StoredEngine) -> None:
    async with planner(linked, engine, VirtualTime()) as plan:
        made = await plan.plan("later", BEGIN + HOUR)
        assert (made.state, made.due_at) == (SendState.QUEUED, BEGIN + HOUR)
        assert linked.count("messages") == linked.count("chats") == 0, "it is no message yet"
        plan.pass_time(HOUR - timedelta(seconds=1))
        assert await plan.waiting() == ["later"]
        assert engine.sent == []
        plan.pass_time(timedelta(seconds=1))
        await until(lambda: linked.count("outbox") == 0 and engine.sent)
    assert [one.id for one in engine.sent] == [made.id]
    message = await linked.library.get_message(ACCOUNT, made.id)
    assert (message.state, message.timestamp) == (SendState.SENT, BEGIN + HOUR)
    assert linked.count("scheduled") == 0
    states = [event["state"] for event in await linked.events("message.status")]
    assert states == ["scheduled", "queued"]


async def test_they_leave_in_the_order_of_their_times(linked: Desk, engine: StoredEngine) -> None:
    async with planner(linked, engine, VirtualTime()) as plan:
        for hours, text in ((3, "c"), (1, "a"), (2, "b"), (3, "d")):
            await plan.plan(text, BEGIN + hours * HOUR)
        assert await plan.waiting() == ["a", "b", "c", "d"]
        plan.pass_time(5 * HOUR)
        await until(lambda: len(engine.sent) == 4)
    assert texts(engine) == ["a", "b", "c", "d"]


async def test_what_became_due_while_the_server_was_down(linked: Desk) -> None:
    clock = VirtualTime()
    async with planner(linked, StoredEngine(), clock) as plan:
        made = [await plan.plan(str(n), BEGIN + n * HOUR) for n in (2, 1)]
    clock.advance(48 * 3_600)
    engine = StoredEngine()
    async with planner(linked, engine, clock):
        await until(lambda: len(engine.sent) == 2)
    assert [one.id for one in engine.sent] == [made[1].id, made[0].id]


async def test_what_is_due_while_offline_is_queued(linked: Desk) -> None:
    engine = StoredEngine(connected=False)
    async with planner(linked, engine, VirtualTime()) as plan:
        made = await plan.plan("x", BEGIN + HOUR)
        plan.pass_time(HOUR)
        await until(lambda: linked.count("outbox") == 1)
        queued = await linked.library.get_message(ACCOUNT, made.id)
        assert queued.state is SendState.QUEUED
        engine.turn(ConnectionState.CONNECTED)
        await until(lambda: linked.count("outbox") == 0)
    assert texts(engine) == ["x"]


async def test_it_is_moved_and_cancelled(linked: Desk, engine: StoredEngine) -> None:
    async with planner(linked, engine, VirtualTime()) as plan:
        first, second = [await plan.plan(text, BEGIN + HOUR) for text in ("first", "second")]
        moved = await plan.schedule.move(ACCOUNT, first.id, BEGIN + 3 * HOUR)
        again = await plan.schedule.move(ACCOUNT, first.id, BEGIN + 3 * HOUR)
        assert again.due_ms == moved.due_ms, "and nobody is told twice"
        await plan.schedule.cancel(ACCOUNT, second.id)
        plan.pass_time(2 * HOUR)
        assert await plan.waiting() == ["first"]
        await plan.schedule.move(ACCOUNT, first.id, BEGIN + 2 * HOUR)
        await until(lambda: linked.count("outbox") == 0 and engine.sent)
        for wrong, error in ((first.id, Conflict), (second.id, NotFound), ("none", NotFound)):
            with pytest.raises(error):
                await plan.schedule.cancel(ACCOUNT, wrong)
            with pytest.raises(error):
                await plan.schedule.move(ACCOUNT, wrong, BEGIN + 4 * HOUR)
            with pytest.raises(NotFound):
                await plan.schedule.get(ACCOUNT, wrong)
    assert texts(engine) == ["first"]
    states = [event["state"] for event in await linked.events("message.status")]
    assert states == ["scheduled", "scheduled", "scheduled", "cancelled", "scheduled", "queued"]


async def test_the_file_of_a_cancelled_message_goes(
    linked: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.txt").write_bytes(b"a secret")
    draft = Draft(media_path=str(outbox / "a.txt"))
    async with planner(linked, engine, VirtualTime()) as plan:
        made = await plan.sending.submit(ACCOUNT, str(ANN), draft, send_at=BEGIN + HOUR)
        assert len(stored_files(linked)) == 2, "the content and its name"
        await plan.schedule.cancel(ACCOUNT, made.id)
    assert stored_files(linked) == []
    assert linked.count("removals") == 0


async def test_the_same_key_is_the_same_message(linked: Desk, engine: StoredEngine) -> None:
    once = Idempotency(key="k", fingerprint=b"f")
    async with planner(linked, engine, VirtualTime()) as plan:
        first = await plan.plan("x", BEGIN + HOUR, key=once)
        again = await plan.plan("x", BEGIN + HOUR, key=once)
        assert (again.id, again.due_at) == (first.id, first.due_at)
        with pytest.raises(IdempotencyConflict):
            await plan.plan("y", BEGIN + HOUR, key=Idempotency(key="k", fingerprint=b"g"))
        plan.pass_time(2 * HOUR)
        await until(lambda: engine.sent and linked.count("outbox") == 0)
        late = await plan.plan("x", BEGIN + HOUR, key=once)
        assert (late.id, late.state, late.due_at) == (first.id, SendState.SENT, None)
        other = await plan.plan("x", BEGIN + 9 * HOUR, key=Idempotency(key="l", fingerprint=b"f"))
        await plan.schedule.cancel(ACCOUNT, other.id)
        anew = await plan.plan("x", BEGIN + 9 * HOUR, key=Idempotency(key="l", fingerprint=b"f"))
        assert anew.id != other.id, "the key of a cancelled message is free"
    assert len(engine.sent) == 1


async def test_a_file_waits_with_its_message(
    linked: Desk, engine: StoredEngine, outbox: Path
) -> None:
    data = b"GIF89a\x0a\x00\x14\x00" + b"x" * 100
    (outbox / "cat.gif").write_bytes(data)
    draft = Draft(media_path=str(outbox / "cat.gif"))
    async with planner(linked, engine, VirtualTime()) as plan:
        kept, gone = [
            await plan.sending.submit(ACCOUNT, str(ANN), draft, send_at=BEGIN + HOUR)
            for _ in range(2)
        ]
        folder = linked.folder / str(ANN)
        assert len(list(folder.glob("*.gif"))) == 2
        await plan.schedule.cancel(ACCOUNT, gone.id)
        assert len(list(folder.glob("*.gif"))) == 1
        (outbox / "cat.gif").unlink()
        plan.pass_time(HOUR)
        await until(lambda: engine.sent and linked.count("outbox") == 0)
    message = await linked.library.get_message(ACCOUNT, kept.id)
    assert message.media is not None
    assert (linked.folder / message.media.path).read_bytes() == data


async def test_a_person_whose_number_became_known(linked: Desk, engine: StoredEngine) -> None:
    async with planner(linked, engine, VirtualTime()) as plan:
        made = await plan.plan("x", BEGIN + HOUR, to=ANN_LID)
        await linked.take(IdentityLinked(lid=ANN_LID, pn=ANN))
        assert (await plan.schedule.get(ACCOUNT, made.id)).chat_jid == str(ANN)
        plan.pass_time(HOUR)
        await until(lambda: engine.sent and linked.count("outbox") == 0)
    assert (await linked.library.get_message(ACCOUNT, made.id)).chat_jid == str(ANN)


async def test_a_person_whose_number_a_stranger_has_now(linked: Desk, engine: StoredEngine) -> None:
    new = Jid("491700000777", "s.whatsapp.net")
    await linked.take(IdentityLinked(lid=ANN_LID, pn=ANN), received("A1", chat=ANN))
    async with planner(linked, engine, VirtualTime()) as plan:
        made = await plan.plan("for her alone", BEGIN + HOUR, to=ANN)
        await linked.take(IdentityLinked(lid=ANN_LID, pn=new), IdentityLinked(lid=BEN_LID, pn=ANN))
        plan.pass_time(HOUR)
        await until(lambda: engine.sent and linked.count("outbox") == 0)
    assert (await linked.library.get_message(ACCOUNT, made.id)).chat_jid == str(new)
    assert [one.to for one in engine.sent] == [new]


async def test_another_account_does_not_send_it(linked: Desk) -> None:
    clock, stranger = VirtualTime(), Jid("491700000098", "s.whatsapp.net")
    async with planner(linked, StoredEngine(), clock) as plan:
        made = await plan.plan("x", BEGIN + HOUR)
    state = AccountState(state=ConnectionState.CONNECTED, since=BEGIN, jid=stranger)
    await linked.take(StateChanged(state=state))
    engine = StoredEngine(own=stranger)
    clock.advance(7_200)
    async with planner(linked, engine, clock):
        await linked.told("message.status", 3)
    message = await linked.library.get_message(ACCOUNT, made.id)
    assert (message.state, message.error_code) == (SendState.FAILED, "account_changed")
    assert engine.sent == []


async def test_what_is_refused(linked: Desk, engine: StoredEngine) -> None:
    engine.numbers[BEN.user] = None
    async with planner(linked, engine, VirtualTime()) as plan:
        with pytest.raises(NotOnWhatsApp):
            await plan.plan("x", BEGIN + HOUR, to=BEN)
        for wrong in (BEGIN - 2 * GRACE, BEGIN + HORIZON + HOUR):
            with pytest.raises(NotSchedulable):
                await plan.plan("x", wrong)
        sent = await plan.plan("now", BEGIN - GRACE / 2)
        assert (sent.state, sent.due_at) == (SendState.SENT, None)
        made = await plan.plan("x", BEGIN + HOUR)
        with pytest.raises(NotSchedulable):
            await plan.schedule.move(ACCOUNT, made.id, BEGIN - 2 * GRACE)


async def test_only_so_many_wait(
    linked: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wigwag.core.scheduled.MAX_SCHEDULED", 1)
    async with planner(linked, engine, VirtualTime()) as plan:
        await plan.plan("x", BEGIN + HOUR)
        with pytest.raises(QueueFull):
            await plan.plan("y", BEGIN + HOUR)


async def test_a_full_outbox_is_waited_for(linked: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_module, "MAX_WAITING", 1)
    engine = StoredEngine(connected=False)
    async with planner(linked, engine, VirtualTime()) as plan:
        first, second = [await plan.plan(text, BEGIN + HOUR) for text in ("a", "b")]
        plan.pass_time(HOUR)
        await until(lambda: linked.count("outbox") == 1)
        assert await plan.waiting() == ["b"]
        engine.turn(ConnectionState.CONNECTED)
        await until(lambda: linked.count("outbox") == 0)
        plan.schedule.wake()
        await until(lambda: len(engine.sent) == 2)
    assert [one.id for one in engine.sent] == [first.id, second.id]


async def test_a_storage_that_fails_is_tried_again(
    linked: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with planner(linked, engine, VirtualTime()) as plan:
        await plan.plan("x", BEGIN + HOUR)
        tries: list[int] = []
        write = linked.archive.write

        async def busy(unit: object) -> object:
            tries.append(1)
            if len(tries) == 1:
                raise StorageBusy
            return await write(unit)  # type: ignore[arg-type]

        monkeypatch.setattr(linked.archive, "write", busy)
        plan.pass_time(HOUR)
        await until(lambda: tries)
        plan.schedule.wake()
        await until(lambda: engine.sent)
    assert texts(engine) == ["x"]


async def test_a_row_that_cannot_be_read_holds_no_other(linked: Desk, engine: StoredEngine) -> None:
    row = ScheduledRecord(ACCOUNT, str(ANN), str(OWN), "M1", str(ANN), 5, 5, b"s", b"\xc1")
    async with planner(linked, engine, VirtualTime()) as plan:
        await linked.archive.write(lambda tx: tx.scheduled.add(row))
        made = await plan.plan("x", BEGIN + HOUR)
        plan.pass_time(HOUR)
        await until(lambda: engine.sent)
    assert [one.id for one in engine.sent] == [made.id]
    assert linked.count("scheduled") == 1


@given(st.integers(-10 * 86_400, 500 * 86_400))
def test_every_time_is_now_later_or_refused(seconds: int) -> None:
    send_at = BEGIN + timedelta(seconds=seconds)
    try:
        due = checked_time(send_at, BEGIN)
    except NotSchedulable:
        assert seconds < -GRACE.total_seconds() or seconds > HORIZON.total_seconds()
    else:
        assert due == (send_at if seconds > 0 else None)


async def test_a_bug_does_not_end_the_schedule(
    linked: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = linked.archive.list_due, 0

    async def broken(account: str, now_ms: int, limit: int) -> list[ScheduledRecord]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError
        return await real(account, now_ms, limit)

    monkeypatch.setattr(linked.archive, "list_due", broken)
    async with planner(linked, engine, VirtualTime()) as plan:
        await until(lambda: calls == 1)
        await plan.plan("still", BEGIN + HOUR)
        plan.pass_time(HOUR)
        await until(lambda: texts(engine) == ["still"])


async def test_pages(linked: Desk, engine: StoredEngine) -> None:
    async with planner(linked, engine, VirtualTime()) as plan:
        for number in range(5):
            await plan.plan(str(number), BEGIN + HOUR, to=(ANN, BEN)[number % 2])
        found: list[str] = []
        cursor = ""
        for _ in range(3):
            page = await plan.schedule.list(ACCOUNT, cursor, 2)
            found += [scheduled_view(one)["text"] for one in page.items]
            cursor = page.next_cursor
        assert (found, cursor) == (list("01234"), "")
        only = await plan.schedule.list(ACCOUNT, "", 50, among=frozenset({str(BEN)}))
        assert len(only.items) == 2
        assert (await plan.schedule.list("work", "", 50)).items == ()
