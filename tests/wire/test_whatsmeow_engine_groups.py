"""The native engine in groups with real whatsmeow clients."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from peers.native import NativePeer
from peers.stage import Companion, Stage
from wigwag.model.content import Edit, MessageKey, Reaction, Revoke, Text
from wigwag.model.event import GroupChanged, GroupJoined
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.receipt import ReceiptKind
from wigwag.sandbox.residents.person import Person
from wigwag.sandbox.samples import make_png

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Cast:
    stage: Stage
    wig: NativePeer
    ada: Companion
    grace: Person


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cast]:
    stage = await Stage.open(tmp_path_factory.mktemp("engine-groups"))
    try:
        (ada,) = await stage.linked("Ada")
        wig = stage.native("Wig")
        await wig.link()
        yield Cast(stage, wig, ada, stage.sandbox.add_person(name="Grace"))
        assert ada.complaints == []
    finally:
        await stage.close()


async def make_group(cast: Cast, subject: str) -> Jid:
    members = [str(cast.wig.pn), str(cast.grace.pn)]
    jid = parse_jid(await cast.ada.call("create_group", subject=subject, participants=members))
    joined = await cast.wig.wait(GroupJoined, lambda e: e.group.jid == jid)
    assert joined.group.subject == subject
    return jid


async def test_everyone_reads_everyone(cast: Cast):
    wig, ada, grace = cast.wig, cast.ada, cast.grace
    group = await make_group(cast, "All of us")
    first = await ada.send_text(group, "from Ada")
    message = await wig.wait_message(first)
    assert (message.key.chat, message.key.sender, message.sender_alt) == (group, ada.lid, ada.pn)

    sent = await wig.send_text(group, "from Wig")
    got = await ada.wait("message", lambda e: e.id == sent and bool(e.text))
    assert (got.text, got.source("Sender")) == ("from Wig", str(wig.lid))
    await grace.wait_for(lambda e: e.text == "from Wig")

    grace.send_text(group, "from Grace")
    await wig.wait_text("from Grace")
    for number in range(3):
        await wig.send_text(group, f"Wig again {number}")
        await ada.send_text(group, f"Ada again {number}")
    await ada.wait_text("Wig again 2")
    await wig.wait_text("Ada again 2")
    await grace.wait_for(lambda e: e.text == "Wig again 2")


async def test_the_engine_writes_first_in_a_group(cast: Cast):
    group = await make_group(cast, "Wig begins")
    await cast.wig.send_text(group, "good morning")
    assert (await cast.ada.wait_text("good morning")).source("Chat") == str(group)
    await cast.grace.wait_for(lambda e: e.text == "good morning")


async def test_media_reactions_edits_and_revokes(cast: Cast):
    wig, ada, grace = cast.wig, cast.ada, cast.grace
    group = await make_group(cast, "Kinds")
    image = make_png(seed=21)
    sent = await wig.send_image(group, image, "for all")
    await ada.wait("message", lambda e: e.id == sent and "imageMessage" in e.message)
    assert await ada.download(sent) == image
    back = await ada.send_image(group, image, "back")
    assert await wig.download(await wig.wait_message(back)) == image

    target = MessageKey(chat=group, sender=ada.lid, id=back)
    liked = (await wig.send(group, Reaction(target=target, emoji="👏"))).id
    got = await ada.wait("message", lambda e: e.id == liked and "reactionMessage" in e.message)
    key = got.message["reactionMessage"]["key"]
    assert (key["ID"], key["participant"]) == (back, str(ada.lid))
    assert (await grace.wait_for(lambda e: e.id == liked)).target == back

    text = await ada.send_text(group, "tpyo")
    edit = await ada.call("edit", chat=str(group), message_id=text, text="typo")
    content = (await wig.wait_message(edit["id"])).content
    assert isinstance(content, Edit)
    assert (content.target.id, content.target.sender) == (text, ada.lid)
    gone = await ada.call("revoke", chat=str(group), sender=str(ada.pn), message_id=text)
    content = (await wig.wait_message(gone["id"])).content
    assert isinstance(content, Revoke)
    assert content.target.id == text

    mine = await wig.send_text(group, "wrnog")
    fixed = Edit(target=wig.own_key(group, mine), content=Text(text="wrong"))
    edit_id = (await wig.send(group, fixed)).id
    got = await ada.wait("message", lambda e: e.id == edit_id and "protocolMessage" in e.message)
    assert got.message["protocolMessage"]["key"]["ID"] == mine
    revoke_id = (await wig.send(group, Revoke(target=wig.own_key(group, mine)))).id
    got = await ada.wait("message", lambda e: e.id == revoke_id and "protocolMessage" in e.message)
    assert got.message["protocolMessage"]["key"]["ID"] == mine


async def test_members_come_and_go(cast: Cast):
    wig, ada = cast.wig, cast.ada
    group = await make_group(cast, "Comings")
    await wig.send_text(group, "before you came")
    await ada.wait_text("before you came")
    (bob,) = await cast.stage.linked("Bob")
    await ada.call("change_members", jid=str(group), members=[str(bob.pn)], action="ADD")
    await wig.wait(GroupChanged, lambda e: e.chat == group and bob.lid in e.participants)
    await wig.send_text(group, "after you came")
    await bob.wait_text("after you came")
    await bob.send_text(group, "here I am")
    await wig.wait_text("here I am")

    mark = wig.mark()
    await ada.call("change_members", jid=str(group), members=[str(bob.pn)], action="REMOVE")
    await wig.wait(GroupChanged, lambda e: bob.lid in e.participants, since=mark)
    await wig.send_text(group, "without you")
    await ada.wait_text("without you")
    assert [event.text for event in bob.all("message") if event.text] == ["after you came"]


async def test_all_talk_at_the_same_time(cast: Cast):
    """Everyone reads everything. Only one of them is whatsmeow, and the sender keys are out
    before: of pairwise messages whatsmeow loses some that it gets while it sends."""
    wig, grace = cast.wig, cast.grace
    (kim,) = await cast.stage.linked("Kim")
    group = cast.stage.sandbox.create_group("Heap", [wig.pn, kim.pn], creator=grace.pn).jid
    await wig.wait(GroupJoined, lambda e: e.group.jid == group)
    await kim.wait("joined_group")
    await wig.send_text(group, "Wig is here")
    await kim.wait_text("Wig is here")
    grace.send_text(group, "Grace is here")
    await kim.wait_text("Grace is here")

    async def talk() -> None:
        for number in range(20):
            await wig.send_text(group, f"Wig {number}")
            grace.send_text(group, f"Grace {number}")

    burst = kim.call("burst", to=str(group), count=20, in_flight=2, text="Kim")
    await asyncio.gather(talk(), burst)
    for number in range(20):
        for client, others in ((kim, ("Wig", "Grace")), (wig, ("Kim", "Grace"))):
            for name in others:
                await client.wait_text(f"{name} {number}")
        for name in ("Kim", "Wig"):
            await grace.wait_for(lambda e, said=f"{name} {number}": e.text == said)
    assert kim.complaints == []


async def test_receipts_in_a_group(cast: Cast):
    wig, ada = cast.wig, cast.ada
    group = await make_group(cast, "Ticks")
    await ada.call("force_receipts")
    sent = await wig.send_text(group, "who got it?")
    await ada.wait("message", lambda e: e.id == sent and bool(e.text))
    await ada.call("mark_read", ids=[sent], chat=str(group), sender=str(wig.lid))
    receipt = (await wig.wait_receipt(sent, ReceiptKind.READ)).receipt
    assert (receipt.chat, receipt.sender) == (group, ada.lid)

    theirs = await ada.send_text(group, "and this?")
    await wig.wait_message(theirs)
    await wig.engine.mark_read(group, ada.lid, [theirs])
    await ada.wait(
        "receipt",
        lambda e: (
            theirs in e.receipt_ids
            and e.data.get("Type") == "READ"
            and e.data["MessageSource"]["Sender"]["User"] == wig.lid.user
        ),
    )
