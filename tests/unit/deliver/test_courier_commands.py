"""What is asked of a webhook while its courier is at work."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from stored.post import URL, Post, send
from wigwag.model.archived import FeedPage
from wigwag.model.errors import NotFound
from wigwag.model.webhook import DeliveryRecord


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
