"""Who may read one person's chat reads that person's, whatever number they have."""

import json

import pytest

from stored.desk import Desk
from stored.makers import ANN, ANN_LID, BEN, BEN_LID, received
from wigwag.core.feed import Feed
from wigwag.core.keys import Keys
from wigwag.core.webhooks import Webhooks
from wigwag.model.archived import FeedFilter, MessageFilter
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import PN_SERVER, Jid
from wigwag.model.key import ApiKey, Scope

NEW = Jid("491700000777", PN_SERVER)
BEN_S_NUMBER_GOES_TO_ANN = IdentityLinked(lid=ANN_LID, pn=BEN)
ANN_HAS_A_NEW_NUMBER = IdentityLinked(lid=ANN_LID, pn=NEW)
BEN_GETS_ANN_S = IdentityLinked(lid=BEN_LID, pn=ANN)


@pytest.fixture
async def keys(desk: Desk) -> Keys:
    """Ann and Ben have told something each, under their numbers."""
    await desk.take(
        IdentityLinked(lid=ANN_LID, pn=ANN),
        IdentityLinked(lid=BEN_LID, pn=BEN),
        received("A1", chat=ANN),
        received("B1", chat=BEN, seconds=1),
    )
    keys = Keys(desk.archive)
    await keys.load()
    return keys


async def limited(keys: Keys, chat: Jid) -> str:
    """The secret of a key for one chat."""
    _, secret = await keys.create("k", {Scope.READ}, accounts=["default"], chats=[str(chat)])
    return secret


async def read(desk: Desk, key: ApiKey | None) -> tuple[list[str], list[str]]:
    """The messages that a key reads, and those whose events it reads, by id."""
    assert key is not None
    chats = await desk.library.resolve_all(("default",), key.chats)
    page = await desk.library.list_messages("default", MessageFilter(chats=tuple(chats)))
    return sorted(m.id for m in page.items), await told(desk, key.chats)


async def told(desk: Desk, chats: frozenset[str]) -> list[str]:
    wanted = FeedFilter(
        accounts=frozenset({"default"}), chats=chats, types=frozenset({"message.received"})
    )
    events = await desk.archive.list_events(0, desk.archive.last_seq, 100, wanted)
    return [json.loads(bytes(event.data))["id"] for event in events.events]


async def test_a_key_for_one_does_not_read_who_gets_the_number(desk: Desk, keys: Keys) -> None:
    ben, ann = await limited(keys, BEN), await limited(keys, ANN)
    await desk.take(
        BEN_S_NUMBER_GOES_TO_ANN,
        received("A2", chat=BEN, seconds=2),
        received("B2", chat=BEN_LID, seconds=3),
    )
    for ring in (keys.ring, (await reloaded(desk)).ring):
        assert await read(desk, ring.find(ben)) == (["B1", "B2"], ["B1", "B2"])
        assert await read(desk, ring.find(ann)) == (["A1", "A2"], ["A1", "A2"])


async def test_a_key_for_one_with_a_new_number_does_not_read_who_gets_the_old_one(
    desk: Desk, keys: Keys
) -> None:
    ann = await limited(keys, ANN)
    await desk.take(
        ANN_HAS_A_NEW_NUMBER,
        BEN_GETS_ANN_S,
        received("B2", chat=ANN, seconds=2),
        received("A2", chat=NEW, seconds=3),
    )
    stranger = await limited(keys, ANN)
    assert await read(desk, keys.ring.find(ann)) == (["A1", "A2"], ["A1", "A2"])
    assert await read(desk, keys.ring.find(stranger)) == (["B1", "B2"], ["B1", "B2"])


async def test_a_key_with_other_limits_is_not_the_one_a_stream_was_opened_with(
    desk: Desk, keys: Keys
) -> None:
    before = keys.ring.find(await limited(keys, BEN))
    assert before is not None
    assert keys.ring.holds(before)
    await desk.take(BEN_S_NUMBER_GOES_TO_ANN)
    assert not keys.ring.holds(before)


async def test_a_change_of_its_name_leaves_a_key_at_the_person(desk: Desk, keys: Keys) -> None:
    secret = await limited(keys, BEN)
    await desk.take(BEN_S_NUMBER_GOES_TO_ANN)
    (key,) = keys.list()
    assert (await keys.change(key.id, name="other")).chats == {str(BEN_LID)}
    assert keys.ring.find(secret) == keys.get(key.id)


@pytest.mark.usefixtures("keys")
async def test_a_webhook_for_one_goes_on_hearing_them(desk: Desk) -> None:
    webhooks = Webhooks(desk.archive, Feed(desk.archive))
    made = await webhooks.create("https://x.example", accounts=["default"], chats=[str(BEN)])
    await desk.take(BEN_S_NUMBER_GOES_TO_ANN, received("B2", chat=BEN_LID, seconds=2))
    after = await webhooks.get(made.id)
    assert await told(desk, after.wanted.chats) == ["B1", "B2"]


async def reloaded(desk: Desk) -> Keys:
    keys = Keys(desk.archive)
    await keys.load()
    return keys
