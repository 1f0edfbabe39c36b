"""Everything that can be said, from one person to another and to groups, and what arrives."""

import pytest

from scripted.neighbours import Neighbourhood
from wigwag.model.content import (
    ContactCard,
    Contacts,
    Location,
    Media,
    MediaKind,
    Poll,
    Reaction,
    Revoke,
    Text,
)
from wigwag.model.errors import EmptyMessage, InvalidInput, NotFound
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.residents.inbox import InboxEntry
from wigwag.sandbox.residents.person import Person
from wigwag.sandbox.samples import make_jpeg, make_pdf, make_png, make_voice
from wigwag.wire.errors import MediaFailure

CARD = ContactCard(name="Dora", vcard="BEGIN:VCARD\nVERSION:3.0\nFN:Dora\nEND:VCARD")


@pytest.fixture
def pair(hood: Neighbourhood) -> tuple[Person, Person]:
    return hood.person("Ann"), hood.person("Bob")


def last(person: Person) -> InboxEntry:
    return person.inbox.entries()[-1]


@pytest.mark.parametrize(
    ("data", "attachment", "kind", "mime"),
    [
        (make_jpeg(1), Attachment(caption="picture"), "image", "image/jpeg"),
        (make_png(1), Attachment(), "image", "image/png"),
        (make_voice(1), Attachment(duration_s=1), "voice", "audio/ogg; codecs=opus"),
        (make_pdf("x"), Attachment(filename="x.pdf"), "document", "application/pdf"),
        (b"text", Attachment(filename="notes.txt"), "document", "text/plain"),
        (b"text", Attachment(), "document", "application/octet-stream"),
        (b"\0\0\0\x18ftypmp42", Attachment(), "video", "video/mp4"),
        (b"anything", Attachment(kind=MediaKind.STICKER), "sticker", "image/webp"),
        (b"anything", Attachment(kind=MediaKind.GIF), "gif", "video/mp4"),
        (b"anything", Attachment(kind=MediaKind.AUDIO), "audio", "audio/mp4"),
        (b"", Attachment(kind=MediaKind.DOCUMENT), "document", "application/octet-stream"),
    ],
)
def test_media_arrive_whole(
    pair: tuple[Person, Person], data: bytes, attachment: Attachment, kind: str, mime: str
) -> None:
    ann, bob = pair
    ann.send_media(bob.phone, data, attachment)
    entry = last(bob)
    assert entry.kind == kind
    assert entry.text == attachment.caption
    assert entry.media is not None
    assert (entry.media.mime, entry.media.size_bytes) == (mime, len(data))
    assert bob.download(entry) == data


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/cron.d/x",
        "a\0b.pdf",
        "CON",
        "..\\..\\windows\\system32",
        "x" * 1000 + ".txt",
        "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe",
        "new\nline.txt",
        "=cmd|'/C calc'!A0.csv",
        "<script>.html",
        "",
    ],
)
def test_hostile_names_pass_through(
    pair: tuple[Person, Person], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They leave as they were given; what a receiver makes of them is its own affair."""
    ann, bob = pair
    stanzas: list[bytes] = []
    decrypt = bob.keyring.decrypt

    def overhear(device: Jid, kind: str, data: bytes) -> bytes:
        stanzas.append(decrypt(device, kind, data))
        return stanzas[-1]

    monkeypatch.setattr(bob.keyring, "decrypt", overhear)
    ann.send_media(bob.phone, b"data", Attachment(kind=MediaKind.DOCUMENT, filename=name))
    assert name.encode() in stanzas[-1]
    assert last(bob).kind == "document"


def test_a_file_that_is_gone_or_changed_is_an_error(
    hood: Neighbourhood, pair: tuple[Person, Person]
) -> None:
    ann, bob = pair
    ann.send_media(bob.phone, b"data", Attachment())
    entry = last(bob)
    assert isinstance(entry.content, Media)
    assert entry.content.ref is not None
    wrong = hood.surroundings.media.put(b"other", MediaKind.DOCUMENT)
    file = hood.host.get(entry.content.ref.direct_path)
    file.data = hood.host.load(wrong.direct_path)
    with pytest.raises(MediaFailure):
        bob.download(entry)
    hood.host.remove(entry.content.ref.direct_path)
    with pytest.raises(NotFound):
        bob.download(entry)
    ann.send_text(bob.phone, "no file")
    with pytest.raises(NotFound):
        bob.download(last(bob))


def test_reactions_edits_and_revokes_name_their_message(pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    sent = ann.send_text(bob.phone, "original")
    bob.react(sent, "+1")
    assert (last(ann).kind, last(ann).text, last(ann).target) == ("reaction", "+1", sent)
    reaction = last(ann).content
    assert isinstance(reaction, Reaction)
    assert (reaction.target.from_me, reaction.target.sender) == (True, ann.lid)
    ann.edit(sent, "edited")
    assert (last(bob).kind, last(bob).text, last(bob).target) == ("edit", "edited", sent)
    ann.revoke(sent)
    assert (last(bob).kind, last(bob).target) == ("revoke", sent)
    bob.react(sent, "")
    assert last(ann).text == ""


def test_in_a_group_the_author_is_named(hood: Neighbourhood, pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    cem = hood.person("Cem")
    group = hood.group("Three", ann, bob, cem)
    sent = ann.send_text(group.jid, "original")
    bob.react(sent, "+1")
    reaction = last(cem).content
    assert isinstance(reaction, Reaction)
    assert (reaction.target.sender, reaction.target.chat) == (ann.lid, group.jid)
    ann.revoke(bob.send_text(group.jid, "the admin deletes this"))
    revoke = last(cem).content
    assert isinstance(revoke, Revoke)
    assert revoke.target.sender == bob.lid


def test_a_message_nobody_knows_needs_its_chat(pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    with pytest.raises(NotFound):
        ann.react("UNKNOWN", "+1")
    ann.react("UNKNOWN", "+1", to=bob.phone)
    assert last(bob).target == "UNKNOWN"
    ann.edit("UNKNOWN", "edited", to=bob.phone)
    assert last(bob).target == "UNKNOWN"


@pytest.mark.parametrize("in_group", [False, True])
def test_votes_are_read_by_both_sides(
    hood: Neighbourhood, pair: tuple[Person, Person], in_group: bool
) -> None:
    ann, bob = pair
    chat = hood.group("Both", ann, bob).jid if in_group else bob.lid
    poll = ann.send_poll(chat, "Lunch?", ["Soup", "Salad", "Both"], selectable=2)
    entry = last(bob)
    assert (entry.kind, entry.text, entry.options) == ("poll", "Lunch?", ("Soup", "Salad", "Both"))
    assert isinstance(entry.content, Poll)
    assert entry.content.selectable == 2
    bob.vote(poll, ["Salad", "Both"])
    assert (last(ann).kind, last(ann).target) == ("poll_vote", poll)
    assert last(ann).options == ("Salad", "Both")
    ann.vote(poll, ["Soup"])
    assert last(bob).options == ("Soup",)
    bob.vote(poll, [])
    assert last(ann).options == ()


def test_polls_and_votes_are_checked(pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    for options in (["one"], ["same", "same"], [str(number) for number in range(13)]):
        with pytest.raises(InvalidInput):
            ann.send_poll(bob.phone, "Which?", options)
    poll = ann.send_poll(bob.phone, "Which?", ["a", "b"])
    with pytest.raises(InvalidInput):
        bob.vote(poll, ["c"])
    with pytest.raises(NotFound):
        bob.vote("UNKNOWN", ["a"])


def test_places_and_cards(pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    ann.send_location(bob.phone, 52.5, 13.4, "Berlin", "Somewhere 1")
    place = last(bob).content
    assert isinstance(place, Location)
    assert (place.latitude, place.longitude, place.name) == (52.5, 13.4, "Berlin")
    ann.send_contacts(bob.phone, [CARD])
    assert last(bob).content == Contacts(cards=(CARD,))
    assert (last(bob).kind, last(bob).text) == ("contact", "Dora")
    ann.send_contacts(bob.phone, [CARD, CARD], "Two of them")
    assert last(bob).text == "Two of them"


def test_context_of_texts(pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    first = ann.send_text(bob.phone, "question")
    bob.send_text(
        ann.phone, "answer", reply_to=first, mentions=[ann.phone], forwarded=True, ephemeral_s=60
    )
    content = last(ann).content
    assert isinstance(content, Text)
    assert content.context.quoted is not None
    assert (content.context.quoted.id, content.context.quoted.text) == (first, "question")
    assert content.context.mentions == (ann.lid,)
    assert content.context.forwarded
    assert content.context.ephemeral_s == 60


def test_an_empty_text_is_refused(pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    with pytest.raises(EmptyMessage):
        ann.send_text(bob.phone, "")


def test_statuses_of_any_kind(hood: Neighbourhood, pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    ann.post_status(Text(text="words"))
    ann.post_status(hood.surroundings.media.upload(make_jpeg(1), Attachment(caption="picture")))
    assert [(entry.chat, entry.text) for entry in bob.inbox.entries()] == [
        (STATUS_JID, "words"),
        (STATUS_JID, "picture"),
    ]


@pytest.mark.parametrize("kind", ["read", "played"])
def test_reading_is_told_to_the_sender(
    hood: Neighbourhood, pair: tuple[Person, Person], kind: str
) -> None:
    ann, bob = pair
    group = hood.group("Both", ann, bob)
    ids = [*ann.send_many(bob.phone, ["a", "b"]), ann.send_text(group.jid, "c")]
    ann.receipts.clear()
    bob.mark_read(bob.inbox.entries(), kind)
    assert [(one.kind, one.ids, one.chat) for one in ann.receipts] == [
        (kind, tuple(ids[:2]), bob.lid),
        (kind, (ids[2],), group.jid),
    ]


def test_no_receipts_when_told_so(pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    bob.sends_receipts = False
    ann.send_text(bob.phone, "hello")
    assert list(ann.receipts) == []


def test_activities(hood: Neighbourhood, pair: tuple[Person, Person]) -> None:
    ann, bob = pair
    ann.set_presence(available=True)
    for activity in ("composing", "recording", "paused"):
        ann.show_typing(bob.phone, activity)
    with pytest.raises(InvalidInput):
        ann.show_typing(bob.phone, "dancing")
    assert hood.network.directory.get_device(ann.lid).available
