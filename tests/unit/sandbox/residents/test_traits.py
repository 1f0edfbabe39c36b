"""What a stanza tells of its content, as whatsmeow's send.go has it."""

import pytest

from wigwag.model.content import (
    ContactCard,
    Contacts,
    Content,
    Edit,
    Location,
    Media,
    MediaKind,
    MessageKey,
    Poll,
    PollVote,
    Reaction,
    Revoke,
    Text,
    Unsupported,
)
from wigwag.model.jid import Jid
from wigwag.sandbox.residents.traits import PLAIN, Traits, traits_of

ANN = Jid("1", "lid")
OWN = MessageKey(chat=ANN, sender=ANN, id="1", from_me=True)
OTHER = MessageKey(chat=ANN, sender=ANN, id="1")
CARD = ContactCard(name="A", vcard="")


@pytest.mark.parametrize(
    ("content", "traits"),
    [
        (Text(text="x"), PLAIN),
        (Unsupported(fields=(), raw=b""), PLAIN),
        (Contacts(cards=(CARD,)), Traits(type="media", media_type="vcard")),
        (Contacts(cards=(CARD, CARD)), Traits(type="media", media_type="contact_array")),
        (Location(latitude=1, longitude=1), Traits(type="media", media_type="location")),
        (Reaction(target=OWN, emoji="+1"), Traits(type="reaction", hide_failure=True)),
        (Reaction(target=OWN, emoji=""), Traits(type="reaction", edit="7", hide_failure=True)),
        (Edit(target=OWN, content=Text(text="x")), Traits(edit="1", hide_failure=True)),
        (Revoke(target=OWN), Traits(edit="7", hide_failure=True)),
        (Revoke(target=OTHER), Traits(edit="8", hide_failure=True)),
        (Poll(question="?", options=()), Traits(type="poll", poll_type="creation")),
        (
            PollVote(poll=OWN, enc_payload=b"", enc_iv=b""),
            Traits(type="poll", poll_type="vote", hide_failure=True),
        ),
    ],
)
def test_traits(content: Content, traits: Traits) -> None:
    assert traits_of(content) == traits


@pytest.mark.parametrize("kind", MediaKind)
def test_media_types(kind: MediaKind) -> None:
    expected = "ptt" if kind is MediaKind.VOICE else kind.value
    assert traits_of(Media(kind=kind, mime="")) == Traits(type="media", media_type=expected)
