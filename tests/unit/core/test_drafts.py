"""What callers write, and the content that it becomes."""

import io
from datetime import UTC, datetime

import pytest

from stored.makers import ANN
from stored.ogg import opus
from wigwag.core.drafts import (
    Draft,
    checked_draft,
    checked_recipient,
    kind_of_file,
    media_content,
    mime_of_file,
    stored_name,
    text_content,
)
from wigwag.core.voice import FLAT
from wigwag.model.content import Context, Location, Media, MediaKind, Poll, Text
from wigwag.model.errors import EmptyMessage, InvalidInput, MalformedJid
from wigwag.model.jid import Jid
from wigwag.model.media import Upload

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
GIF = b"GIF89a\x0a\x00\x14\x00" + b"\0" * 20

KINDS = {
    "a.jpg": (MediaKind.IMAGE, "image/jpeg"),
    "a.JPEG": (MediaKind.IMAGE, "image/jpeg"),
    "a.png": (MediaKind.IMAGE, "image/png"),
    "a.gif": (MediaKind.IMAGE, "image/gif"),
    "a.webp": (MediaKind.IMAGE, "image/webp"),
    "a.ogg": (MediaKind.VOICE, "audio/ogg"),
    "a.mp4": (MediaKind.VIDEO, "video/mp4"),
    "a.avi": (MediaKind.VIDEO, "video/x-msvideo"),
    "a.mov": (MediaKind.VIDEO, "video/quicktime"),
    "a.mp3": (MediaKind.AUDIO, "audio/mpeg"),
    "a.m4a": (MediaKind.AUDIO, "audio/mp4"),
    "a.wav": (MediaKind.AUDIO, "audio/wav"),
    "a.opus": (MediaKind.AUDIO, "audio/ogg; codecs=opus"),
    "a.pdf": (MediaKind.DOCUMENT, "application/pdf"),
    "a.docx": (
        MediaKind.DOCUMENT,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "a.unknownthing": (MediaKind.DOCUMENT, "application/octet-stream"),
    "README": (MediaKind.DOCUMENT, "application/octet-stream"),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_extension_says_the_kind_and_the_type(name: str) -> None:
    assert (kind_of_file(name), mime_of_file(name)) == KINDS[name]


@pytest.mark.parametrize("draft", [Draft(), Draft(text=" \n\t")])
def test_nothing_to_say_is_an_error(draft: Draft) -> None:
    with pytest.raises(EmptyMessage):
        checked_draft(draft)


@pytest.mark.parametrize("draft", [Draft(text="x" * 65_537), Draft(text="a\ud800")])
def test_text_that_cannot_travel_is_refused(draft: Draft) -> None:
    with pytest.raises(InvalidInput):
        checked_draft(draft)


@pytest.mark.parametrize("jid", [Jid("", "s.whatsapp.net"), Jid("1", "bot"), Jid("1", "msgr")])
def test_one_sends_to_people_groups_and_lists(jid: Jid) -> None:
    with pytest.raises(MalformedJid):
        checked_recipient(jid)
    assert checked_recipient(ANN) == ANN


def test_a_text_keeps_its_context() -> None:
    context = Context(mentions=(ANN,))
    assert text_content(Draft(text="hi", context=context), b"") == Text(text="hi", context=context)


def test_a_ready_content_is_taken_as_it_is() -> None:
    place = Location(latitude=1.0, longitude=2.0)
    assert text_content(Draft(content=place), b"s") == place


def test_a_poll_gets_a_secret() -> None:
    poll = Poll(question="Tea?", options=("a", "b"))
    made = text_content(Draft(content=poll), b"s" * 32)
    assert isinstance(made, Poll)
    assert made.secret == b"s" * 32


def test_an_image_has_its_size_and_caption() -> None:
    made = media_content(Draft(media_path="/x/a.gif", text="look"), io.BytesIO(GIF))
    assert (made.width, made.height, made.caption, made.filename) == (10, 20, "look", "")


def test_a_document_without_an_extension_is_what_it_is_called() -> None:
    made = media_content(
        Draft(media_path="/x/a1", kind=MediaKind.DOCUMENT, filename="b.pdf"), io.BytesIO(b"%PDF")
    )
    assert (made.mime, made.filename) == ("application/pdf", "b.pdf")


def test_an_ogg_is_a_voice_note() -> None:
    made = media_content(Draft(media_path="/x/a.ogg"), io.BytesIO(opus([40] * 100)))
    assert (made.kind, made.mime) == (MediaKind.VOICE, "audio/ogg; codecs=opus")
    assert (made.duration_s, made.waveform) == (2, FLAT)


@pytest.mark.parametrize(
    ("name", "head", "mime"),
    [
        ("a.jpg", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a.jpg", b"what is this", "image/jpeg"),
        ("a.jpg", b"%PDF-1.7", "image/jpeg"),
        ("a.mp4", b"\x1a\x45\xdf\xa3 webm", "video/webm"),
        ("a.mp3", b"fLaC", "audio/flac"),
        ("a.opus", b"OggS", "audio/ogg; codecs=opus"),
        ("a.pdf", b"\xff\xd8\xff", "application/pdf"),
    ],
)
def test_the_type_follows_the_bytes_where_they_fit_the_kind(
    name: str, head: bytes, mime: str
) -> None:
    assert media_content(Draft(media_path=f"/x/{name}"), io.BytesIO(head)).mime == mime


@pytest.mark.parametrize(
    ("kind", "name", "head", "mime"),
    [
        ("image", "README.md", b"# Read me", "text/markdown"),
        ("image", "a.jpg", b"%PDF-1.7", "application/pdf"),
        ("image", "a", b"of no known type", "application/octet-stream"),
        ("video", "a.mp4", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("audio", "a.png", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("audio", "a.avi", b"RIFF....AVI ", "video/x-msvideo"),
        ("image", "a.jpg", b"\0\0\0\x18ftypmp42", "video/mp4"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_its_type(
    kind: str, name: str, head: bytes, mime: str
) -> None:
    draft = Draft(media_path=f"/x/{name}", kind=MediaKind(kind))
    with pytest.raises(InvalidInput, match=f"This file is {mime}; send it as a document"):
        media_content(draft, io.BytesIO(head))
    as_document = Draft(media_path=f"/x/{name}", kind=MediaKind.DOCUMENT)
    assert media_content(as_document, io.BytesIO(head)).kind is MediaKind.DOCUMENT


@pytest.mark.parametrize(
    ("kind", "name", "head"),
    [
        ("image", "a.jpg", b"\x89PNG\r\n\x1a\n"),
        ("image", "a.heic", b"\0\0\0\x18ftypmsf1"),
        ("image", "a.svg", b"<svg/>"),
        ("video", "a.mpg", b"\0\0\1\xba"),
        ("video", "a.ogv", b"OggS"),
        ("audio", "a.m4a", b"\0\0\0\x18ftypmp42"),
        ("audio", "a.weba", b"\x1a\x45\xdf\xa3 webm"),
        ("audio", "a.opus", b"what is this"),
    ],
)
def test_a_file_of_its_kind_is_taken(kind: str, name: str, head: bytes) -> None:
    draft = Draft(media_path=f"/x/{name}", kind=MediaKind(kind))
    assert media_content(draft, io.BytesIO(head)).kind == kind


def test_what_only_the_caller_knows_is_believed() -> None:
    """A type that the first bytes do not tell, of a file without a name."""
    upload = Upload(id="1", owner="", filename="", created_at=NOW, mime="video/mp2t")
    made = media_content(Draft(upload=upload, kind=MediaKind.VIDEO), io.BytesIO(b"G@"))
    assert made.kind is MediaKind.VIDEO


def test_a_document_is_called_as_the_caller_says() -> None:
    made = media_content(Draft(media_path="/x/a.pdf"), io.BytesIO(b"%PDF"))
    assert (made.filename, made.mime) == ("a.pdf", "application/pdf")
    made = media_content(Draft(media_path="/x/a.pdf", filename="Bill.pdf"), io.BytesIO(b"%PDF"))
    assert made.filename == "Bill.pdf"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/x/cat.JPG", "image_20260301_120000.jpg"),
        ("/x/cat.jpeg", "image_20260301_120000.jpeg"),
        ("/x/note.ogg", "audio_20260301_120000.ogg"),
        ("/x/Bill March.pdf", "Bill March.pdf"),
        ("/x/README", "README"),
    ],
)
def test_the_copy_has_a_name_of_the_archive(path: str, name: str) -> None:
    draft = Draft(media_path=path)
    assert stored_name(draft, media_content(draft, io.BytesIO(b"")), NOW) == name


def test_a_converted_file_has_the_extension_of_its_new_type() -> None:
    draft = Draft(media_path="/x/song.mp3", kind=MediaKind.VOICE)
    media = Media(kind=MediaKind.VOICE, mime="audio/ogg; codecs=opus")
    assert stored_name(draft, media, NOW, converted=True) == "audio_20260301_120000.ogg"
