"""The order of a chat whose address changes while its events are on their way."""

from scripted.waiting import until
from stored.makers import ANN, ANN_LID, BEN, received
from stored.post import BAD, GOOD, URL, Post, send
from wigwag.model.event import IdentityLinked
from wigwag.model.webhook import DeliveryRecord, lane_of

TYPES = ("message.received",)


async def move(post: Post) -> None:
    """Ann's number becomes known."""
    await post.desk.take(IdentityLinked(lid=ANN_LID, pn=ANN))


async def test_what_failed_before_a_chat_moved_stays_before_what_comes_after(post: Post) -> None:
    post.receivers.answers[URL] = [BAD, GOOD]
    webhook = await post.webhooks.create(URL, types=TYPES)
    await send(post, "A1", chat=ANN_LID)
    await post.until_settled(webhook.id, 1)
    await move(post)
    await send(post, "A2", chat=ANN_LID)
    await post.pass_until(lambda: len(post.receivers.got) == 2)
    assert post.receivers.names() == ["A1", "A2"]


async def test_what_is_on_its_way_while_a_chat_moves_stays_before_what_comes_after(
    post: Post,
) -> None:
    post.receivers.answers[URL] = [BAD, GOOD]
    gate = post.receivers.close_gate()
    await post.webhooks.create(URL, types=TYPES)
    await send(post, "A1", chat=ANN_LID)
    await until(lambda: post.receivers.asked == 1)
    await move(post)
    await send(post, "A2", chat=ANN)
    gate.set()
    await post.pass_until(lambda: len(post.receivers.got) == 2)
    assert post.receivers.names() == ["A1", "A2"]


async def test_what_was_told_under_both_addresses_is_taken_up_in_one_order(post: Post) -> None:
    post.receivers.answers[URL] = [BAD, GOOD]
    webhook = await post.webhooks.create(URL, types=TYPES)
    await post.webhooks.change(webhook.id, enabled=False)
    await send(post, "A1", chat=ANN_LID)
    await move(post)
    await send(post, "A2", chat=ANN)
    await post.webhooks.change(webhook.id, enabled=True)
    await post.pass_until(lambda: len(post.receivers.got) == 2)
    assert post.receivers.names() == ["A1", "A2"]


async def test_a_range_that_is_told_again_revives_in_the_lane_of_today(post: Post) -> None:
    webhook = await post.webhooks.create(URL, types=TYPES)
    await post.webhooks.change(webhook.id, enabled=False)
    old = DeliveryRecord(
        webhook.id, "evt_1", 1, lane_of("default", str(ANN_LID)), "x", b"{}", 1, state="dead"
    )
    new = old._replace(lane=lane_of("default", str(ANN)))
    for one in (old, new):
        await post.desk.archive.write(lambda tx, r=one: tx.webhooks.add_deliveries([r]))
    (found,) = await post.deliveries(webhook.id)
    assert (found.lane, found.state) == (new.lane, "pending")


async def test_no_other_chat_is_moved(post: Post) -> None:
    post.receivers.answers[URL] = [BAD]
    webhook = await post.webhooks.create(URL, types=TYPES)
    await send(post, "B1", chat=BEN)
    await post.desk.take(received("C1", chat=ANN_LID), account="work")
    await until(lambda: post.receivers.asked == 2)
    await move(post)
    lanes = {delivery.lane for delivery in await post.deliveries(webhook.id)}
    assert lanes == {lane_of("default", str(BEN)), lane_of("work", str(ANN_LID))}
