"""The native engine and real whatsmeow clients talk with each other through the sandbox."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

import pytest
import pytest_asyncio

from peers.native import NativePeer
from peers.stage import Companion, Stage
from wigwag.engine.native.social.ballots import NativeBallots
from wigwag.model.appstate import ContactNamed
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Context,
    Edit,
    Location,
    Media,
    MediaKind,
    MessageKey,
    Pin,
    Poll,
    PollVote,
    Quoted,
    Reaction,
    Revoke,
    Text,
    TimerSet,
    Unsupported,
)
from wigwag.model.event import AppStateChanged, ChatPresenceChanged, MessageReceived
from wigwag.model.jid import STATUS_JID
from wigwag.model.receipt import ReceiptKind
from wigwag.model.vote import PollSeal, SealedVote
from wigwag.sandbox.samples import make_png

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


@dataclass
class Cast:
    stage: Stage
    wig: NativePeer
    ada: Companion


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cast]:
    stage = await Stage.open(tmp_path_factory.mktemp("engine"))
    try:
        (ada,) = await stage.linked("Ada")
        wig = stage.native("Wig")
        await wig.link()
        yield Cast(stage, wig, ada)
        assert ada.complaints == []
    finally:
        await stage.close()


async def test_the_engine_writes_first(cast: Cast):
    (bob,) = await cast.stage.linked("Bob")
    sent = await cast.wig.send_text(bob.pn, "you do not know me")
    got = await bob.wait_text("you do not know me")
    assert got.id == sent
    assert (got.source("Chat"), got.source("SenderAlt")) == (str(cast.wig.lid), str(cast.wig.pn))
    await bob.send_text(cast.wig.pn, "now I do")
    message = await cast.wig.wait_text("now I do")
    assert (message.key.sender, message.sender_alt) == (bob.lid, bob.pn)
    assert message.push_name == "Bob"
    assert bob.complaints == []


async def test_whatsmeow_writes_first(cast: Cast):
    (eve,) = await cast.stage.linked("Eve")
    sent = await eve.send_text(cast.wig.pn, "knock knock")
    assert (await cast.wig.wait_text("knock knock")).key.id == sent
    await cast.wig.send_text(eve.lid, "who is there?")
    await eve.wait_text("who is there?")
    assert eve.complaints == []


async def test_both_write_at_once(cast: Cast):
    """Their first messages cross, so that there are two sessions for a while."""
    (kim,) = await cast.stage.linked("Kim")
    with cast.stage.held(kim.device, cast.wig.device):
        await kim.send_text(cast.wig.pn, "crossing from Kim")
        await cast.wig.send_text(kim.pn, "crossing from Wig")
    await kim.wait_text("crossing from Wig")
    await cast.wig.wait_text("crossing from Kim")
    for number in range(3):  # in turns: whatsmeow forgets what it decrypts while it encrypts
        await kim.send_text(cast.wig.pn, f"Kim {number}")
        await cast.wig.wait_text(f"Kim {number}")
        await cast.wig.send_text(kim.pn, f"Wig {number}")
        await kim.wait_text(f"Wig {number}")
    assert kim.count("undecryptable") == 0
    assert kim.complaints == []


@pytest.mark.parametrize(("addressing", "withheld"), [("lid", False), ("lid", True), ("pn", False)])
async def test_every_way_of_addressing(cast: Cast, addressing: str, withheld: bool):
    """The other side is known by hidden address, by number, or by only one of them."""
    (max_,) = await cast.stage.linked("Max")
    account = cast.stage.sandbox.network.directory.get(max_.lid)
    account.addressing, account.mapping_withheld = addressing, withheld
    sent = await max_.send_text(cast.wig.pn, "from wherever")
    message = await cast.wig.wait_message(sent)
    here, there = (max_.pn, max_.lid) if addressing == "pn" else (max_.lid, max_.pn)
    assert message.key.sender == here
    assert message.sender_alt == (None if withheld else there)
    await cast.wig.send_text(message.key.chat, "back to there")
    await max_.wait_text("back to there")


async def test_many_texts_keep_their_order(cast: Cast):
    wig, ada = cast.wig, cast.ada
    await ada.call("burst", to=str(wig.pn), count=40, in_flight=1)
    await wig.wait_text("text 39")
    expected = [f"text {number}" for number in range(40)]
    assert [text for text in wig.texts() if text.startswith("text ")] == expected

    await asyncio.gather(*(wig.send_text(ada.pn, f"wig {number}") for number in range(40)))
    await ada.wait_text("wig 39")
    got = [e.text for e in ada.all("message") if e.text.startswith("wig ")]
    assert got == [f"wig {number}" for number in range(40)]


async def test_images_both_ways(cast: Cast):
    wig, ada = cast.wig, cast.ada
    image = make_png(seed=11, width=400, height=300)
    sent = await wig.send_image(ada.pn, image, "from Wig")
    got = await ada.wait("message", lambda e: e.id == sent)
    assert got.message["imageMessage"]["caption"] == "from Wig"
    assert await ada.download(sent) == image

    back = await ada.send_image(wig.pn, image, "from Ada")
    message = await wig.wait_message(back)
    assert isinstance(message.content, Media)
    assert (message.content.kind, message.content.caption) == (MediaKind.IMAGE, "from Ada")
    assert await wig.download(message) == image


async def test_a_document_arrives_with_its_name(cast: Cast):
    sent = await cast.ada.send_document(cast.wig.pn, b"%PDF-1.4 small", "report.pdf")
    message = await cast.wig.wait_message(sent)
    assert isinstance(message.content, Media)
    assert (message.content.kind, message.content.filename) == (MediaKind.DOCUMENT, "report.pdf")
    assert await cast.wig.download(message) == b"%PDF-1.4 small"


@pytest.mark.parametrize(
    ("kind", "mime", "field"),
    [
        (MediaKind.VIDEO, "video/mp4", "videoMessage"),
        (MediaKind.GIF, "video/mp4", "videoMessage"),
        (MediaKind.AUDIO, "audio/mp4", "audioMessage"),
        (MediaKind.VOICE, "audio/ogg; codecs=opus", "audioMessage"),
        (MediaKind.STICKER, "image/webp", "stickerMessage"),
        (MediaKind.DOCUMENT, "application/zip", "documentMessage"),
    ],
)
async def test_every_kind_of_media_there_and_back(
    cast: Cast, kind: MediaKind, mime: str, field: str
):
    wig, ada = cast.wig, cast.ada
    data = random.Random(kind.value).randbytes(100_001)
    ref = await wig.engine.upload(BytesIO(data), kind)
    name = "things.zip" if kind is MediaKind.DOCUMENT else ""
    media = Media(kind=kind, mime=mime, ref=ref, filename=name, duration_s=3)
    sent = (await wig.send(ada.pn, media)).id
    got = await ada.wait("message", lambda e: e.id == sent)
    assert got.message[field]["mimetype"] == mime
    assert await ada.download(sent) == data

    back = await ada.call("forward", to=str(wig.pn), message_id=sent)
    message = await wig.wait_message(back["id"])
    assert isinstance(message.content, Media)
    assert (message.content.kind, message.content.mime) == (kind, mime)
    assert message.content.filename == name
    assert await wig.download(message) == data


async def test_a_document_with_a_caption(cast: Cast):
    wig, ada = cast.wig, cast.ada
    ref = await wig.engine.upload(BytesIO(b"contract"), MediaKind.DOCUMENT)
    media = Media(
        kind=MediaKind.DOCUMENT,
        mime="application/pdf",
        ref=ref,
        filename="contract.pdf",
        caption="please sign",
    )
    sent = (await wig.send(ada.pn, media)).id
    got = await ada.wait("message", lambda e: e.id == sent)
    assert got.data["IsDocumentWithCaption"]
    assert got.message["documentMessage"]["caption"] == "please sign"
    assert await ada.download(sent) == b"contract"


async def test_pins_and_timers_both_ways(cast: Cast):
    wig, ada = cast.wig, cast.ada
    said = await ada.send_text(wig.pn, "pin me")
    target = (await wig.wait_message(said)).key
    pinned = (await wig.send(ada.pn, Pin(target=target, pinned=True, duration_s=604_800))).id
    got = await ada.wait("message", lambda e: e.id == pinned)
    assert got.message["pinInChatMessage"]["key"]["ID"] == said
    assert got.message["pinInChatMessage"]["type"] == "PIN_FOR_ALL"
    assert got.message["messageContextInfo"]["messageAddOnDurationInSecs"] == 604_800
    timed = (await wig.send(ada.pn, TimerSet(seconds=86_400))).id
    got = await ada.wait("message", lambda e: e.id == timed)
    assert got.message["protocolMessage"]["type"] == "EPHEMERAL_SETTING"
    assert got.message["protocolMessage"]["ephemeralExpiration"] == 86_400

    own = await wig.send_text(ada.pn, "pin this")
    key = {"remoteJID": str(wig.lid), "fromMe": False, "ID": own}
    pin = {
        "pinInChatMessage": {"key": key, "type": "PIN_FOR_ALL"},
        "messageContextInfo": {"messageAddOnDurationInSecs": 86_400},
    }
    content = (await wig.wait_message(await ada.send(wig.pn, pin))).content
    assert isinstance(content, Pin)
    assert (content.target.id, content.target.from_me) == (own, True)
    assert (content.pinned, content.duration_s) == (True, 86_400)
    timer = {"protocolMessage": {"type": "EPHEMERAL_SETTING", "ephemeralExpiration": 604_800}}
    message = await wig.wait_message(await ada.send(wig.pn, timer))
    assert message.content == TimerSet(seconds=604_800)


async def test_view_once_and_disappearing_messages(cast: Cast):
    wig, ada = cast.wig, cast.ada
    secret = await ada.send(
        wig.pn,
        {"viewOnceMessage": {"message": {"imageMessage": {"caption": "once", "viewOnce": True}}}},
    )
    message = await wig.wait_message(secret)
    assert message.view_once

    timed = {"text": "gone soon", "contextInfo": {"expiration": 86400}}
    fading = await ada.send(wig.pn, {"extendedTextMessage": timed})
    content = (await wig.wait_message(fading)).content
    assert isinstance(content, Text)
    assert content.context.ephemeral_s == 86400
    back = await wig.send_text(ada.pn, "gone as well", Context(ephemeral_s=86400))
    got = await ada.wait("message", lambda e: e.id == back)
    assert got.data["IsEphemeral"] or got.message["extendedTextMessage"]["contextInfo"]


async def test_what_is_not_understood_is_kept(cast: Cast):
    """A kind that the engine has no words for arrives as such, with everything it had."""
    odd = {"listMessage": {"title": "Menu", "buttonText": "Choose"}}
    sent = await cast.ada.send(cast.wig.pn, odd)
    content = (await cast.wig.wait_message(sent)).content
    assert isinstance(content, Unsupported)
    assert "listMessage" in content.fields


async def test_replies_and_mentions(cast: Cast):
    wig, ada = cast.wig, cast.ada
    asked = await ada.send_text(wig.pn, "which one?")
    await wig.wait_message(asked)
    quoted = Quoted(id=asked, sender=ada.lid, chat=ada.lid, text="which one?")
    sent = await wig.send_text(ada.pn, "that one", Context(quoted=quoted, mentions=(ada.lid,)))
    info = (await ada.wait("message", lambda e: e.id == sent)).message["extendedTextMessage"]
    assert info["contextInfo"]["stanzaID"] == asked
    assert info["contextInfo"]["mentionedJID"] == [str(ada.lid)]

    again = await ada.call("reply", message_id=sent, text="why?")
    content = (await wig.wait_message(again["id"])).content
    assert isinstance(content, Text)
    assert content.context.quoted is not None
    assert (content.context.quoted.id, content.context.quoted.text) == (sent, "that one")


async def test_edits_reactions_and_revokes_by_the_engine(cast: Cast):
    wig, ada = cast.wig, cast.ada
    sent = await wig.send_text(ada.pn, "frist")
    key = wig.own_key(ada.lid, sent)
    await ada.wait("message", lambda e: e.id == sent)

    edit = (await wig.send(ada.pn, Edit(target=key, content=Text(text="first")))).id
    got = await ada.wait("message", lambda e: e.id == edit)
    assert got.data["IsEdit"]
    protocol = got.message["protocolMessage"]
    assert (protocol["type"], protocol["key"]["ID"]) == ("MESSAGE_EDIT", sent)
    edited = protocol["editedMessage"]
    assert "first" in (
        edited.get("conversation"),
        edited.get("extendedTextMessage", {}).get("text"),
    )

    theirs = await ada.send_text(wig.pn, "like this")
    await wig.wait_message(theirs)
    target = MessageKey(chat=ada.lid, sender=ada.lid, id=theirs)
    liked = (await wig.send(ada.pn, Reaction(target=target, emoji="👍"))).id
    told = (await ada.wait("message", lambda e: e.id == liked)).message
    reaction = told["reactionMessage"]
    assert (reaction["text"], reaction["key"]["ID"]) == ("👍", theirs)
    assert not reaction["key"].get("fromMe", False)
    assert "messageContextInfo" not in told

    gone = (await wig.send(ada.pn, Revoke(target=key))).id
    protocol = (await ada.wait("message", lambda e: e.id == gone)).message["protocolMessage"]
    assert (protocol.get("type", "REVOKE"), protocol["key"]["ID"]) == ("REVOKE", sent)


async def test_edits_reactions_and_revokes_by_whatsmeow(cast: Cast):
    wig, ada = cast.wig, cast.ada
    sent = await ada.send_text(wig.pn, "tpyo")
    await wig.wait_message(sent)
    edit = await ada.call("edit", chat=str(wig.lid), message_id=sent, text="typo")
    content = (await wig.wait_message(edit["id"])).content
    assert isinstance(content, Edit)
    assert (content.target.id, content.target.sender, content.target.chat) == (
        sent,
        ada.lid,
        ada.lid,
    )
    assert isinstance(content.content, Text)
    assert content.content.text == "typo"

    mine = await wig.send_text(ada.pn, "react to me")
    await ada.wait("message", lambda e: e.id == mine)
    liked = await ada.call(
        "react", chat=str(wig.lid), sender=str(wig.lid), message_id=mine, emoji="❤️"
    )
    content = (await wig.wait_message(liked["id"])).content
    assert isinstance(content, Reaction)
    assert (content.emoji, content.target.id, content.target.from_me) == ("❤️", mine, True)

    gone = await ada.call("revoke", chat=str(wig.lid), sender=str(ada.pn), message_id=sent)
    content = (await wig.wait_message(gone["id"])).content
    assert isinstance(content, Revoke)
    assert content.target.id == sent


async def test_other_kinds_of_content(cast: Cast):
    wig, ada = cast.wig, cast.ada
    place = (await wig.send(ada.pn, Location(latitude=52.5, longitude=13.4, name="Here"))).id
    got = (await ada.wait("message", lambda e: e.id == place)).message["locationMessage"]
    assert (got["degreesLatitude"], got["degreesLongitude"], got["name"]) == (52.5, 13.4, "Here")

    vcard = "BEGIN:VCARD\nVERSION:3.0\nFN:Kurt\nTEL:+49151\nEND:VCARD"
    cards = (ContactCard(name="Kurt", vcard=vcard), ContactCard(name="Kurt 2", vcard=vcard))
    one = (await wig.send(ada.pn, Contacts(cards=cards[:1]))).id
    got = (await ada.wait("message", lambda e: e.id == one)).message["contactMessage"]
    assert (got["displayName"], got["vcard"]) == ("Kurt", vcard)
    two = (await wig.send(ada.pn, Contacts(cards=cards, name="Both"))).id
    got = (await ada.wait("message", lambda e: e.id == two)).message["contactsArrayMessage"]
    assert [card["displayName"] for card in got["contacts"]] == ["Kurt", "Kurt 2"]

    there = await ada.send(
        wig.pn, {"locationMessage": {"degreesLatitude": 48.1, "degreesLongitude": 11.5}}
    )
    content = (await wig.wait_message(there)).content
    assert isinstance(content, Location)
    assert (content.latitude, content.longitude) == (48.1, 11.5)


async def test_polls_both_ways(cast: Cast):
    wig, ada = cast.wig, cast.ada
    poll = Poll(question="Tea?", options=("yes", "no"), selectable=1, secret=b"s" * 32)
    asked = (await wig.send(ada.pn, poll)).id
    await ada.wait("message", lambda e: e.id == asked)
    vote = await ada.call("vote", message_id=asked, choices=["yes"])
    content = (await wig.wait_message(vote["id"])).content
    assert isinstance(content, PollVote)
    assert (content.poll.id, content.poll.from_me) == (asked, True)

    theirs = await ada.call("send_poll", to=str(wig.pn), question="When?", options=["now", "later"])
    content = (await wig.wait_message(theirs["id"])).content
    assert isinstance(content, Poll)
    assert (content.question, content.options, len(content.secret)) == (
        "When?",
        ("now", "later"),
        32,
    )


async def test_votes_are_sealed_as_whatsmeow_does_it(cast: Cast):
    """The engine's side opens a vote of whatsmeow, and whatsmeow one of the engine's."""
    wig, ada, ballots = cast.wig, cast.ada, NativeBallots()
    poll = Poll(question="Tea?", options=("yes", "no"), selectable=1, secret=b"s" * 32)
    asked = (await wig.send(ada.pn, poll)).id
    await ada.wait("message", lambda e: e.id == asked)
    cast_by_ada = await ada.call("vote", message_id=asked, choices=["yes"])
    vote = (await wig.wait_message(cast_by_ada["id"])).content
    assert isinstance(vote, PollVote)
    seal = PollSeal(poll_id=asked, secret=b"s" * 32, creators=(wig.lid, wig.pn))
    sealed = SealedVote(payload=vote.enc_payload, iv=vote.enc_iv)
    assert ballots.open(seal, (ada.lid, ada.pn), sealed) == (sha256(b"yes").digest(),)

    theirs = await ada.call("send_poll", to=str(wig.pn), question="When?", options=["now", "later"])
    content = (await wig.wait_message(theirs["id"])).content
    assert isinstance(content, Poll)
    seal = PollSeal(poll_id=theirs["id"], secret=content.secret, creators=(ada.lid,))
    sealed = ballots.seal(seal, wig.lid, [sha256(b"later").digest()])
    key = MessageKey(chat=ada.lid, sender=ada.lid, id=theirs["id"])
    vote = PollVote(poll=key, enc_payload=sealed.payload, enc_iv=sealed.iv)
    sent = (await wig.send(ada.pn, vote)).id
    await ada.wait("message", lambda e: e.id == sent)
    assert await ada.call("open_vote", message_id=sent) == [sha256(b"later").hexdigest()]


async def test_receipts_both_ways(cast: Cast):
    wig, ada = cast.wig, cast.ada
    await ada.call("force_receipts")
    sent = await wig.send_text(ada.pn, "did you get it?")
    await ada.wait("message", lambda e: e.id == sent)
    delivered = (await wig.wait_receipt(sent, ReceiptKind.DELIVERED)).receipt
    assert (delivered.chat, delivered.sender) == (ada.lid, ada.lid)
    await ada.call("mark_read", ids=[sent], chat=str(wig.lid), sender=str(wig.lid))
    await wig.wait_receipt(sent, ReceiptKind.READ)

    theirs = await ada.send_text(wig.pn, "and you?")
    await wig.wait_message(theirs)
    await ada.wait_receipt(theirs, "DELIVERED")
    await wig.engine.mark_read(ada.lid, ada.lid, [theirs])
    await ada.wait_receipt(theirs, "READ")

    await ada.call("mark_read", ids=[sent], chat=str(wig.lid), sender=str(wig.lid), kind="PLAYED")
    await wig.wait_receipt(sent, ReceiptKind.PLAYED)


async def test_presence_and_typing_reach_the_engine(cast: Cast):
    await cast.ada.wait_app_state()
    await cast.ada.call("presence", available=True)
    await cast.ada.call("activity", chat=str(cast.wig.lid), activity="composing")
    typing = await cast.wig.wait(ChatPresenceChanged, lambda e: e.sender == cast.ada.lid)
    assert (typing.activity, typing.chat) == ("composing", cast.ada.lid)


async def test_status_updates_both_ways(cast: Cast):
    """A status goes to the people of the address book, which the phones give by app state."""
    wig, ada = cast.wig, cast.ada
    for phone, other in ((wig.phone, ada.phone), (ada.phone, wig.phone)):
        phone.app_state.name_contacts(
            [ContactNamed(jid=other.pn, alt=other.lid, full_name=f"My {other.name}")]
        )
    named = ContactNamed(jid=ada.pn, alt=ada.lid, full_name="My Ada")
    await wig.wait(AppStateChanged, lambda e: any(t.change == named for t in e.changes))
    await ada.wait_contact(wig.pn, "My Wig")
    told = (await wig.send(STATUS_JID, Text(text="Wig's story"))).id
    got = await ada.wait("message", lambda e: e.id == told and bool(e.text))
    assert (got.source("Chat"), got.source("Sender")) == ("status@broadcast", str(wig.lid))

    heard = await ada.send_text("status@broadcast", "Ada's story")
    message = await cast.wig.wait(MessageReceived, lambda e: e.message.key.id == heard)
    assert message.message.key.chat == STATUS_JID
    assert message.message.key.sender == ada.lid


async def test_a_status_is_hidden_from_whom_the_owner_hides_it(cast: Cast):
    wig = cast.wig
    (zoe,) = await cast.stage.linked("Zoe")
    account = cast.stage.sandbox.network.directory.get(wig.lid)
    named = ContactNamed(jid=zoe.pn, full_name="Zoe")
    wig.phone.app_state.name_contacts([named])
    await wig.wait(AppStateChanged, lambda e: any(t.change == named for t in e.changes))
    account.status_privacy, account.status_list = "blacklist", (zoe.lid,)
    await wig.send(STATUS_JID, Text(text="not for Zoe"))
    account.status_privacy, account.status_list = "whitelist", (zoe.pn,)
    await wig.send(STATUS_JID, Text(text="only for Zoe"))
    account.status_privacy, account.status_list = "contacts", ()
    await zoe.wait_text("only for Zoe")
    assert not zoe.all("message", lambda e: e.text == "not for Zoe")


async def test_who_is_on_the_network(cast: Cast):
    known, unknown = await cast.wig.engine.check_numbers([cast.ada.phone.phone, "4915100000000"])
    assert (known.jid, known.lid) == (cast.ada.pn, cast.ada.lid)
    assert unknown.jid is None
