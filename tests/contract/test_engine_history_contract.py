"""The past of an account, over every engine."""

import pytest

from scripted.engine_town import HEAR_LIMIT_S, EngineTown
from scripted.waiting import until
from wigwag.model.archived import HistoryAnchor
from wigwag.model.capability import Capability
from wigwag.model.event import HistoryReceived
from wigwag.model.message import Message


def past(town: EngineTown) -> list[Message]:
    return [message for event in town.told(HistoryReceived) for message in event.messages]


async def test_the_past_of_the_phone(fresh: EngineTown) -> None:
    fresh.phone.history.generate(5, 500, seed=1)
    await fresh.link()
    await until(lambda: len(past(fresh)) >= 500, HEAR_LIMIT_S)
    assert len({message.key for message in past(fresh)}) == 500
    assert all(message.from_history for message in past(fresh))
    assert "initial_bootstrap" in {event.sync_type for event in fresh.told(HistoryReceived)}
    (first, *_) = fresh.told(HistoryReceived)
    assert first.chats


@pytest.mark.capability(Capability.HISTORY_ON_DEMAND)
async def test_older_messages_are_asked_for(fresh: EngineTown) -> None:
    fresh.phone.history.generate(1, 200, seed=2)
    await fresh.link()
    await until(lambda: past(fresh), HEAR_LIMIT_S)
    newest = max(past(fresh), key=lambda message: message.timestamp)
    anchor = HistoryAnchor(key=newest.key, timestamp=newest.timestamp)
    await fresh.engine.history.request(anchor, 20, "3EB0REQUEST1")
    answer = await fresh.hear(HistoryReceived, lambda e: e.request_id == "3EB0REQUEST1")
    assert all(message.timestamp <= newest.timestamp for message in answer.messages)
