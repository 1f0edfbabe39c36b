"""Edits, revokes and reactions: once, by those who may, in whatever order they come."""

from itertools import permutations

import pytest

from stored.desk import Desk
from stored.engine import OWN
from stored.makers import (
    ANN,
    BEN,
    GROUP,
    at,
    edit,
    key,
    message,
    picture,
    reaction,
    received,
    revoke,
)
from wigwag.core import ingest
from wigwag.model.archived import MessageFilter
from wigwag.model.chat import Group, Participant
from wigwag.model.content import Media, MediaRef, PollVote
from wigwag.model.event import EngineEvent, GroupJoined, HistoryReceived, MessageReceived

A1 = key("A1")


async def test_an_edit_changes_the_text_and_keeps_the_versions(desk: Desk) -> None:
    await desk.take(received("A1", "frist"))
    await desk.take(received("E1", edit(A1, "first"), seconds=10))
    await desk.take(received("E2", edit(A1, "First"), seconds=20))
    found = await desk.library.get_message("default", "A1")
    assert (found.text, found.edited_at) == ("First", at(20))
    versions = await desk.library.list_edits("default", "A1")
    assert [(v.id, v.text) for v in versions] == [("A1", "frist"), ("E1", "first"), ("E2", "First")]
    told = await desk.events("message.edited")
    assert [(e["id"], e["edit_id"], e["text"], e["pending"]) for e in told] == [
        ("A1", "E1", "first", False),
        ("A1", "E2", "First", False),
    ]
    assert desk.count("messages") == 1


async def test_search_follows_an_edit(desk: Desk) -> None:
    await desk.take(received("A1", "apricot"), received("E1", edit(A1, "plum"), seconds=1))
    for query, ids in (("apricot", []), ("plum", ["A1"])):
        page = await desk.library.list_messages("default", MessageFilter(query=query))
        assert [m.id for m in page.items] == ids


async def test_an_edit_of_a_caption_keeps_the_file(desk: Desk) -> None:
    ref = MediaRef(
        direct_path="/v/1", media_key=b"k", file_sha256=b"s", file_enc_sha256=b"e", size_bytes=1
    )
    await desk.take(received("A1", picture(ref, caption="old")))
    await desk.take(received("E1", edit(A1, "new"), seconds=1))
    found = await desk.library.get_message("default", "A1")
    assert isinstance(found.content, Media)
    assert (found.text, found.content.caption, found.content.ref) == ("new", "new", ref)


async def test_nobody_edits_the_message_of_another(desk: Desk) -> None:
    target = key("A1", chat=GROUP, sender=ANN)
    await desk.take(received("A1", "mine", chat=GROUP, sender=ANN))
    await desk.take(received("E1", edit(target, "forged"), chat=GROUP, sender=BEN, seconds=1))
    assert (await desk.library.get_message("default", "A1")).text == "mine"


async def test_a_revoke_is_a_tombstone(desk: Desk) -> None:
    await desk.take(received("A1", "oops"), received("R1", revoke(A1), seconds=3))
    found = await desk.library.get_message("default", "A1")
    assert found.revoked_at == at(3)
    assert desk.count("messages") == 1
    (event,) = await desk.events("message.revoked")
    assert (event["id"], event["revoked_by"]["jid"]) == ("A1", str(ANN))


async def test_in_a_direct_chat_only_the_author_revokes(linked: Desk) -> None:
    mine = key("M1", from_me=True)
    await linked.take(received("M1", "mine", from_me=True))
    await linked.take(received("R1", revoke(mine), seconds=1))
    assert (await linked.library.get_message("default", "M1")).revoked_at is None
    await linked.take(received("R2", revoke(mine), from_me=True, seconds=2))
    assert (await linked.library.get_message("default", "M1")).revoked_at == at(2)


@pytest.mark.parametrize(("admin", "revoked"), [(True, True), (False, False)])
async def test_in_a_group_its_admins_revoke(desk: Desk, admin: bool, revoked: bool) -> None:
    people = (Participant(jid=ANN), Participant(jid=BEN, admin=admin))
    await desk.take(GroupJoined(group=Group(jid=GROUP, subject="Us", participants=people)))
    target = key("A1", chat=GROUP, sender=ANN)
    await desk.take(received("A1", chat=GROUP, sender=ANN))
    await desk.take(received("R1", revoke(target), chat=GROUP, sender=BEN, seconds=1))
    found = await desk.library.get_message("default", "A1")
    assert (found.revoked_at is not None) == revoked
    assert ("message.revoked" in await desk.types()) == revoked


async def test_the_last_reaction_of_each_person_stands(linked: Desk) -> None:
    await linked.take(received("A1"))
    for number, (emoji, mine) in enumerate([("👍", False), ("🎉", True), ("❤️", False)]):
        change = received(f"R{number}", reaction(A1, emoji), from_me=mine, seconds=number)
        await linked.take(change, change)
    found = await linked.library.get_message("default", "A1")
    assert {(r.person.jid, r.emoji) for r in found.reactions} == {
        (str(OWN), "🎉"),
        (str(ANN), "❤️"),
    }
    await linked.take(received("R9", reaction(A1, ""), seconds=9))
    found = await linked.library.get_message("default", "A1")
    assert [r.emoji for r in found.reactions] == ["🎉"]
    told = await linked.events("message.reaction")
    assert [(e["emoji"], e["removed"]) for e in told][-1] == ("", True)
    assert len(told) == 4


async def test_a_sealed_vote_is_kept_and_told(desk: Desk) -> None:
    vote = received("V1", PollVote(poll=A1, enc_payload=b"p", enc_iv=b"i"), seconds=1)
    await desk.take(vote, vote)
    assert desk.count("votes") == 1
    (event,) = await desk.events("poll.vote")
    assert event["poll"]["id"] == "A1"


@pytest.mark.parametrize("expected_together", [1, 1_000])
async def test_whatever_the_order_the_end_is_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, expected_together: int
) -> None:
    """All 120 orders of a message, two edits, a reaction and a revoke, each twice."""
    monkeypatch.setattr(ingest, "WORTH_EXPECTING", expected_together)
    for number, order in enumerate(permutations(range(5))):
        account = f"order{number}"
        events: list[EngineEvent] = [
            received("A1", "one"),
            received("E1", edit(A1, "two"), seconds=1),
            received("E2", edit(A1, "three"), seconds=2),
            received("R1", reaction(A1, "👍"), seconds=3),
            received("D1", revoke(A1), seconds=4),
        ]
        await desk.take(*(events[i] for i in order), account=account)
        await desk.take(*(events[i] for i in order), account=account)
        found = await desk.library.get_message(account, "A1")
        assert (found.text, found.revoked_at) == ("three", at(4))
        assert [r.emoji for r in found.reactions] == ["👍"]
        assert sorted(await desk.types(account)) == [
            "message.edited",
            "message.edited",
            "message.reaction",
            "message.received",
            "message.revoked",
        ]
    assert desk.count("messages") == 120


async def test_an_edit_before_its_message_is_applied_when_that_comes(desk: Desk) -> None:
    await desk.take(received("E2", edit(A1, "third"), seconds=2))
    await desk.take(received("E1", edit(A1, "second"), seconds=1))
    await desk.take(received("A1", "first"))
    found = await desk.library.get_message("default", "A1")
    assert (found.text, found.edited_at) == ("third", at(2))
    versions = await desk.library.list_edits("default", "A1")
    assert [v.text for v in versions] == ["first", "second", "third"]
    assert [e["pending"] for e in await desk.events("message.edited")] == [True, True]
    (event,) = await desk.events("message.received")
    assert event["text"] == "third"


async def test_changes_from_history_are_applied_in_silence(desk: Desk) -> None:
    messages = (
        message("D1", revoke(A1), seconds=3, from_history=True),
        message("R1", reaction(A1, "👍"), seconds=2, from_history=True),
        message("E1", edit(A1, "new"), seconds=1, from_history=True),
        message("A1", "old", from_history=True),
    )
    await desk.take(HistoryReceived(sync_type="full", progress=9, chunk=0, messages=messages))
    found = await desk.library.get_message("default", "A1")
    assert (found.text, found.revoked_at, len(found.reactions)) == ("new", at(3), 1)
    assert await desk.types() == ["history.progress"]


async def test_an_own_edit_from_another_device_is_applied(linked: Desk) -> None:
    mine = key("M1", from_me=True)
    await linked.take(received("M1", "mine", from_me=True))
    await linked.take(
        MessageReceived(message=message("E1", edit(mine, "better"), from_me=True, seconds=1))
    )
    assert (await linked.library.get_message("default", "M1")).text == "better"
