"""Messages over HTTP: filters, pages while rows arrive, searches, one by its id, its neighbours."""

from typing import Any

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of
from stored.makers import ANN, BEN, GROUP, edit, key, picture, reaction, received
from wigwag.http.models.messages import ContextShape, MessagePage, MessageShape, VersionPage
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Content,
    Context,
    Location,
    MediaKind,
    Poll,
    Quoted,
    Text,
    Unsupported,
)
from wigwag.model.key import Scope

ONLY_ANN = key_of(Scope.READ, chats=(str(ANN),))


async def some_talk(desk: Desk) -> None:
    await desk.take(
        received("A1", "tea"),
        received("A2", "coffee", from_me=True, seconds=10),
        received("B1", "tea time", chat=BEN, seconds=20),
        received("G1", "Tea?", chat=GROUP, sender=BEN, seconds=30),
        received("P1", picture(None, caption="a teapot"), seconds=40),
    )


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, ["P1", "G1", "B1", "A2", "A1"]),
        ({"chat": str(ANN)}, ["P1", "A2", "A1"]),
        ({"chat": "+49 170 000-0001"}, ["P1", "A2", "A1"]),
        ({"sender": "491700000002"}, ["G1", "B1"]),
        ({"kind": "image"}, ["P1"]),
        ({"kind": ["image", "text"], "from_me": "true"}, ["A2"]),
        ({"from": "2026-03-01T12:00:10Z", "to": "2026-03-01T12:00:30Z"}, ["B1", "A2"]),
        ({"from": "2026-03-01T13:00:20+01:00"}, ["P1", "G1", "B1"]),
        ({"from": "9999-12-31T00:00:00Z"}, []),
        ({"to": "9999-12-31T00:00:00Z", "from": "0001-01-01T00:00:00Z", "limit": 1}, ["P1"]),
        ({"has_media": "true"}, ["P1"]),
        ({"has_media": "false", "from_me": "false"}, ["G1", "B1", "A1"]),
        ({"starred": "true"}, []),
        ({"label": "1"}, []),
        ({"q": "tea"}, ["G1", "B1", "A1"]),
        ({"q": "tea* -time", "chat": str(ANN)}, ["P1", "A1"]),
        ({"q": "?!"}, []),
    ],
)
async def test_filters(desk: Desk, doors: Doors, query: dict[str, Any], ids: list[str]) -> None:
    await some_talk(desk)
    assert await doors.ids("/messages", **query) == ids


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-03-01T12:00:00"}, "timezone"),
        ({"to": "0.5"}, "RFC 3339"),
        ({"kind": "novel"}, "kind"),
        ({"q": "x" * 1_001}, "q"),
        ({"chat": "nobody"}, "number"),
        ({"cursor": "x"}, "cursor"),
    ],
)
async def test_mistakes_are_told(doors: Doors, query: dict[str, Any], word: str) -> None:
    answer = await doors.get("/messages", **query)
    assert answer.status_code == 400
    assert word in answer.json()["detail"]


@pytest.mark.parametrize(
    "query", [{}, {"q": "common"}, {"chat": str(ANN)}, {"key": ONLY_ANN}], ids=" ".join
)
async def test_pages_have_every_message_once_while_new_ones_come(
    desk: Desk, doors: Doors, query: dict[str, Any]
) -> None:
    await desk.take(*(received(f"A{n:02}", "a common word", seconds=n // 3) for n in range(23)))
    seen: list[str] = []
    cursor = ""
    for page_number in range(10):
        page = await doors.view("/messages", cursor=cursor, limit=5, **query)
        MessagePage.model_validate(page)
        seen += [item["id"] for item in page["items"]]
        late = received(f"N{page_number}", "a common word", seconds=100 + page_number)
        await desk.take(late, received(f"B{page_number}", "a common word", chat=BEN, seconds=200))
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"A{n:02}" for n in reversed(range(23))]


async def test_a_search_tells_what_it_found(desk: Desk, doors: Doors) -> None:
    long = "x " * 200 + "Um ORÇAMENTO para São João" + " y" * 200
    await desk.take(
        received("A1", long),
        received("D1", picture(None, filename="Orçamento 2026.pdf"), seconds=1),
        received("S1", "<b>orcamento</b> \ufdd0 sao", seconds=2),
    )
    page = await doors.view("/messages", q='orcamento -"nothing here"')
    snippets = {item["id"]: item["snippet"] for item in page["items"]}
    assert [part["text"] for part in snippets["A1"] if part["match"]] == ["ORÇAMENTO"]
    told = "".join(part["text"] for part in snippets["A1"])
    assert told.startswith("…")
    assert told.strip("…") in long
    assert snippets["D1"][0] == {"text": "Orçamento", "match": True}
    assert snippets["S1"][:2] == [
        {"text": "<b>", "match": False},
        {"text": "orcamento", "match": True},
    ]
    assert "snippet" not in (await doors.view("/messages"))["items"][0]


async def test_one_message_by_its_id(desk: Desk, doors: Doors) -> None:
    await desk.take(
        received("A1", "one"),
        received("A1", "two", chat=BEN),
        received("A2", picture(None)),
        received("R1", reaction(key("A2"), "👍")),
    )
    assert await doors.problem("/messages/A1") == (409, "ambiguous_id")
    assert (await doors.view("/messages/A1", chat="+491700000002"))["text"] == "two"
    assert (await doors.view("/messages/A1", sender=str(ANN)))["text"] == "one"
    assert await doors.problem("/messages/nothing") == (404, "not_found")
    assert await doors.problem("/messages/A1", chat="nobody") == (400, "malformed_jid")
    found = await doors.view("/messages/A2")
    assert (await doors.view("/messages"))["items"][0] == found
    assert found["reactions"][0]["emoji"] == "👍"
    assert found["media"]["url"] == (
        "/v1/accounts/default/messages/A2/media"
        "?chat=491700000001%40s.whatsapp.net&sender=491700000001%40s.whatsapp.net"
    )


async def test_versions_of_an_edited_message(desk: Desk, doors: Doors) -> None:
    # both within one second: the first version is first all the same
    await desk.take(received("A1", "frist"), received("E1", edit(key("A1"), "first")))
    page = await doors.view("/messages/A1/edits")
    VersionPage.model_validate(page)
    assert [(item["id"], item["text"]) for item in page["items"]] == [
        ("A1", "frist"),
        ("E1", "first"),
    ]
    assert (await doors.view("/messages/A1"))["text"] == "first"
    assert await doors.view("/messages/A1/receipts") == {"items": [], "next_cursor": None}


async def test_the_neighbours_of_a_message(desk: Desk, doors: Doors) -> None:
    await desk.take(*(received(f"A{n}", seconds=n) for n in range(9)))
    await desk.take(received("B1", chat=BEN, seconds=4))
    found = await doors.view("/messages/A4/context", before=2, after=3)
    ContextShape.model_validate(found)
    assert [item["id"] for item in found["before"]] == ["A2", "A3"]
    assert found["message"]["id"] == "A4"
    assert [item["id"] for item in found["after"]] == ["A5", "A6", "A7"]
    alone = await doors.view("/messages/B1/context", before=0)
    assert (alone["before"], alone["after"]) == ([], [])
    assert (await doors.get("/messages/A4/context", after=201)).status_code == 400


async def test_a_key_that_is_limited_to_chats_sees_no_others(desk: Desk, doors: Doors) -> None:
    await some_talk(desk)
    await desk.take(received("A1", "another", chat=BEN, seconds=50))
    assert await doors.ids("/messages", key=ONLY_ANN) == ["P1", "A2", "A1"]
    assert await doors.ids("/messages", key=ONLY_ANN, q="tea") == ["A1"]
    assert await doors.ids("/messages", key=ONLY_ANN, has_media="true") == ["P1"]
    both = key_of(Scope.READ, chats=(str(ANN), str(GROUP), "nobody@lid"))
    assert await doors.ids("/messages", key=both) == ["P1", "G1", "A2", "A1"]
    assert await doors.ids("/chats/491700000001/messages", key=ONLY_ANN) == ["P1", "A2", "A1"]
    found = await doors.view("/messages/A1", key=ONLY_ANN)
    assert found["text"] == "tea", "the other one is not there, so the id is not ambiguous"
    for path in (
        "/messages/B1",
        "/messages/B1/edits",
        "/messages/B1/receipts",
        "/messages/B1/context",
        "/messages/A1?chat=491700000002",
        "/messages?chat=491700000002",
        "/chats/491700000002/messages",
    ):
        assert await doors.problem(path, key=ONLY_ANN) == (404, "not_found"), path


async def test_what_is_not_served_or_allowed(doors: Doors) -> None:
    for path in ("/messages", "/messages/A1", "/chats/491700000001/messages"):
        assert await doors.problem(f"/v1/accounts/nobody{path}") == (404, "not_found")
        assert await doors.problem(path, key=key_of(Scope.SEND)) == (403, "scope_missing")
        other = key_of(Scope.READ, accounts=("work",))
        assert await doors.problem(path, key=other) == (404, "not_found")


CONTENTS: list[Content] = [
    Text(
        text="hello @x",
        context=Context(
            quoted=Quoted(id="Q1", sender=BEN, text="?"), mentions=(BEN,), forwarded=True
        ),
    ),
    picture(None, caption="c", width=3, height=4),
    Location(latitude=1.5, longitude=-2.5, name="Here"),
    Contacts(cards=(ContactCard(name="Ben", vcard="BEGIN:VCARD"),)),
    Poll(question="Tea?", options=("yes", "no"), selectable=1, secret=b"s" * 32),
    Unsupported(fields=("orderMessage",), raw=b"x"),
]


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: type(content).__name__)
async def test_every_kind_has_the_shape_that_is_documented(
    desk: Desk, doors: Doors, content: Content
) -> None:
    await desk.take(received("A1", content))
    view = await doors.view("/messages/A1")
    shape = MessageShape.model_validate(view)
    told = shape.model_dump(mode="json", exclude_unset=True)
    assert told.keys() == view.keys()
    assert set(MediaKind) < {kind.value for kind in type(shape.type)}
