"""Real whatsmeow clients talk with each other and with the people of the sandbox."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from peers.stage import Companion, Stage, until
from wigwag.model.appstate import ContactNamed
from wigwag.model.content import Contacts, Location, MediaKind, Reaction
from wigwag.model.jid import STATUS_JID
from wigwag.sandbox.network.mappings import MappingNotice
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.person import Behaviour, Person
from wigwag.sandbox.samples import make_png, make_voice

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Cast:
    stage: Stage
    ada: Companion
    bob: Companion
    echo: Person


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cast]:
    stage = await Stage.open(tmp_path_factory.mktemp("chats"))
    try:
        ada, bob = await stage.linked("Ada", "Bob")
        echo = stage.sandbox.add_person(name="Echo", behaviour=Behaviour.ECHO)
        yield Cast(stage, ada, bob, echo)
        assert ada.complaints == bob.complaints == []
    finally:
        await stage.close()


@pytest.fixture
def grace(cast: Cast) -> Person:
    """Somebody new, so that the first contact is part of each test."""
    return cast.stage.sandbox.add_person(name="Grace")


async def test_text_both_ways_between_clients(cast: Cast):
    ada, bob = cast.ada, cast.bob
    sent = await ada.send_text(bob.pn, "Can you read this? ä 🏳️")
    got = await bob.wait_text("Can you read this? ä 🏳️")
    assert got.id == sent
    assert got.source("Sender") == got.source("Chat") == str(ada.lid)
    assert got.source("SenderAlt") == str(ada.pn)
    assert got.push_name == "Ada"

    await bob.send_text(ada.lid, "Every word")
    assert (await ada.wait_text("Every word")).source("SenderAlt") == str(bob.pn)


async def test_many_texts_arrive_in_order(cast: Cast):
    await cast.ada.call("burst", to=str(cast.bob.pn), count=30, in_flight=1)
    await cast.bob.wait_text("text 29")
    got = [e.text for e in cast.bob.all("message") if e.text.startswith("text ")]
    assert got == [f"text {number}" for number in range(30)]


async def test_an_echo_comes_back(cast: Cast):
    await cast.ada.send_text(cast.echo.pn, "hello echo")
    back = await cast.ada.wait_text("hello echo")
    assert not back.from_me
    assert back.source("SenderAlt") == str(cast.echo.pn)
    assert back.push_name == "Echo"


async def test_somebody_writes_first(cast: Cast, grace: Person):
    sent = grace.send_text(cast.ada.pn, "you do not know me")
    assert (await cast.ada.wait_text("you do not know me")).id == sent
    await cast.ada.send_text(grace.pn, "now I do")
    entry = await grace.wait_for(lambda e: e.text == "now I do")
    assert (entry.sender, entry.device) == (cast.ada.lid, 1)


async def test_somebody_known_by_lid_only(cast: Cast):
    hidden = cast.stage.sandbox.add_person(name="Hidden", lid_only=True)
    hidden.send_text(cast.ada.pn, "guess my number")
    got = await cast.ada.wait_text("guess my number")
    assert got.source("Chat") == str(hidden.lid)
    assert got.source("SenderAlt") == "@"
    await cast.ada.send_text(hidden.lid, "no idea")
    await hidden.wait_for(lambda e: e.text == "no idea")


async def test_somebody_addressed_by_phone_number(cast: Cast, grace: Person):
    """An account that has not moved to hidden addresses yet."""
    cast.stage.sandbox.network.directory.get(grace.lid).addressing = "pn"
    grace.send_text(cast.ada.pn, "old school")
    got = await cast.ada.wait_text("old school")
    assert (got.source("Chat"), got.source("SenderAlt")) == (str(grace.pn), str(grace.lid))
    await cast.ada.send_text(grace.pn, "old friend")
    await grace.wait_for(lambda e: e.text == "old friend")


@pytest.mark.parametrize("notice", MappingNotice)
async def test_a_mapping_that_comes_late(cast: Cast, notice: MappingNotice):
    """Somebody without a number, then a notification of who it is, then the attribute."""
    sandbox, ada = cast.stage.sandbox, cast.ada
    late = sandbox.add_person(name="Late")
    account = sandbox.network.directory.get(late.lid)
    account.mapping_withheld = True
    late.send_text(ada.pn, f"no number, {notice}")
    got = await ada.wait_text(f"no number, {notice}")
    assert (got.source("Chat"), got.source("SenderAlt")) == (str(late.lid), "@")
    sandbox.network.mappings.tell(account, sandbox.network.directory.get(ada.lid), notice)
    late.send_text(ada.pn, f"told, {notice}")
    await ada.wait_text(f"told, {notice}")
    if notice is MappingNotice.DEVICES:
        assert await ada.call("lid_of", pn=str(late.pn)) == str(late.lid)
    account.mapping_withheld = False
    late.send_text(ada.pn, f"a number, {notice}")
    got = await ada.wait_text(f"a number, {notice}")
    assert (got.source("Chat"), got.source("SenderAlt")) == (str(late.lid), str(late.pn))
    await ada.send_text(late.pn, f"well met, {notice}")
    await late.wait_for(lambda e: e.text == f"well met, {notice}")


async def test_another_way_to_write_a_number(cast: Cast):
    sandbox = cast.stage.sandbox
    bia = sandbox.add_person(name="Bia", phone="551187654321")
    sandbox.network.directory.add_alias("5511987654321", sandbox.network.directory.get(bia.lid))
    (found,) = await cast.ada.call("is_on_whatsapp", phones=["+5511987654321"])
    assert found["is_in"]
    assert found["jid"] == str(bia.lid)


async def test_a_group_by_number_names_both_addresses(cast: Cast, grace: Person):
    group = cast.stage.sandbox.create_group(
        "By number", [cast.ada.pn, grace.pn], grace.pn, addressing="pn"
    )
    grace.send_text(group.jid, "by my number")
    got = await cast.ada.wait_text("by my number")
    assert (got.source("Sender"), got.source("SenderAlt")) == (str(grace.pn), str(grace.lid))


async def test_first_messages_that_cross(cast: Cast):
    """Each side begins a session of its own before it hears of the other's."""
    ada, bob = await cast.stage.linked("Ada2", "Bob2")
    with cast.stage.held(ada.device, bob.device):
        await ada.send_text(bob.pn, "crossing from Ada")
        await bob.send_text(ada.pn, "crossing from Bob")
    await ada.wait_text("crossing from Bob")
    await bob.wait_text("crossing from Ada")
    for number in range(3):  # in turns: whatsmeow forgets what it decrypts while it encrypts
        await ada.send_text(bob.pn, f"Ada {number}")
        await bob.wait_text(f"Ada {number}")
        await bob.send_text(ada.pn, f"Bob {number}")
        await ada.wait_text(f"Bob {number}")
    assert ada.count("undecryptable") == bob.count("undecryptable") == 0


async def test_who_is_on_the_network(cast: Cast, grace: Person):
    known, unknown = await cast.ada.call(
        "is_on_whatsapp", phones=[f"+{grace.phone}", "+4915100000000"]
    )
    assert known["is_in"]
    assert not unknown.get("is_in")
    with pytest.raises(Exception, match="no LID found"):
        await cast.ada.send_text("4915100000000@s.whatsapp.net", "anybody there?")


async def test_an_image_keeps_every_byte(cast: Cast):
    image = make_png(seed=5, width=300, height=200)
    sent = await cast.ada.send_image(cast.bob.pn, image, "a picture")
    got = await cast.bob.wait("message", lambda e: e.id == sent)
    assert got.message["imageMessage"]["caption"] == "a picture"
    assert await cast.bob.download(sent) == image


async def test_a_large_file_keeps_every_byte(cast: Cast):
    data = random.Random(9).randbytes(5_000_000)
    sent = await cast.ada.send_document(cast.bob.pn, data, "large.bin")
    await cast.bob.wait("message", lambda e: e.id == sent)
    assert await cast.bob.download(sent) == data


async def test_media_between_a_client_and_a_person(cast: Cast, grace: Person):
    image, voice = make_png(seed=6), make_voice(seed=7)
    sent = await cast.ada.send_image(grace.pn, image, "look")
    entry = await grace.wait_for(lambda e: e.id == sent)
    assert (entry.kind, entry.text) == (MediaKind.IMAGE, "look")
    assert grace.download(entry) == image

    reply = grace.send_media(cast.ada.pn, voice, Attachment(duration_s=1))
    got = await cast.ada.wait("message", lambda e: e.id == reply)
    assert got.message["audioMessage"]["PTT"]
    assert await cast.ada.download(reply) == voice

    report = grace.send_media(
        cast.ada.pn, b"%PDF-1.4 no more", Attachment(filename="report.pdf", caption="read this")
    )
    await cast.ada.wait("message", lambda e: e.id == report)
    assert await cast.ada.download(report) == b"%PDF-1.4 no more"


async def test_other_kinds_of_content(cast: Cast, grace: Person):
    ada = cast.ada
    place = await ada.send(
        grace.pn,
        {"locationMessage": {"degreesLatitude": 52.5, "degreesLongitude": 13.4, "name": "Here"}},
    )
    location = (await grace.wait_for(lambda e: e.id == place)).content
    assert isinstance(location, Location)
    assert (location.latitude, location.longitude, location.name) == (52.5, 13.4, "Here")

    vcard = "BEGIN:VCARD\nVERSION:3.0\nFN:Kurt\nTEL:+49151\nEND:VCARD"
    card = await ada.send(grace.pn, {"contactMessage": {"displayName": "Kurt", "vcard": vcard}})
    contacts = (await grace.wait_for(lambda e: e.id == card)).content
    assert isinstance(contacts, Contacts)
    assert contacts.cards[0].vcard == vcard

    there = grace.send_location(ada.pn, 48.1, 11.5, "There", "Marienplatz")
    got = (await ada.wait("message", lambda e: e.id == there)).message["locationMessage"]
    assert (got["degreesLatitude"], got["name"]) == (48.1, "There")


async def test_polls_and_votes_both_ways(cast: Cast, grace: Person):
    ada = cast.ada
    asked = grace.send_poll(ada.pn, "Tea?", ["yes", "no"])
    await ada.wait("message", lambda e: e.id == asked)
    vote = await ada.call("vote", message_id=asked, choices=["yes"])
    entry = await grace.wait_for(lambda e: e.id == vote["id"])
    assert (entry.target, entry.options) == (asked, ("yes",))

    poll = await ada.call("send_poll", to=str(grace.pn), question="When?", options=["now", "later"])
    await grace.wait_for(lambda e: e.id == poll["id"])
    answer = grace.vote(poll["id"], ["later"])
    got = await ada.wait("message", lambda e: e.id == answer)
    assert got.message["pollUpdateMessage"]["pollCreationMessageKey"]["ID"] == poll["id"]


async def test_a_reply_quotes_its_message(cast: Cast, grace: Person):
    asked = grace.send_text(cast.ada.pn, "which one?")
    await cast.ada.wait("message", lambda e: e.id == asked)
    reply = await cast.ada.call("reply", message_id=asked, text="that one")
    entry = await grace.wait_for(lambda e: e.id == reply["id"])
    assert entry.content.context.quoted is not None  # pyright: ignore
    assert entry.content.context.quoted.id == asked  # pyright: ignore

    again = grace.send_text(cast.ada.pn, "why?", reply_to=reply["id"])
    got = await cast.ada.wait("message", lambda e: e.id == again)
    assert got.message["extendedTextMessage"]["contextInfo"]["stanzaID"] == reply["id"]


async def test_edit_reaction_and_revoke_between_clients(cast: Cast):
    ada, bob = cast.ada, cast.bob
    sent = await ada.send_text(bob.pn, "frist")
    await bob.wait("message", lambda e: e.id == sent)

    edit = await ada.call("edit", chat=str(bob.lid), message_id=sent, text="first")
    got = await bob.wait("message", lambda e: e.id == edit["id"])
    protocol = got.message["protocolMessage"]
    assert (protocol["type"], protocol["key"]["ID"]) == ("MESSAGE_EDIT", sent)
    assert protocol["editedMessage"]["conversation"] == "first"

    liked = await bob.call(
        "react", chat=str(ada.lid), sender=str(ada.lid), message_id=sent, emoji="👍"
    )
    reaction = (await ada.wait("message", lambda e: e.id == liked["id"])).message["reactionMessage"]
    assert (reaction["text"], reaction["key"]["ID"]) == ("👍", sent)

    gone = await ada.call("revoke", chat=str(bob.lid), sender=str(ada.pn), message_id=sent)
    protocol = (await bob.wait("message", lambda e: e.id == gone["id"])).message["protocolMessage"]
    assert (protocol.get("type", "REVOKE"), protocol["key"]["ID"]) == ("REVOKE", sent)


async def test_edit_reaction_and_revoke_with_a_person(cast: Cast, grace: Person):
    ada = cast.ada
    mine = await ada.send_text(grace.pn, "mine")
    await grace.wait_for(lambda e: e.id == mine)
    edit = await ada.call("edit", chat=str(grace.lid), message_id=mine, text="mine, edited")
    entry = await grace.wait_for(lambda e: e.id == edit["id"])
    assert (entry.kind, entry.target, entry.text) == ("edit", mine, "mine, edited")
    liked = grace.react(mine, "❤️")
    reaction = (await ada.wait("message", lambda e: e.id == liked)).message["reactionMessage"]
    assert reaction["key"]["ID"] == mine
    assert reaction["key"]["fromMe"] is False or "fromMe" in reaction["key"]
    gone = await ada.call("revoke", chat=str(grace.lid), sender=str(ada.pn), message_id=mine)
    assert (await grace.wait_for(lambda e: e.id == gone["id"])).target == mine

    theirs = grace.send_text(ada.pn, "theirs")
    await ada.wait("message", lambda e: e.id == theirs)
    edit_id = grace.edit(theirs, "theirs, edited")
    assert (await ada.wait("message", lambda e: e.id == edit_id)).data["IsEdit"]
    hers = await ada.call(
        "react", chat=str(grace.lid), sender=str(grace.lid), message_id=theirs, emoji="😀"
    )
    content = (await grace.wait_for(lambda e: e.id == hers["id"])).content
    assert isinstance(content, Reaction)
    assert (content.target.id, content.target.from_me) == (theirs, True)
    revoke_id = grace.revoke(theirs)
    protocol = (await ada.wait("message", lambda e: e.id == revoke_id)).message["protocolMessage"]
    assert protocol["key"]["ID"] == theirs


async def test_delivery_and_read_receipts_between_clients(cast: Cast):
    ada, bob = cast.ada, cast.bob
    await bob.call("force_receipts")
    sent = await ada.send_text(bob.pn, "did you get it?")
    await bob.wait("message", lambda e: e.id == sent)
    delivered = await ada.wait_receipt(sent, "DELIVERED")
    assert delivered.receipt_ids == [sent]

    await bob.call("mark_read", ids=[sent], chat=str(ada.lid), sender=str(ada.lid))
    await ada.wait_receipt(sent, "READ")


async def test_receipts_with_a_person(cast: Cast, grace: Person):
    ada = cast.ada
    sent = await ada.send_text(grace.pn, "read me")
    await ada.wait_receipt(sent, "DELIVERED")
    grace.mark_read([await grace.wait_for(lambda e: e.id == sent)])
    await ada.wait_receipt(sent, "READ")

    theirs = grace.send_text(ada.pn, "and me")
    await ada.wait("message", lambda e: e.id == theirs)
    await ada.call("mark_read", ids=[theirs], chat=str(grace.lid), sender=str(grace.lid))

    async def told() -> bool:
        return any(r.kind == "read" and theirs in r.ids for r in grace.receipts)

    await until(told)


async def test_presence_and_typing(cast: Cast):
    ada, bob = cast.ada, cast.bob
    await ada.wait_app_state()
    await bob.wait_app_state()
    await ada.call("presence", available=True)
    await ada.call("subscribe_presence", jid=str(bob.lid))
    await bob.call("presence", available=True)
    await ada.wait(
        "presence",
        lambda e: e.data["From"]["User"] == bob.lid.user and not e.data.get("Unavailable"),
    )
    await ada.call("activity", chat=str(bob.lid), activity="composing")
    typing = await bob.wait("chat_presence")
    assert typing.data["MessageSource"]["Sender"]["User"] == ada.lid.user


async def test_status_updates_both_ways(cast: Cast, grace: Person):
    ada = cast.ada
    story = grace.send_text("status@broadcast", "what a day")
    got = await ada.wait("message", lambda e: e.id == story and bool(e.text))
    assert (got.source("Chat"), got.source("Sender")) == ("status@broadcast", str(grace.lid))
    assert got.text == "what a day"

    # whatsmeow sends its status to those who are in the address book
    ada.phone.app_state.name_contacts([ContactNamed(jid=grace.pn, full_name="Grace H.")])
    await ada.wait_contact(grace.pn, "Grace H.")
    told = await ada.send_text("status@broadcast", "and what a night")
    entry = await grace.wait_for(lambda e: e.id == told)
    assert (entry.chat, entry.sender, entry.text) == (STATUS_JID, ada.lid, "and what a night")


async def test_profiles_and_privacy(cast: Cast, grace: Person):
    account = cast.stage.sandbox.network.directory.get(grace.lid)
    account.about = "at the harbour"
    (info,) = await cast.ada.call("user_info", jid=str(grace.pn))
    assert info["UserInfo"]["Status"] == "at the harbour"
    assert await cast.ada.call("devices", jid=str(cast.bob.pn)) == [0, 1]
    await cast.ada.call("is_on_whatsapp", phones=[f"+{cast.bob.phone.phone}"])
    assert await cast.ada.call("lid_of", pn=str(cast.bob.pn)) == str(cast.bob.lid)

    await cast.ada.call("block", jid=str(grace.lid), blocked=True)
    assert await cast.ada.call("blocklist") == [str(grace.lid)]
    grace.send_text(cast.ada.pn, "do you hear me?")
    await cast.ada.call("block", jid=str(grace.lid), blocked=False)
    grace.send_text(cast.ada.pn, "now you do")
    await cast.ada.wait_text("now you do")
    assert not cast.ada.all("message", lambda e: e.text == "do you hear me?")
