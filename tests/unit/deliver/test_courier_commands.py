"""What is asked of a webhook while its courier is at work."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from scripted.waiting import until
from stored.post import BAD, GOOD, URL, Post, send
from wigwag.deliver.schedule import MAX_ATTEMPTS, Outcome
from wigwag.model.archived import FeedPage
from wigwag.model.errors import Conflict, NotFound
from wigwag.model.webhook import DeliveryRecord, WebhookRecord

OLD = "https://old.example/hook"


def while_reading(post: Post, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Do this once, when a courier has read events and not yet taken them."""
    read = post.feed.read
    acts = [act]

    async def reading(*args: Any) -> FeedPage:
        page = await read(*args)
        if page.events and acts:
            await acts.pop()()
        return page

    monkeypatch.setattr(post.feed, "read", reading)


async def test_events_that_come_while_a_webhook_is_deleted_are_nobodys(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = await post.webhooks.create(URL)
    while_reading(post, monkeypatch, lambda: post.webhooks.delete(webhook.id))
    await send(post, "A1")
    await post.until_ended(webhook.id)
    assert post.receivers.asked == 0
    assert post.desk.count("deliveries") == 0


async def test_events_that_come_while_a_webhook_is_disabled_wait_in_the_log(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = await post.webhooks.create(URL)
    while_reading(post, monkeypatch, lambda: post.webhooks.change(webhook.id, enabled=False))
    await send(post, "A1")
    await post.until_ended(webhook.id)
    assert post.receivers.asked == 0
    assert (await post.webhooks.get(webhook.id)).cursor == webhook.cursor


async def test_a_test_of_a_webhook_that_is_deleted_meanwhile_leaves_nothing(post: Post) -> None:
    for _ in range(10):
        webhook = await post.webhooks.create(URL)
        deleted, tested = await asyncio.gather(
            post.webhooks.delete(webhook.id),
            post.webhooks.test(webhook.id),
            return_exceptions=True,
        )
        assert deleted is None
        assert isinstance(tested, NotFound)
    assert post.desk.count("deliveries") == 0


async def test_deliveries_of_nobody_are_removed_at_the_start(post: Post) -> None:
    webhook = await post.webhooks.create(URL)
    await post.webhooks.change(webhook.id, enabled=False)
    await post.webhooks.test(webhook.id)
    orphan = DeliveryRecord("wh_gone", "evt_1", 1, "lane", "x", b"{}", 1)
    await post.desk.archive.write(lambda tx: tx.webhooks.add_deliveries([orphan]))
    await post.couriers.stop()
    await post.start()
    rows = post.desk.rows("SELECT webhook_id FROM deliveries")
    assert [row["webhook_id"] for row in rows] == [webhook.id]


async def begun_lane(post: Post, url: str = URL) -> tuple[WebhookRecord, asyncio.Event]:
    """Three deliveries of a chat were taken up, and the first of them is on its way."""
    gate = post.receivers.close_gate(url)
    webhook = await post.webhooks.create(url)
    await post.webhooks.change(webhook.id, enabled=False)
    await send(post, "A1", "A2", "A3")
    await post.webhooks.change(webhook.id, enabled=True)
    await until(lambda: post.receivers.asked == 1)
    return webhook, gate


async def test_after_a_deletion_only_what_was_on_its_way_arrives(post: Post) -> None:
    webhook, gate = await begun_lane(post)
    await post.webhooks.delete(webhook.id)
    gate.set()
    await post.until_ended(webhook.id)
    assert post.receivers.names() == ["A1"]
    assert post.desk.count("deliveries") == 0


async def test_after_disabling_the_rest_waits_untried(post: Post) -> None:
    webhook, gate = await begun_lane(post)
    await post.webhooks.change(webhook.id, enabled=False)
    gate.set()
    await post.until_ended(webhook.id)
    assert post.receivers.names() == ["A1"]
    assert [d.attempts for d in await post.deliveries(webhook.id)] == [0, 0]
    await post.webhooks.change(webhook.id, enabled=True)
    await until(lambda: post.receivers.names() == ["A1", "A2", "A3"])


async def test_after_a_new_url_the_rest_goes_there(post: Post) -> None:
    webhook, gate = await begun_lane(post, OLD)
    await post.webhooks.change(webhook.id, url=URL)
    gate.set()
    await until(lambda: len(post.receivers.got) == 3)
    assert post.receivers.names(OLD) == ["A1"]
    assert post.receivers.names() == ["A2", "A3"]


async def test_a_receiver_that_was_left_disables_nothing(post: Post) -> None:
    post.receivers.answers[OLD] = [Outcome(status=410)]
    webhook, gate = await begun_lane(post, OLD)
    await post.webhooks.change(webhook.id, url=URL)
    gate.set()
    await post.pass_until(lambda: len(post.receivers.got) == 3)
    assert post.receivers.names() == ["A1", "A2", "A3"]
    assert (await post.webhooks.get(webhook.id)).enabled


async def test_what_disabled_a_webhook_first_is_the_reason(post: Post) -> None:
    post.receivers.answers[URL] = [Outcome(status=410)]
    webhook, gate = await begun_lane(post)
    await post.webhooks.change(webhook.id, enabled=False)
    gate.set()
    await post.until_ended(webhook.id)
    assert (await post.webhooks.get(webhook.id)).reason == ""


async def test_a_delivery_that_is_revived_in_its_last_attempt_is_tried_again(post: Post) -> None:
    post.receivers.answers[URL] = [BAD, GOOD]
    gate = post.receivers.close_gate(URL)
    webhook = await post.webhooks.create(URL)
    await post.webhooks.change(webhook.id, enabled=False)
    event_id = await post.webhooks.test(webhook.id)
    (first,) = await post.deliveries(webhook.id)
    tried = first._replace(attempts=MAX_ATTEMPTS - 1)
    await post.desk.archive.write(lambda tx: tx.webhooks.change_deliveries([(first, tried)]))
    await post.webhooks.change(webhook.id, enabled=True)
    await until(lambda: post.receivers.asked == 1)
    await post.webhooks.redeliver(webhook.id, event_id)
    gate.set()
    await until(lambda: post.receivers.names() == ["webhook.test"])
    await post.until_empty(webhook.id)


async def test_of_two_ranges_at_once_one_is_told_and_one_refused(post: Post) -> None:
    webhook = await post.webhooks.create(URL)
    await send(post, "A1", "A2", "A3", "A4")
    await until(lambda: len(post.receivers.got) == 4)
    await post.until_empty(webhook.id)
    first, second = await asyncio.gather(
        post.webhooks.replay(webhook.id, 1, 2),
        post.webhooks.replay(webhook.id, 3, 4),
        return_exceptions=True,
    )
    assert isinstance(first, WebhookRecord)
    assert isinstance(second, Conflict)
    await until(lambda: len(post.receivers.got) == 6)
    assert post.receivers.names()[4:] == ["A1", "A2"]


async def test_of_two_secrets_at_once_the_first_is_the_former_one(post: Post) -> None:
    webhook = await post.webhooks.create(URL)
    first, second = await asyncio.gather(
        post.webhooks.rotate(webhook.id), post.webhooks.rotate(webhook.id)
    )
    now = await post.webhooks.get(webhook.id)
    assert (now.secret, now.old_secret) == (second.secret, first.secret)
