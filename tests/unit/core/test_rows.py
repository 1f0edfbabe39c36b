"""What a message says, as the values of its row."""

from datetime import timedelta, timezone

import msgspec
import pytest

from stored.makers import ANN, at, edit, key, message, picture, reaction
from wigwag.core.rows import (
    body_of,
    context_of,
    kind_of,
    message_record,
    text_of,
    thumbnail_mime,
    with_text,
)
from wigwag.model.content import (
    NO_CONTEXT,
    ContactCard,
    Contacts,
    Content,
    Context,
    Location,
    MediaRef,
    Poll,
    PollVote,
    Text,
    Unsupported,
)
from wigwag.model.instant import MAX_MS, classic_time, ms_of, time_of
from wigwag.model.record import RowKind

FORWARDED = Context(forwarded=True)
CONTENTS: list[tuple[Content, RowKind, str]] = [
    (Text(text="hi"), RowKind.TEXT, "hi"),
    (picture(None, caption="look"), RowKind.IMAGE, "look"),
    (Location(latitude=1.0, longitude=2.0), RowKind.LOCATION, ""),
    (Location(latitude=1.0, longitude=2.0, address="Road"), RowKind.LOCATION, "Road"),
    (
        Contacts(cards=(ContactCard(name="A", vcard=""), ContactCard(name="B", vcard=""))),
        RowKind.CONTACT,
        "A, B",
    ),
    (Poll(question="Tea?", options=("a",)), RowKind.POLL, "Tea?"),
    (Unsupported(fields=("x",), raw=b"r"), RowKind.UNSUPPORTED, ""),
]


@pytest.mark.parametrize(("content", "kind", "text"), CONTENTS)
def test_kind_and_text(content: Content, kind: RowKind, text: str) -> None:
    assert (kind_of(content), text_of(content)) == (kind, text)


def test_only_a_bare_text_needs_no_body() -> None:
    assert body_of(Text(text="hi")) is None
    assert body_of(Text(text="hi", context=Context())) is None
    decoded: list[Content] = []
    for content, _, _ in CONTENTS[1:]:
        body = body_of(content)
        assert body is not None
        decoded.append(msgspec.msgpack.decode(body, type=Content))  # pyright: ignore
    assert decoded == [content for content, _, _ in CONTENTS[1:]]


def test_the_thumbnail_is_kept_apart() -> None:
    jpeg = b"\xff\xd8\xff" + b"x" * 1000
    with_one = picture(None, thumbnail=jpeg)
    assert body_of(with_one) == body_of(picture(None))
    assert message_record("a", message("A1", with_one), "c", "s").thumbnail == jpeg


@pytest.mark.parametrize(
    ("thumbnail", "mime"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"", ""),
        (b"\xff\xd8", ""),
        (b"GIF89a", ""),
        (b"<svg onload=alert(1)>", ""),
        (b"%PDF-1.7", ""),
        (b"<html>\xff\xd8\xff", ""),
    ],
)
def test_only_a_picture_is_a_thumbnail(thumbnail: bytes, mime: str) -> None:
    assert thumbnail_mime(thumbnail) == mime
    content = picture(None, thumbnail=thumbnail)
    record = message_record("a", message("A1", content), "c", "s")
    assert record.thumbnail == ((thumbnail or None) if mime else None)


def test_what_is_no_row_has_no_context() -> None:
    vote = PollVote(poll=key("P"), enc_payload=b"", enc_iv=b"")
    for content in (reaction(key("A"), "x"), edit(key("A"), "x"), vote):
        assert context_of(content) == NO_CONTEXT
    assert context_of(Text(text="x", context=FORWARDED)) == FORWARDED


def test_another_text_keeps_the_rest() -> None:
    assert with_text(Text(text="a", context=FORWARDED), "b") == Text(text="b", context=FORWARDED)
    assert with_text(picture(None, width=5), "b") == picture(None, width=5, caption="b")
    poll = Poll(question="q", options=())
    assert with_text(poll, "b") is poll


def test_the_url_of_the_host_is_preferred() -> None:
    ref = MediaRef(
        direct_path="/p?a=b",
        media_key=b"k",
        file_sha256=b"s",
        file_enc_sha256=b"e",
        size_bytes=1,
        url="https://host/x",
    )
    record = message_record("a", message("A1", picture(ref)), str(ANN), str(ANN))
    assert record.url == "https://host/x"
    bare = msgspec.structs.replace(ref, url="")
    record = message_record("a", message("A1", picture(bare)), str(ANN), str(ANN))
    assert record.url == "https://mmg.whatsapp.net/p?a=b"


def test_times_are_utc_whatever_their_zone() -> None:
    elsewhere = at(0.25).astimezone(timezone(timedelta(hours=-3)))
    record = message_record(
        "a", msgspec.structs.replace(message("A1"), timestamp=elsewhere), "c", "s"
    )
    assert record.timestamp == "2026-03-01 12:00:00+00:00"
    assert time_of(record.timestamp_ms) == at(0.25)


def test_absurd_times_are_kept_within_reason() -> None:
    assert ms_of(at(-(10**10))) == 0
    assert ms_of(at(10**10)) == MAX_MS
    assert classic_time(0) == "1970-01-01 00:00:00+00:00"
    assert classic_time(MAX_MS).startswith("2109-")
