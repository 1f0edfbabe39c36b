"""Status updates: for a day, and to whom."""

from datetime import timedelta

import pytest

from scripted.waiting import JumpingClock
from stored.desk import Desk
from stored.makers import ANN, BEN, GROUP, at, received
from wigwag.core.chatstate import ChatState
from wigwag.core.statuses import Statuses, status_view
from wigwag.model.appstate import StatusMode
from wigwag.model.jid import STATUS_JID

ACCOUNT = "default"


@pytest.fixture
def statuses(linked: Desk) -> Statuses:
    linked.attach()
    clock = JumpingClock()
    clock.time = at(86_400)
    chat_state = ChatState(linked.library, linked.accounts)
    return Statuses(linked.library, chat_state, clock)


async def test_a_status_is_listed_for_a_day(linked: Desk, statuses: Statuses) -> None:
    await linked.take(
        received("S1", chat=STATUS_JID, sender=ANN, seconds=-1),
        received("S2", chat=STATUS_JID, sender=ANN, seconds=1),
        received("S3", chat=STATUS_JID, sender=BEN, seconds=2),
        received("A1", chat=GROUP, sender=ANN, seconds=3),
    )
    page = await statuses.list_statuses(ACCOUNT)
    assert [one.id for one in page.items] == ["S3", "S2"]
    of_ann = await statuses.list_statuses(ACCOUNT, sender=str(ANN), expired=True)
    assert [one.id for one in of_ann.items] == ["S2", "S1"]
    first = await statuses.list_statuses(ACCOUNT, limit=1)
    rest = await statuses.list_statuses(ACCOUNT, cursor=first.next_cursor)
    assert [one.id for one in (*first.items, *rest.items)] == ["S3", "S2"]
    end = page.items[0].timestamp + timedelta(days=1)
    assert status_view(page.items[0])["expires_at"] == end.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_who_sees_them(linked: Desk, statuses: Statuses) -> None:
    untold = await statuses.audience(ACCOUNT)
    assert (untold.mode, untold.people) == (StatusMode.CONTACTS, ())
    told = await statuses.set_audience(ACCOUNT, StatusMode.ALLOW_LIST, ("+49 170 0000001",))
    assert (told.mode, [one.jid for one in told.people]) == (StatusMode.ALLOW_LIST, [str(ANN)])
    assert await statuses.audience(ACCOUNT) == told
