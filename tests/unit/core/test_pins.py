"""Messages that are pinned in their chat."""

from datetime import UTC, datetime, timedelta

import pytest

from stored.desk import Desk
from stored.makers import ANN, ANN_LID, BEN, GROUP, at, key, received
from wigwag.core.views import message_view, time_view
from wigwag.model.archived import ArchivedMessage
from wigwag.model.content import MessageKey, Pin
from wigwag.model.event import IdentityLinked
from wigwag.model.instant import MAX_MS, time_of

ACCOUNT = "default"
WEEK_S = 604_800


def pin(target: MessageKey, duration_s: int = WEEK_S) -> Pin:
    return Pin(target=target, pinned=True, duration_s=duration_s)


def unpin(target: MessageKey) -> Pin:
    return Pin(target=target, pinned=False)


async def find(desk: Desk, message_id: str = "A1") -> ArchivedMessage:
    return await desk.library.get_message(ACCOUNT, message_id)


async def test_a_message_is_pinned_and_taken_down(linked: Desk) -> None:
    target = key("A1", chat=GROUP, sender=ANN)
    await linked.take(
        received("A1", chat=GROUP, sender=ANN),
        received("P1", pin(target), chat=GROUP, sender=BEN, seconds=5),
    )
    message = await find(linked)
    end = at(5) + timedelta(weeks=1)
    assert (message.pinned_at, message.pinned_until) == (at(5), end)
    shown = message_view(message)["pinned_in_chat"]
    assert shown == {"at": time_view(at(5)), "until": time_view(end)}
    await linked.take(received("P2", unpin(target), chat=GROUP, sender=ANN, seconds=9))
    assert message_view(await find(linked))["pinned_in_chat"] is None
    first, second = await linked.events("message.pinned")
    assert (first["id"], first["pinned"], first["until"]) == ("A1", True, shown["until"])
    assert (first["pinned_by"]["jid"], first["sender"]["jid"]) == (str(BEN), str(ANN))
    assert (second["pinned"], second["until"]) == (False, None)
    assert linked.count("messages") == 1


async def test_the_same_word_twice_is_told_once(linked: Desk) -> None:
    pinned = received("P1", pin(key("A1")), seconds=5)
    await linked.take(received("A1"), pinned, pinned)
    await linked.take(pinned)
    assert len(await linked.events("message.pinned")) == 1


async def test_the_later_word_stays_whichever_comes_last(linked: Desk) -> None:
    await linked.take(
        received("A1"),
        received("P2", unpin(key("A1")), seconds=9),
        received("P1", pin(key("A1")), seconds=5),
    )
    assert (await find(linked)).pinned_at is None
    assert len(await linked.events("message.pinned")) == 1


async def test_a_pin_waits_for_its_message(linked: Desk) -> None:
    await linked.take(received("P1", pin(key("A1")), seconds=5))
    assert (await linked.events("message.pinned"))[0]["pending"] is True
    await linked.take(received("A1", seconds=7))
    assert (await find(linked)).pinned_at == at(5)


@pytest.mark.parametrize(("said_s", "days"), [(0, 7), (2**32 - 1, 30), (86_400, 1)])
async def test_how_long(linked: Desk, said_s: int, days: int) -> None:
    await linked.take(received("A1"), received("P1", pin(key("A1"), said_s)))
    assert (await find(linked)).pinned_until == at(0) + timedelta(days=days)


async def test_a_time_that_nobody_lives_to_see(linked: Desk) -> None:
    late = (datetime.max.replace(tzinfo=UTC) - at(0)).total_seconds() - 1
    await linked.take(received("A1"), received("P1", pin(key("A1")), seconds=late))
    assert (await find(linked)).pinned_until == time_of(MAX_MS)


async def test_history_tells_no_event(linked: Desk) -> None:
    await linked.take(received("A1"), received("P1", pin(key("A1")), from_history=True))
    assert (await find(linked)).pinned_at == at(0)
    assert await linked.events("message.pinned") == []


async def test_a_pin_follows_its_person_to_another_address(linked: Desk) -> None:
    await linked.take(received("P1", pin(key("A1", chat=ANN_LID)), chat=ANN_LID))
    await linked.take(received("A1", seconds=-1), IdentityLinked(lid=ANN_LID, pn=ANN))
    assert (await find(linked)).pinned_at == at(0)
