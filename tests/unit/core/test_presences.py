"""Being seen: online, typing; and following others."""

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, ANN_LID, GROUP
from wigwag.core.presences import Presences
from wigwag.model.chat import ChatActivity
from wigwag.model.errors import MalformedJid, NotFound
from wigwag.model.event import IdentityLinked


async def test_every_address_leads_to_the_same_person(linked: Desk, engine: StoredEngine) -> None:
    linked.accounts.add(engine)
    presences = Presences(linked.library, linked.accounts)
    await linked.take(IdentityLinked(lid=ANN_LID, pn=ANN))
    typing = ChatActivity.COMPOSING
    for address in (str(ANN_LID), "+49 170 0000001", str(GROUP)):
        await presences.set_activity("default", address, typing)
    assert engine.presence.shown == [(ANN, typing), (ANN, typing), (GROUP, typing)]
    assert await presences.subscribe("default", str(ANN_LID)) == str(ANN)
    assert engine.presence.subscribed == [ANN]
    await presences.set_available("default", available=True)
    assert presences.is_available("default")
    with pytest.raises(MalformedJid):
        await presences.subscribe("default", "nobody")
    with pytest.raises(NotFound):
        await presences.set_available("work", available=True)
