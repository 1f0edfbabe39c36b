"""What every engine says and hears: each kind of message, and what becomes of it."""

import asyncio
from hashlib import sha256

import pytest

from scripted.engine_town import EngineTown
from scripted.waiting import until
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.engine.native.social.ballots import NativeBallots
from wigwag.model.capability import Capability
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Content,
    Context,
    Edit,
    Location,
    MessageKey,
    Poll,
    PollVote,
    Quoted,
    Reaction,
    Revoke,
    Text,
)
from wigwag.model.errors import NotOnWhatsApp, SendRejected
from wigwag.model.event import MessageReceived, ReceiptReceived
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Message
from wigwag.model.receipt import ReceiptKind
from wigwag.model.vote import PollSeal, SealedVote
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.person import Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

THUMB = "\N{THUMBS UP SIGN}"


def is_of(person: Person, *addresses: Jid | None) -> bool:
    """Whether one of the addresses is the person's; which one comes first is the network's."""
    return bool({person.lid, person.pn} & set(addresses))


async def hear_text(town: EngineTown, text: str) -> Message:
    def says(event: MessageReceived) -> bool:
        content = event.message.content
        return isinstance(content, Text) and content.text == text

    return (await town.hear(MessageReceived, says)).message


async def said(town: EngineTown, friend: Person, text: str) -> MessageKey:
    """The key of a text of ours that has arrived."""
    sent = await town.send(friend.pn, text)
    await friend.wait_for(lambda entry: entry.id == sent.id)
    return MessageKey(chat=sent.chat, sender=town.phone.lid, id=sent.id, from_me=True)


async def test_texts_both_ways(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    sent = await town.send(friend.pn, "hello, it is me")
    assert is_of(friend, sent.chat)
    entry = await friend.wait_for(lambda entry: entry.text == "hello, it is me")
    assert (entry.id, entry.sender) == (sent.id, town.phone.lid)
    copy = await town.phone.wait_for(lambda entry: entry.id == sent.id)
    assert copy.from_me
    message = await town.hear_message(friend.send_text(town.phone.pn, "good to hear"))
    assert message.content == Text(text="good to hear")
    assert is_of(friend, message.key.chat)
    assert is_of(friend, message.key.sender)
    assert {message.key.sender, message.sender_alt} == {friend.lid, friend.pn}
    assert message.push_name == "Finn"
    assert not message.key.from_me
    age_s = (SYSTEM_CLOCK.now() - message.timestamp).total_seconds()
    assert -5 < age_s < 60


@pytest.mark.capability(Capability.CHOSEN_IDS)
async def test_a_message_has_the_id_that_was_chosen_for_it(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    message = town.outgoing(friend.pn, "once", "3EB0C0FFEE00000001")
    first, second = [await town.engine.send(message) for _ in range(2)]
    assert first.id == second.id == message.id
    await town.send(friend.pn, "after it")
    await friend.wait_for(lambda entry: entry.text == "after it")
    assert [entry.text for entry in friend.inbox.entries()] == ["once", "after it"]


async def test_a_stranger_whose_number_nobody_knows(town: EngineTown) -> None:
    hidden = town.sandbox.add_person("Lina", lid_only=True)
    message = await town.hear_message(hidden.send_text(town.phone.pn, "no number"))
    assert message.key.chat == hidden.lid
    await town.send(message.key.chat, "who are you?")
    await hidden.wait_for(lambda entry: entry.text == "who are you?")


async def test_what_the_phone_says_is_ours(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    message = await town.hear_message(town.phone.send_text(friend.pn, "from my phone"))
    assert message.key.from_me
    assert is_of(friend, message.key.chat)


@pytest.mark.parametrize(
    "content",
    [
        Text(text="one\ntwo \N{GRINNING FACE}"),
        Text(text="x" * 20_000),
        Location(latitude=52.5, longitude=13.25, name="Here", address="Street 1"),
        Contacts(cards=(ContactCard(name="Ann", vcard="BEGIN:VCARD\nFN:Ann\nEND:VCARD"),)),
        Poll(question="Tea?", options=("yes", "no"), selectable=1, secret=b"s" * 32),
    ],
    ids=lambda content: type(content).__name__.lower(),
)
async def test_every_kind_both_ways(town: EngineTown, content: Content) -> None:
    friend = town.sandbox.add_person("Finn")
    sent = await town.send(friend.pn, content)
    assert gist(await arrived(friend, sent.id)) == gist(content)
    message = await town.hear_message(friend.send(town.phone.pn, content))
    assert gist(message.content) == gist(content)


async def arrived(friend: Person, message_id: str) -> Content:
    return (await friend.wait_for(lambda entry: entry.id == message_id)).content


def gist(content: Content) -> object:
    """What of it both sides must agree on."""
    match content:
        case Text(text=text):
            return text
        case Location():
            return content.latitude, content.longitude, content.name, content.address
        case Contacts():
            return content.cards
        case Poll():
            return content.question, content.options, content.selectable
        case _:
            raise AssertionError(type(content).__name__)


async def test_a_reaction_an_edit_and_a_revoke_of_ours(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    own = await said(town, friend, "tpyo")
    theirs = (await town.hear_message(friend.send_text(town.phone.pn, "like me"))).key
    await town.send(friend.pn, Reaction(target=theirs, emoji=THUMB))
    reaction = await friend.wait_for(lambda entry: entry.kind == "reaction")
    assert (reaction.target, reaction.text) == (theirs.id, THUMB)
    await town.send(friend.pn, Edit(target=own, content=Text(text="typo")))
    edit = await friend.wait_for(lambda entry: entry.kind == "edit")
    assert (edit.target, edit.text) == (own.id, "typo")
    await town.send(friend.pn, Revoke(target=own))
    assert (await friend.wait_for(lambda entry: entry.kind == "revoke")).target == own.id


async def test_a_reaction_an_edit_and_a_revoke_of_theirs(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    own = await said(town, friend, "like me")
    theirs = friend.send_text(town.phone.pn, "tpyo")
    await town.hear_message(theirs)
    reaction = (await town.hear_message(friend.react(own.id, THUMB))).content
    assert isinstance(reaction, Reaction)
    assert (reaction.target.id, reaction.target.from_me, reaction.emoji) == (own.id, True, THUMB)
    edit = (await town.hear_message(friend.edit(theirs, "typo"))).content
    assert isinstance(edit, Edit)
    assert (edit.target.id, edit.target.from_me) == (theirs, False)
    assert edit.content == Text(text="typo")
    revoke = (await town.hear_message(friend.revoke(theirs))).content
    assert isinstance(revoke, Revoke)
    assert (revoke.target.id, revoke.target.from_me) == (theirs, False)


async def test_quotes_and_mentions(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    own = await said(town, friend, "who is it?")
    answer = friend.send_text(town.phone.pn, "me", reply_to=own.id, mentions=[town.phone.lid])
    content = (await town.hear_message(answer)).content
    assert isinstance(content, Text)
    quoted = content.context.quoted
    assert quoted is not None
    assert (quoted.id, quoted.text) == (own.id, "who is it?")
    assert content.context.mentions == (town.phone.lid,)
    context = Context(
        quoted=Quoted(id=answer, sender=friend.lid, text="me"), mentions=(friend.lid,)
    )
    sent = await town.send(friend.pn, Text(text="welcome", context=context))
    entry = await friend.wait_for(lambda entry: entry.id == sent.id)
    assert isinstance(entry.content, Text)
    assert entry.content.context.quoted is not None
    assert entry.content.context.quoted.id == answer
    assert entry.content.context.mentions == (friend.lid,)


async def test_a_vote_can_be_opened(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    poll = Poll(question="Tea?", options=("yes", "no"), selectable=1, secret=b"p" * 32)
    sent = await town.send(friend.pn, poll)
    asked = await arrived(friend, sent.id)
    assert isinstance(asked, Poll)
    vote = (await town.hear_message(friend.vote(sent.id, ["no"]))).content
    assert isinstance(vote, PollVote)
    assert vote.poll.id == sent.id
    creators, voters = (town.phone.lid, town.phone.pn), (friend.lid, friend.pn)
    seal = PollSeal(poll_id=sent.id, secret=asked.secret, creators=creators)
    opened = NativeBallots().open(
        seal, voters, SealedVote(payload=vote.enc_payload, iv=vote.enc_iv)
    )
    assert opened == (sha256(b"no").digest(),)


async def test_receipts_of_others(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    sent = await town.send(friend.pn, "read me")
    entry = await friend.wait_for(lambda entry: entry.id == sent.id)
    friend.mark_read([entry])

    def kinds() -> list[ReceiptKind]:
        told = [event.receipt for event in town.told(ReceiptReceived)]
        return [receipt.kind for receipt in told if sent.id in receipt.ids]

    await until(lambda: len(kinds()) == 2, 20)
    assert kinds() == [ReceiptKind.DELIVERED, ReceiptKind.READ]


async def test_receipts_of_ours(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    key = (await town.hear_message(friend.send_text(town.phone.pn, "read me"))).key
    await until(lambda: any(key.id in r.ids for r in friend.receipts), 20)
    assert not any(r.kind == "read" for r in friend.receipts)
    await town.engine.mark_read(key.chat, key.sender, ["one two", key.id])
    await until(lambda: any(r.kind == "read" and key.id in r.ids for r in friend.receipts), 20)
    assert not any("two" in r.ids for r in friend.receipts), "an id may have a space in it"


async def test_what_is_sent_at_once_arrives_in_the_order_of_the_calls(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    lines = [f"line {number}" for number in range(20)]
    await asyncio.gather(*(town.send(friend.pn, line) for line in lines))
    await friend.wait_for(lambda entry: entry.text == lines[-1])
    assert [entry.text for entry in friend.inbox.newest(20)] == lines


async def test_a_burst_keeps_its_order(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    lines = [f"burst {number}" for number in range(200)]
    friend.send_many(town.phone.pn, lines)
    await hear_text(town, lines[-1])
    assert [text for text in town.texts if text.startswith("burst")] == lines


async def test_a_group_talks_both_ways(town: EngineTown) -> None:
    friends = [town.sandbox.add_person(name) for name in ("Finn", "Gina")]
    group = town.sandbox.create_group("Friends", [town.phone.pn, *(f.pn for f in friends)])
    sent = await town.send(group.jid, "hello all")
    assert sent.chat == group.jid
    for friend in friends:
        entry = await friend.wait_for(lambda entry: entry.id == sent.id)
        assert entry.chat == group.jid
        message = await town.hear_message(friend.send_text(group.jid, f"from {friend.name}"))
        assert message.key.chat == group.jid
        assert is_of(friend, message.key.sender)
        assert {message.key.sender, message.sender_alt} == {friend.lid, friend.pn}


async def test_a_status_both_ways(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    await said(town, friend, "hello")
    message = await town.hear_message(friend.post_status(Text(text="at the sea")))
    assert message.key.chat == STATUS_JID
    assert is_of(friend, message.key.sender)


async def test_a_view_once_message_says_so(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    message = await town.hear_message(friend.send(town.phone.pn, Text(text="gone"), once=True))
    assert message.view_once


async def test_nobody_is_there(town: EngineTown) -> None:
    with pytest.raises(NotOnWhatsApp):
        await town.send(Jid("15559999999", "s.whatsapp.net"), "anybody?")


async def test_a_refusal_says_its_code(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    fault = Fault(kind=FaultKind.NACK, code=463, target=str(town.phone.lid))
    town.sandbox.faults.add(fault)
    with pytest.raises(SendRejected) as refused:
        await town.send(friend.pn, "buy now")
    town.sandbox.faults.clear()
    assert refused.value.server_code == 463


async def test_what_cannot_be_read_comes_again(town: EngineTown) -> None:
    friend = town.sandbox.add_person("Finn")
    await town.hear_message(friend.send_text(town.phone.pn, "hello"))
    town.sandbox.faults.add(Fault(kind=FaultKind.GARBLE, target=str(town.phone.lid)))
    message = await town.hear_message(friend.send_text(town.phone.pn, "garbled at first"))
    assert message.content == Text(text="garbled at first")
