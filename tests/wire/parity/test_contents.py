"""Every kind of message, as its readers decrypt it."""

from typing import Any

import pytest

from peers.parity.duo import Duo
from peers.parity.side import STATUS, Side
from wigwag.model.appstate import ContactNamed
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Context,
    Edit,
    Location,
    MessageKey,
    Pin,
    Poll,
    Quoted,
    Reaction,
    Revoke,
    Text,
    TimerSet,
)
from wigwag.sandbox.residents.ballots import OpenPoll, seal_vote

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]

WEEK_S = 604_800


def of_friend(side: Side, chat: str = "friend") -> MessageKey:
    """The last message of the friend."""
    return MessageKey(chat=side.lid(chat), sender=side.friend.lid, id=side.heard)


def own(side: Side, chat: str = "friend") -> MessageKey:
    """The last message of the client."""
    return MessageKey(chat=side.lid(chat), sender=side.client.lid, id=side.said, from_me=True)


def extended(text: str, **context: Any) -> dict[str, Any]:
    return {"extendedTextMessage": {"text": text, "contextInfo": context}}


@pytest.mark.parametrize("chat", ["friend", "group"])
async def test_a_reaction_and_its_removal(duo: Duo, chat: str):
    await duo.each(lambda side: side.hear("react to me", "me" if chat == "friend" else chat))
    a, w = duo.theirs, duo.ours
    for emoji in ("👍", ""):
        await duo.play(
            lambda emoji=emoji: duo.ada.call(
                "react",
                chat=str(a.lid(chat)),
                sender=str(a.friend.lid),
                message_id=a.heard,
                emoji=emoji,
            ),
            lambda emoji=emoji: duo.wig.send(
                w.jid(chat), Reaction(target=of_friend(w, chat), emoji=emoji)
            ),
        )


@pytest.mark.parametrize("chat", ["friend", "group"])
async def test_a_pin_and_its_end(duo: Duo, chat: str):
    await duo.each(lambda side: side.hear("pin me", "me" if chat == "friend" else chat))

    def theirs(side: Side, kind: str, seconds: int) -> dict[str, Any]:
        author = {"participant": str(side.friend.lid)} if chat == "group" else {}
        key = {"remoteJID": str(side.lid(chat)), "fromMe": False, "ID": side.heard, **author}
        pin = {"key": key, "type": kind, "senderTimestampMS": "1770000000000"}
        context = {"messageAddOnDurationInSecs": seconds} if seconds else {}
        return {"pinInChatMessage": pin, "messageContextInfo": context}

    for kind, seconds in (("PIN_FOR_ALL", WEEK_S), ("UNPIN_FOR_ALL", 0)):
        await duo.say(
            chat,
            lambda side, kind=kind, seconds=seconds: theirs(side, kind, seconds),
            lambda side, seconds=seconds: Pin(
                target=of_friend(side, chat), pinned=seconds > 0, duration_s=seconds
            ),
        )


async def test_a_timer(duo: Duo):
    for seconds in (WEEK_S, 0):
        setting = {
            "type": "EPHEMERAL_SETTING",
            "ephemeralExpiration": seconds,
            "ephemeralSettingTimestamp": "1770000000",
        }
        await duo.say(
            "friend",
            lambda _side, setting=setting: {"protocolMessage": setting},
            lambda _side, seconds=seconds: TimerSet(seconds=seconds),
        )


@pytest.mark.parametrize("chat", ["friend", "group"])
async def test_an_edit(duo: Duo, chat: str):
    await duo.each(lambda side: side.say(chat, "mistaken"))
    a, w = duo.theirs, duo.ours
    await duo.play(
        lambda: duo.ada.call("edit", chat=str(a.lid(chat)), message_id=a.said, text="right"),
        lambda: duo.wig.send(w.jid(chat), Edit(target=own(w, chat), content=Text(text="right"))),
    )


@pytest.mark.parametrize("chat", ["friend", "group"])
async def test_an_own_message_revoked(duo: Duo, chat: str):
    await duo.each(lambda side: side.say(chat, "unsaid"))
    a, w = duo.theirs, duo.ours
    await duo.play(
        lambda: duo.ada.call(
            "revoke", chat=str(a.lid(chat)), sender=str(a.client.pn), message_id=a.said
        ),
        lambda: duo.wig.send(w.jid(chat), Revoke(target=own(w, chat))),
    )


async def test_a_message_of_another_revoked_by_an_admin(duo: Duo):
    for side in duo.sides:
        groups = duo.stage.sandbox.network.groups
        group = groups.get(side.group)
        account = duo.stage.sandbox.network.directory.get
        groups.change_members(
            group, account(side.friend.lid), "promote", [account(side.client.lid)]
        )
    await duo.agree()
    await duo.each(lambda side: side.hear("unwanted", "group"))
    a, w = duo.theirs, duo.ours
    await duo.play(
        lambda: duo.ada.call(
            "revoke", chat=str(a.group), sender=str(a.friend.lid), message_id=a.heard
        ),
        lambda: duo.wig.send(w.group, Revoke(target=of_friend(w, "group"))),
    )


@pytest.mark.parametrize("chat", ["friend", "group"])
async def test_a_poll(duo: Duo, chat: str):
    a, w = duo.theirs, duo.ours
    poll = Poll(question="?", options=("a", "b"), selectable=1, secret=b"s" * 32)
    await duo.play(
        lambda: duo.ada.call("send_poll", to=str(a.jid(chat)), question="?", options=["a", "b"]),
        lambda: duo.wig.send(w.jid(chat), poll),
    )


@pytest.mark.parametrize("chat", ["friend", "group"])
async def test_a_vote(duo: Duo, chat: str):
    target = "me" if chat == "friend" else chat
    poll = Poll(question="?", options=("a", "b"), selectable=1)
    await duo.each(lambda side: side.hear_content(poll, target))
    w = duo.ours

    async def vote() -> None:
        known = w.friend.polls.find(w.heard)
        assert known is not None
        seen = OpenPoll(key=of_friend(w, chat), poll=known.poll)
        await duo.wig.send(w.jid(chat), seal_vote(seen, w.client.lid, ["a"], bytes))

    await duo.play(lambda: duo.ada.call("vote", message_id=duo.theirs.heard, choices=["a"]), vote)


async def test_a_location(duo: Duo):
    await duo.say(
        "friend",
        lambda _: {
            "locationMessage": {
                "degreesLatitude": 1,
                "degreesLongitude": 2,
                "name": "n",
                "address": "a",
            }
        },
        lambda _: Location(latitude=1, longitude=2, name="n", address="a"),
    )


async def test_a_live_location(duo: Duo):
    await duo.say(
        "friend",
        lambda _: {
            "liveLocationMessage": {"degreesLatitude": 1, "degreesLongitude": 2, "caption": "n"}
        },
        lambda _: Location(latitude=1, longitude=2, name="n", live=True),
    )


async def test_a_contact(duo: Duo):
    await duo.say(
        "friend",
        lambda _: {"contactMessage": {"displayName": "K", "vcard": "V"}},
        lambda _: Contacts(cards=(ContactCard(name="K", vcard="V"),)),
    )


async def test_several_contacts(duo: Duo):
    cards = [{"displayName": name, "vcard": "V"} for name in "KL"]
    await duo.say(
        "friend",
        lambda _: {"contactsArrayMessage": {"displayName": "both", "contacts": cards}},
        lambda _: Contacts(
            name="both", cards=tuple(ContactCard(name=name, vcard="V") for name in "KL")
        ),
    )


@pytest.mark.parametrize("chat", ["friend", "group"])
async def test_a_reply(duo: Duo, chat: str):
    await duo.each(lambda side: side.hear("a question", "me" if chat == "friend" else chat))
    await duo.say(
        chat,
        lambda side: extended(
            "an answer",
            stanzaID=side.heard,
            participant=str(side.friend.lid),
            quotedMessage={"conversation": "a question"},
        ),
        lambda side: Text(
            text="an answer",
            context=Context(
                quoted=Quoted(id=side.heard, sender=side.friend.lid, text="a question")
            ),
        ),
    )


async def test_a_mention_in_a_group(duo: Duo):
    await duo.say(
        "group",
        lambda side: extended("@you", mentionedJID=[str(side.lid("bystander"))]),
        lambda side: Text(text="@you", context=Context(mentions=(side.lid("bystander"),))),
    )


async def test_a_forwarded_text(duo: Duo):
    await duo.say(
        "friend",
        lambda _: extended("heard say", isForwarded=True, forwardingScore=1),
        lambda _: Text(text="heard say", context=Context(forwarded=True)),
    )


async def test_a_text_that_disappears(duo: Duo):
    await duo.say(
        "friend",
        lambda _: extended("soon gone", expiration=WEEK_S),
        lambda _: Text(text="soon gone", context=Context(ephemeral_s=WEEK_S)),
    )


async def test_a_text_that_disappears_received(duo: Duo):
    content = Text(text="gone soon", context=Context(ephemeral_s=WEEK_S))
    await duo.each(lambda side: side.hear_content(content))


async def test_an_own_status(duo: Duo):
    for text in ("first status", "second status"):
        await duo.each(lambda side, text=text: side.say(STATUS, text))


async def test_a_status_to_the_address_book(duo: Duo):
    await duo.meet("reader", "other reader")

    async def name(side: Side) -> None:
        readers = [side.people[one] for one in ("reader", "other reader")]
        side.client.phone.app_state.name_contacts(
            [ContactNamed(jid=one.pn, alt=one.lid, full_name="R") for one in readers]
        )

    await duo.each(name)
    await duo.each(lambda side: side.say(STATUS, "to my readers"))
