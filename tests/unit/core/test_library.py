"""Reading: filters, pages, cursors, and addresses in every form."""

import pytest

from stored.desk import Desk
from stored.makers import ANN, BEN, GROUP, at, picture, received
from wigwag.core.views import (
    chat_view,
    contact_view,
    encode,
    group_view,
    message_view,
    receipt_view,
    version_view,
)
from wigwag.model.archived import MessageFilter
from wigwag.model.chat import Group, Participant
from wigwag.model.errors import AmbiguousId, InvalidInput, MalformedJid, NotFound
from wigwag.model.event import GroupJoined

ALL = MessageFilter()


async def test_pages_have_every_message_once_while_new_ones_come(desk: Desk) -> None:
    await desk.take(*(received(f"A{n:03}", seconds=n // 3) for n in range(100)))
    seen: list[str] = []
    cursor = ""
    while True:
        page = await desk.library.list_messages("default", ALL, cursor=cursor, limit=7)
        seen += [m.id for m in page.items]
        await desk.take(received(f"N{len(seen)}", seconds=1000 + len(seen)))
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == [f"A{n:03}" for n in reversed(range(100))]


async def test_filters(linked: Desk) -> None:
    await linked.take(
        received("A1", "tea"),
        received("A2", "coffee", from_me=True, seconds=10),
        received("B1", "tea time", chat=BEN, seconds=20),
        received("G1", "Tea?", chat=GROUP, sender=BEN, seconds=30),
        received("P1", picture(None, caption="a teapot"), seconds=40),
    )
    cases: list[tuple[MessageFilter, list[str]]] = [
        (MessageFilter(chat=str(ANN)), ["P1", "A2", "A1"]),
        (MessageFilter(sender=str(BEN)), ["G1", "B1"]),
        (MessageFilter(kinds=("image",)), ["P1"]),
        (MessageFilter(has_media=True), ["P1"]),
        (MessageFilter(has_media=False, from_me=False), ["G1", "B1", "A1"]),
        (MessageFilter(from_me=True), ["A2"]),
        (MessageFilter(after=at(10), before=at(30)), ["B1", "A2"]),
        (MessageFilter(query="tea"), ["G1", "B1", "A1"]),
        (MessageFilter(query="tea*"), ["P1", "G1", "B1", "A1"]),
        (MessageFilter(query="tea -time"), ["G1", "A1"]),
        (MessageFilter(query='"tea time"'), ["B1"]),
        (MessageFilter(query="coffee OR teapot"), ["P1", "A2"]),
        (MessageFilter(query="tea", chat=str(BEN)), ["B1"]),
        (MessageFilter(query="tea", after=at(25)), ["G1"]),
        (MessageFilter(query="?!"), []),
        (MessageFilter(query="nothing"), []),
    ]
    for wanted, ids in cases:
        page = await linked.library.list_messages("default", wanted)
        assert [m.id for m in page.items] == ids, wanted


async def test_search_pages_newest_first_whatever_came_first(desk: Desk) -> None:
    order = [5, 1, 9, 3, 7, 0, 8, 2, 6, 4]
    await desk.take(*(received(f"A{n}", "common word", seconds=n) for n in order[:5]))
    await desk.take(*(received(f"A{n}", "common word", seconds=n) for n in order[5:]))
    seen: list[str] = []
    cursor = ""
    while True:
        page = await desk.library.list_messages(
            "default", MessageFilter(query="common"), cursor=cursor, limit=3
        )
        seen += [m.id for m in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == [f"A{n}" for n in reversed(range(10))]


async def test_search_does_not_care_about_case_and_accents(desk: Desk) -> None:
    await desk.take(received("A1", "Um ORÇAMENTO para São João, Łódź, Straße 😀 你好世界"))
    queries = ("orcamento", "Orçamento", "sao joao", "são JOÃO", "lodz", "STRASSE", "😀", "世界")
    for query in queries:
        page = await desk.library.list_messages("default", MessageFilter(query=query))
        assert [m.id for m in page.items] == ["A1"], query


async def test_chats_page_by_their_latest_message(desk: Desk) -> None:
    from wigwag.model.jid import Jid

    people = [Jid(f"4917000000{n:02}", "s.whatsapp.net") for n in range(25)]
    await desk.take(*(received("A1", chat=p, seconds=n % 5) for n, p in enumerate(people)))
    seen: list[str] = []
    cursor = ""
    while True:
        page = await desk.library.list_chats("default", cursor=cursor, limit=4)
        seen += [c.jid for c in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert sorted(seen) == sorted(str(p) for p in people)


async def test_chats_are_found_by_name_and_number(desk: Desk) -> None:
    await desk.take(received("A1", push_name="Zoë"), received("B1", chat=BEN, push_name="Bęń Łoś"))
    for query, jids in (
        ("ZOE", [str(ANN)]),
        ("los", [str(BEN)]),
        ("70000000", [str(BEN), str(ANN)]),
        ("x", []),
    ):
        page = await desk.library.list_chats("default", query=query)
        assert [c.jid for c in page.items] == jids


async def test_one_id_in_two_chats_is_ambiguous_until_the_chat_is_said(desk: Desk) -> None:
    await desk.take(received("A1", "one"), received("A1", "two", chat=BEN))
    with pytest.raises(AmbiguousId):
        await desk.library.get_message("default", "A1")
    assert (await desk.library.get_message("default", "A1", chat="491700000002")).text == "two"
    assert (await desk.library.get_message("default", "A1", sender=str(ANN))).text == "one"


async def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    library = desk.library
    for question in (
        library.get_message("default", "A1"),
        library.get_chat("default", str(ANN)),
        library.get_contact("default", str(ANN)),
        library.get_group("default", str(GROUP)),
        library.list_edits("default", "A1"),
        library.list_receipts("default", "A1"),
    ):
        with pytest.raises(NotFound):
            await question


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "=", "gA", "zzF5"])
async def test_a_foreign_cursor_is_refused(desk: Desk, cursor: str) -> None:
    for asking in (
        desk.library.list_messages("default", ALL, cursor=cursor),
        desk.library.list_chats("default", cursor=cursor),
    ):
        with pytest.raises(InvalidInput):
            await asking


@pytest.mark.parametrize("limit", [0, -1, 201])
async def test_limits_have_limits(desk: Desk, limit: int) -> None:
    with pytest.raises(InvalidInput):
        await desk.library.list_messages("default", ALL, limit=limit)


async def test_a_bad_address_is_said_to_be_one(desk: Desk) -> None:
    with pytest.raises(MalformedJid):
        await desk.library.get_chat("default", "not a number")


async def test_every_view_is_json(linked: Desk) -> None:
    await linked.take(
        received("A1", push_name="Ann"),
        GroupJoined(group=Group(jid=GROUP, subject="Us", participants=(Participant(jid=ANN),))),
    )
    library = linked.library
    views = [
        message_view(await library.get_message("default", "A1")),
        chat_view(await library.get_chat("default", str(ANN))),
        contact_view(await library.get_contact("default", str(ANN))),
        group_view(await library.get_group("default", str(GROUP))),
        *(version_view(v) for v in await library.list_edits("default", "A1")),
        *(receipt_view(r) for r in await library.list_receipts("default", "A1")),
    ]
    for view in views:
        assert encode(view).startswith(b"{")
    assert views[0]["timestamp"] == "2026-03-01T12:00:00Z"
