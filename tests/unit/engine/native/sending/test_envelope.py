"""What the outside of a message tells."""

import pytest

from wigwag.engine.native.sending.envelope import Envelope, describe
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Content,
    Edit,
    Location,
    Media,
    MediaKind,
    MessageKey,
    Pin,
    Poll,
    PollVote,
    Reaction,
    Revoke,
    Text,
    TimerSet,
)
from wigwag.model.jid import Jid

CHAT = Jid("120363000", "g.us")
KEY = MessageKey(chat=CHAT, sender=Jid("1", "lid"), id="A")
OWN = MessageKey(chat=CHAT, sender=Jid("2", "lid"), id="B", from_me=True)
CARD = ContactCard(name="A", vcard="BEGIN:VCARD")


@pytest.mark.parametrize(
    ("content", "envelope"),
    [
        (Text(text="a"), Envelope(type="text")),
        (Location(latitude=1, longitude=2), Envelope(type="text")),
        (Contacts(cards=(CARD,)), Envelope(type="media", media_type="vcard")),
        (Contacts(cards=(CARD, CARD)), Envelope(type="media", media_type="contact_array")),
        (Reaction(target=KEY, emoji="x"), Envelope(type="reaction", hide=True)),
        (Reaction(target=KEY, emoji=""), Envelope(type="reaction", edit="7", hide=True)),
        (Edit(target=OWN, content=Text(text="b")), Envelope(type="text", edit="1", hide=True)),
        (Revoke(target=OWN), Envelope(type="text", edit="7", hide=True)),
        (Revoke(target=KEY), Envelope(type="text", edit="8", hide=True)),
        (Pin(target=KEY, pinned=True), Envelope(type="text", edit="2", hide=True)),
        (TimerSet(seconds=1), Envelope(type="text")),
        (Poll(question="?", options=("a",)), Envelope(type="poll", poll="creation")),
        (
            PollVote(poll=KEY, enc_payload=b"", enc_iv=b""),
            Envelope(type="poll", poll="vote", hide=True),
        ),
    ],
)
def test_contents(content: Content, envelope: Envelope) -> None:
    assert describe(content) == envelope


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("image", "image"),
        ("video", "video"),
        ("gif", "gif"),
        ("audio", "audio"),
        ("voice", "ptt"),
        ("document", "document"),
        ("sticker", "sticker"),
    ],
)
def test_media(kind: str, name: str) -> None:
    card = Media(kind=MediaKind(kind), mime="a/b")
    assert describe(card) == Envelope(type="media", media_type=name)
    assert describe(card).enc_attrs() == {"mediatype": name}


def test_what_is_hidden_says_so_at_every_copy() -> None:
    assert describe(Revoke(target=KEY)).enc_attrs() == {"decrypt-fail": "hide"}
