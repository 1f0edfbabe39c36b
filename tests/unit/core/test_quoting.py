"""What a new message says of others."""

import pytest

from stored.desk import Desk
from stored.makers import ANN, BEN, GROUP, received
from wigwag.core.quoting import find_quoted, mentioned
from wigwag.model.content import Quoted
from wigwag.model.errors import AmbiguousId, MalformedJid, NotFound


async def test_a_reply_names_its_chat_only_from_elsewhere(desk: Desk) -> None:
    await desk.take(received("A1", "question", chat=GROUP, sender=BEN))
    library, group = desk.library, str(GROUP)
    here = await find_quoted(library, "default", "A1", to=group, chat=group)
    assert here == Quoted(id="A1", sender=BEN, text="question")
    private = await find_quoted(library, "default", "A1", to=str(BEN), chat=group)
    assert private == Quoted(id="A1", sender=BEN, chat=GROUP, text="question")


async def test_who_is_meant_has_to_be_clear(desk: Desk) -> None:
    library, group = desk.library, str(GROUP)
    await desk.take(
        received("A1", "of Ann", chat=GROUP, sender=ANN),
        received("A1", "of Ben", chat=GROUP, sender=BEN),
    )
    with pytest.raises(AmbiguousId):
        await find_quoted(library, "default", "A1", to=group, chat=group)
    found = await find_quoted(library, "default", "A1", to=group, chat=group, sender=str(ANN))
    assert found.text == "of Ann"
    with pytest.raises(NotFound):
        await find_quoted(library, "default", "A1", to=str(ANN), chat=str(ANN))


def test_people_are_mentioned_once_each() -> None:
    assert mentioned(["+49 170 0000001", str(ANN), str(BEN)]) == (ANN, BEN)
    with pytest.raises(MalformedJid):
        mentioned([str(GROUP)])
