"""Real whatsmeow clients and people of the sandbox in groups."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from peers.stage import Companion, Stage
from wigwag.model.jid import Jid, parse_jid
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.person import Person
from wigwag.sandbox.samples import make_png

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Cast:
    stage: Stage
    ada: Companion
    bob: Companion
    grace: Person


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cast]:
    stage = await Stage.open(tmp_path_factory.mktemp("groups"))
    try:
        ada, bob = await stage.linked("Ada", "Bob")
        yield Cast(stage, ada, bob, stage.sandbox.add_person(name="Grace"))
        assert ada.complaints == bob.complaints == []
    finally:
        await stage.close()


async def make_group(cast: Cast, subject: str) -> Jid:
    members = [str(cast.bob.pn), str(cast.grace.pn)]
    jid = await cast.ada.call("create_group", subject=subject, participants=members)
    await cast.bob.wait(
        "joined_group", lambda e: e.data["GroupInfo"]["GroupName"]["Name"] == subject
    )
    return parse_jid(jid)


async def test_everyone_reads_everyone(cast: Cast):
    ada, bob, grace = cast.ada, cast.bob, cast.grace
    group = await make_group(cast, "All of us")
    info = await bob.call("group_info", jid=str(group))
    assert info["GroupName"]["Name"] == "All of us"
    members = {member["LID"]["User"] for member in info["Participants"]}
    assert members == {ada.lid.user, bob.lid.user, grace.lid.user}

    await ada.send_text(group, "from Ada")
    got = await bob.wait_text("from Ada")
    assert got.source("Chat") == str(group)
    assert got.source("Sender") == str(ada.lid)
    entry = await grace.wait_for(lambda e: e.text == "from Ada")
    assert (entry.chat, entry.sender) == (group, ada.lid)

    await bob.send_text(group, "from Bob")
    await ada.wait_text("from Bob")
    await grace.wait_for(lambda e: e.text == "from Bob")

    grace.send_text(group, "from Grace")
    for client in (ada, bob):
        assert (await client.wait_text("from Grace")).source("Sender") == str(grace.lid)

    await ada.send_text(group, "from Ada again")
    await bob.wait_text("from Ada again")
    await grace.wait_for(lambda e: e.text == "from Ada again")
    assert str(group) in await ada.call("joined_groups")


async def test_a_group_made_by_a_person(cast: Cast):
    grace = cast.grace
    made = cast.stage.sandbox.create_group("Grace's", [cast.ada.pn, cast.bob.pn], creator=grace.pn)
    joined = await cast.ada.wait(
        "joined_group", lambda e: e.data["GroupInfo"]["GroupName"]["Name"] == "Grace's"
    )
    assert joined.data["GroupInfo"]["JID"]["User"] == made.jid.user
    grace.send_text(made.jid, "welcome")
    await cast.ada.wait_text("welcome")
    await cast.bob.send_text(made.jid, "thanks")
    await grace.wait_for(lambda e: e.text == "thanks")


async def test_members_come_and_go(cast: Cast):
    ada, bob, grace = cast.ada, cast.bob, cast.grace
    group = await make_group(cast, "Comings")
    late = cast.stage.sandbox.add_person(name="Late")
    await ada.send_text(group, "before you came")
    await bob.wait_text("before you came")

    mark = bob.mark()
    await ada.call("change_members", jid=str(group), members=[str(late.pn)], action="ADD")
    change = await bob.wait("group_info", lambda e: "Join" in e.data, since=mark)
    assert [jid["User"] for jid in change.data["Join"]] == [late.lid.user]
    await bob.send_text(group, "after you came")
    assert (await late.wait_for(lambda e: e.chat == group)).text == "after you came"
    late.send_text(group, "here I am")
    await ada.wait_text("here I am")

    mark = bob.mark()
    await ada.call("change_members", jid=str(group), members=[str(late.pn)], action="REMOVE")
    await bob.wait("group_info", lambda e: "Leave" in e.data, since=mark)
    await bob.send_text(group, "without you")
    await grace.wait_for(lambda e: e.text == "without you")
    assert [e.text for e in late.inbox.entries() if e.chat == group] == ["after you came"]

    mark = ada.mark()
    await bob.call("leave_group", jid=str(group))
    await ada.wait("group_info", lambda e: "Leave" in e.data, since=mark)
    assert str(group) not in await bob.call("joined_groups")


async def test_subject_roles_and_invitation(cast: Cast):
    ada, bob = cast.ada, cast.bob
    group = await make_group(cast, "Old name")
    mark = bob.mark()
    await ada.call("set_subject", jid=str(group), subject="New name")
    change = await bob.wait("group_info", lambda e: "Name" in e.data, since=mark)
    assert change.data["Name"]["Name"] == "New name"

    await ada.call("change_members", jid=str(group), members=[str(bob.pn)], action="PROMOTE")
    await bob.wait("group_info", lambda e: "Promote" in e.data, since=mark)

    (eve,) = await cast.stage.linked("Eve")
    link = await bob.call("invite_link", jid=str(group))
    assert await eve.call("join_by_link", link=link) == str(group)
    await eve.send_text(group, "invited")
    await ada.wait_text("invited")
    await ada.send_text(group, "welcome, Eve")
    await eve.wait_text("welcome, Eve")


async def test_media_reactions_edits_and_revokes(cast: Cast):
    ada, bob, grace = cast.ada, cast.bob, cast.grace
    group = await make_group(cast, "Kinds")
    image = make_png(seed=8)
    sent = await ada.send_image(group, image, "for all")
    entry = await grace.wait_for(lambda e: e.id == sent)
    assert grace.download(entry) == image
    await bob.wait("message", lambda e: e.id == sent and "imageMessage" in e.message)
    assert await bob.download(sent) == image

    liked = await bob.call(
        "react", chat=str(group), sender=str(ada.lid), message_id=sent, emoji="👏"
    )
    for where in (ada,):
        got = await where.wait(
            "message", lambda e: e.id == liked["id"] and "reactionMessage" in e.message
        )
        assert got.message["reactionMessage"]["key"]["ID"] == sent
    assert (await grace.wait_for(lambda e: e.id == liked["id"])).target == sent

    text = await bob.send_text(group, "tpyo")
    edit = await bob.call("edit", chat=str(group), message_id=text, text="typo")
    assert (await grace.wait_for(lambda e: e.id == edit["id"])).text == "typo"
    gone = await bob.call("revoke", chat=str(group), sender=str(bob.pn), message_id=text)
    assert (await grace.wait_for(lambda e: e.id == gone["id"])).target == text

    file_id = grace.send_media(group, image, Attachment(caption="back"))
    await bob.wait("message", lambda e: e.id == file_id and "imageMessage" in e.message)
    assert await bob.download(file_id) == image


async def test_receipts_in_a_group(cast: Cast):
    ada, bob, grace = cast.ada, cast.bob, cast.grace
    group = await make_group(cast, "Ticks")
    await bob.call("force_receipts")
    sent = await ada.send_text(group, "who got it?")
    await bob.wait("message", lambda e: e.id == sent and bool(e.text))
    await bob.call("mark_read", ids=[sent], chat=str(group), sender=str(ada.lid))
    grace.mark_read([await grace.wait_for(lambda e: e.id == sent)])
    for reader in (bob.lid, grace.lid):
        await ada.wait(
            "receipt",
            lambda e, reader=reader: (
                sent in e.receipt_ids
                and e.data.get("Type") == "READ"
                and e.data["MessageSource"]["Sender"]["User"] == reader.user
            ),
        )
