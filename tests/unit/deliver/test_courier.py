"""What a courier delivers, in which order, and what it keeps for later."""

import pytest

from scripted.waiting import until, until_async
from stored.makers import ANN, BEN, received
from stored.post import BAD, GOOD, URL, Post, send
from wigwag.deliver import courier
from wigwag.deliver.schedule import Outcome
from wigwag.model.errors import Conflict, InvalidInput, NotFound, StorageBusy
from wigwag.model.webhook import DeliveryState


async def test_events_of_others_cost_no_write(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "CURSOR_STEP", 6)
    hook = await post.webhooks.create(URL, types=["message.revoked"])
    await post.start()
    for number in range(3):
        await post.desk.take(received(f"M{number}"))
    assert (await post.webhooks.get(hook.id)).cursor == hook.cursor
    assert post.feed.last_seq < hook.cursor + 6
    while post.feed.last_seq < hook.cursor + 6:
        await post.desk.take(received(f"N{post.feed.last_seq}"))
    last = post.feed.last_seq

    async def is_stored() -> bool:
        return (await post.webhooks.get(hook.id)).cursor == last

    await until_async(is_stored)
    assert post.receivers.asked == 0


async def test_events_are_delivered_in_order_and_leave_no_rows(post: Post) -> None:
    await send(post, "before")
    webhook = await post.webhooks.create(URL)
    names = [f"A{number}" for number in range(100)]
    await send(post, *names)
    await until(lambda: len(post.receivers.got) == 100)
    assert post.receivers.names() == names
    await post.until_empty(webhook.id)


async def test_a_webhook_is_told_what_it_chose(post: Post) -> None:
    await post.webhooks.create(URL, chats=[str(BEN)], types=["message.received"])
    await send(post, "A1")
    await send(post, "B1", chat=BEN)
    await until(lambda: post.receivers.got)
    assert post.receivers.names() == ["B1"]


async def test_behind_a_failure_its_chat_waits_and_no_other(post: Post) -> None:
    post.receivers.refuses = {"A1"}
    webhook = await post.webhooks.create(URL)
    await send(post, "A1", "A2")
    await send(post, "B1", chat=BEN)
    await until(lambda: post.receivers.names() == ["B1"])
    await post.until_settled(webhook.id, 1)
    kept = [d for d in await post.deliveries(webhook.id) if str(ANN) in d.lane]
    first, second = reversed(kept)
    assert (first.attempts, first.status, first.state) == (1, 503, "pending")
    assert (second.attempts, second.error) == (0, "")
    post.receivers.refuses = set()
    await post.pass_until(lambda: len(post.receivers.got) == 3)
    assert post.receivers.names() == ["B1", "A1", "A2"]
    await post.until_empty(webhook.id)


async def test_a_dead_receiver_holds_no_other(post: Post) -> None:
    post.receivers.answers["https://dead.example/"] = [Outcome(error="timeout")]
    dead = await post.webhooks.create("https://dead.example/")
    await post.webhooks.create(URL)
    await send(post, "A1", "A2")
    await until(lambda: post.receivers.names() == ["A1", "A2"])
    await post.until_settled(dead.id, 1)


async def test_after_ten_attempts_in_75_hours_a_delivery_is_dead_and_can_be_revived(
    post: Post,
) -> None:
    post.receivers.refuses = {"A1"}
    webhook = await post.webhooks.create(URL)
    await send(post, "A1", "A2")
    for attempt in range(1, 11):
        await post.pass_until(lambda n=attempt: post.receivers.asked >= n, 600)
    assert post.clock.monotonic() > 75 * 3_600
    await until(lambda: post.receivers.names() == ["A2"])

    async def is_dead() -> bool:
        return {d.state for d in await post.deliveries(webhook.id)} == {"dead"}

    await until_async(is_dead)
    (dead,) = await post.deliveries(webhook.id, DeliveryState.DEAD)
    assert (dead.attempts, dead.error) == (10, "the receiver answered 503")
    post.receivers.refuses = set()
    await post.webhooks.redeliver(webhook.id, dead.event_id)
    await until(lambda: post.receivers.names() == ["A2", "A1"])
    await post.until_empty(webhook.id)
    with pytest.raises(NotFound, match="replay"):
        await post.webhooks.redeliver(webhook.id, dead.event_id)


async def test_what_was_under_way_at_a_stop_comes_after_the_next_start(post: Post) -> None:
    post.receivers.answers[URL] = [BAD]
    webhook = await post.webhooks.create(URL)
    await send(post, "A1")
    await post.until_settled(webhook.id, 1)
    await post.couriers.stop()
    await send(post, "A2", "A3")
    post.receivers.answers[URL] = [GOOD]
    await post.start()
    await post.pass_until(lambda: len(post.receivers.got) == 3)
    assert post.receivers.names() == ["A1", "A2", "A3"]


async def test_retry_after_is_honoured(post: Post) -> None:
    post.receivers.answers[URL] = [Outcome(status=429, retry_after="3600"), GOOD]
    webhook = await post.webhooks.create(URL)
    await send(post, "A1")
    await post.until_settled(webhook.id, 1)
    await post.clock.advance(3_500)
    assert post.receivers.got == []
    await post.pass_until(lambda: post.receivers.got)


async def test_gone_disables_until_it_is_enabled_again(post: Post) -> None:
    post.receivers.answers[URL] = [Outcome(status=410), GOOD]
    webhook = await post.webhooks.create(URL)
    await send(post, "A1")

    async def is_disabled() -> bool:
        return not (await post.webhooks.get(webhook.id)).enabled

    await until_async(is_disabled)
    assert "410" in (await post.webhooks.get(webhook.id)).reason
    await send(post, "A2")
    await post.clock.advance(100)
    assert post.receivers.got == []
    await post.webhooks.change(webhook.id, enabled=True)
    await until(lambda: post.receivers.names() == ["A1", "A2"])


async def test_a_range_is_told_again(post: Post) -> None:
    webhook = await post.webhooks.create(URL)
    await send(post, *(f"A{number}" for number in range(1, 6)))
    await until(lambda: len(post.receivers.got) == 5)
    await post.until_empty(webhook.id)
    await post.webhooks.replay(webhook.id, 2, 4)
    await until(lambda: len(post.receivers.got) == 8)
    assert post.receivers.names()[5:] == ["A2", "A3", "A4"]

    async def is_through() -> bool:
        return not (await post.webhooks.get(webhook.id)).replay_next

    await until_async(is_through)
    for begin, end in ((0, 1), (3, 2), (1, 6)):
        with pytest.raises(InvalidInput):
            await post.webhooks.replay(webhook.id, begin, end)


async def test_a_second_range_waits(post: Post) -> None:
    webhook = await post.webhooks.create(URL)
    await send(post, "A1")
    await post.webhooks.change(webhook.id, enabled=False)
    await post.webhooks.replay(webhook.id, 1, 1)
    with pytest.raises(Conflict):
        await post.webhooks.replay(webhook.id, 1, 1)


async def test_a_test_says_nothing_and_arrives(post: Post) -> None:
    webhook = await post.webhooks.create(URL)
    event_id = await post.webhooks.test(webhook.id)
    assert event_id.startswith("evt_test_")
    await until(lambda: post.receivers.names() == ["webhook.test"])


async def test_what_is_too_much_for_rows_waits_in_the_log(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "MAX_PENDING", 3)
    monkeypatch.setattr(courier, "BATCH", 2)
    post.receivers.refuses = {"A0"}
    webhook = await post.webhooks.create(URL)
    await send(post, *(f"A{number}" for number in range(9)))
    await post.until_settled(webhook.id, 1)

    async def is_full() -> bool:
        return len(await post.deliveries(webhook.id)) >= 3

    await until_async(is_full)
    assert len(await post.deliveries(webhook.id)) <= 4
    post.receivers.refuses = set()
    await post.pass_until(lambda: len(post.receivers.got) == 9)
    assert post.receivers.names() == [f"A{number}" for number in range(9)]


async def test_a_locked_database_is_waited_for(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    count = post.desk.archive.count_pending
    failures = [StorageBusy(), ValueError()]

    async def failing(webhook_id: str) -> int:
        if failures:
            raise failures.pop(0)
        return await count(webhook_id)

    monkeypatch.setattr(post.desk.archive, "count_pending", failing)
    await post.webhooks.create(URL)
    await send(post, "A1")
    await post.pass_until(lambda: post.receivers.got)


async def test_a_deleted_webhook_is_told_no_more(post: Post) -> None:
    webhook = await post.webhooks.create(URL)
    await post.webhooks.delete(webhook.id)
    await send(post, "A1")
    assert post.desk.count("deliveries") == 0
    assert post.receivers.got == []
    for call in (
        post.webhooks.get(webhook.id),
        post.webhooks.delete(webhook.id),
        post.webhooks.test(webhook.id),
        post.webhooks.change(webhook.id, enabled=True),
    ):
        with pytest.raises(NotFound):
            await call
