"""What callers write, and the content that it becomes."""

import io
from datetime import UTC, datetime

import pytest

from stored.makers import ANN
from stored.ogg import opus, page
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
from wigwag.model.content import Context, Location, MediaKind, Poll, Text
from wigwag.model.errors import EmptyMessage, InvalidInput, MalformedJid, MediaUnreadable
from wigwag.model.jid import Jid

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


def test_an_ogg_is_a_voice_note() -> None:
    made = media_content(Draft(media_path="/x/a.ogg"), io.BytesIO(opus([40] * 100)))
    assert (made.kind, made.mime) == (MediaKind.VOICE, "audio/ogg; codecs=opus")
    assert (made.duration_s, made.waveform) == (2, FLAT)


def test_other_ogg_audio_goes_out_as_a_file() -> None:
    vorbis = page([b"\x01vorbis" + b"\0" * 30], 0, 0, 2)
    made = media_content(Draft(media_path="/x/a.ogg"), io.BytesIO(vorbis))
    assert (made.kind, made.mime) == (MediaKind.AUDIO, "audio/ogg")
    with pytest.raises(MediaUnreadable):
        media_content(Draft(media_path="/x/a.ogg", kind=MediaKind.VOICE), io.BytesIO(vorbis))


def test_a_voice_note_that_would_never_play_is_refused() -> None:
    with pytest.raises(MediaUnreadable, match="Ogg Opus"):
        media_content(Draft(media_path="/x/a.ogg"), io.BytesIO(b"ID3 this is not ogg"))


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
    assert stored_name(Draft(media_path=path), NOW) == name
