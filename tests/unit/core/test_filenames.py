"""Names that strangers chose, made safe."""

import random
import re
import string
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stored.hostile import HOSTILE_NAMES, RESERVED
from stored.makers import ANN, ANN_LID, GROUP
from wigwag.core.filenames import (
    MAX_BYTES,
    clean_name,
    extension_of,
    first_free,
    jid_folder,
    media_folder,
    media_name,
    numbered,
)
from wigwag.model.content import MediaKind
from wigwag.model.jid import STATUS_JID, Jid

NOON = datetime(2023, 10, 27, 12, 34, 56, tzinfo=UTC)
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')

nasty = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from('./\\:*?"<>| \0\r\n\t~$%\u202e\u200b\u2066\ufeff\u0301éCON'),
    ),
    max_size=400,
)


def joined(parts: list[str], dot: str) -> str:
    return dot.join(parts)


stuck = st.builds(
    joined,
    st.lists(st.sampled_from(["..", "CON", "nul", "a", "", " ", "é" * 90, "com1"]), max_size=6),
    st.sampled_from([".", "/", "\\", " ", "\0"]),
)


def assert_safe(name: str) -> None:
    assert name
    assert len(name.encode()) <= MAX_BYTES
    assert unicodedata.is_normalized("NFC", name)
    assert not _FORBIDDEN.search(name)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in name)
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert name.partition(".")[0].strip().upper() not in RESERVED


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_a_listed_hostile_name_becomes_safe(name: str) -> None:
    assert_safe(media_name(MediaKind.DOCUMENT, "application/pdf", NOON, name))


@settings(max_examples=500)
@given(st.one_of(nasty, stuck), st.sampled_from(list(MediaKind)), nasty)
def test_any_name_becomes_safe(name: str, kind: MediaKind, mime: str) -> None:
    made = media_name(kind, mime, NOON, name)
    assert_safe(made)
    for number in (1, 2, 3, 1_000_000):
        assert_safe(numbered(made, number))


def test_thousands_of_hostile_names_become_safe() -> None:
    chance = random.Random(20231027)
    parts = [
        *HOSTILE_NAMES,
        *sorted(RESERVED),
        "/",
        "\\",
        ".",
        "..",
        " ",
        "\0",
        "\u202e",
        "é",
        "😀",
    ]
    for _ in range(5_000):
        name = "".join(chance.choices(parts, k=chance.randint(1, 6)))
        name += chr(chance.randrange(0x110000)) * chance.randint(0, 3)
        assert_safe(media_name(chance.choice(list(MediaKind)), "a/b", NOON, name))


@given(st.one_of(nasty, stuck))
def test_cleaning_a_clean_name_changes_nothing(name: str) -> None:
    cleaned = clean_name(name)
    assert clean_name(cleaned) == cleaned


@given(st.text(string.ascii_letters + string.digits + " _-é", min_size=1, max_size=300))
def test_a_long_name_keeps_its_extension(stem: str) -> None:
    made = clean_name("a" + stem + ".pdf")
    assert made.endswith(".pdf")
    assert_safe(made)


def test_an_honest_name_stays_as_it_is() -> None:
    for name in ("Rechnung 2024 (final).pdf", "résumé.docx", "日本語.txt", "a+b=c & d.tar.gz"):
        assert clean_name(name) == name


@pytest.mark.parametrize(
    ("kind", "mime", "name"),
    [
        (MediaKind.IMAGE, "image/jpeg", "image_20231027_123456.jpg"),
        (MediaKind.IMAGE, "image/png", "image_20231027_123456.png"),
        (MediaKind.IMAGE, "image/x-unknown", "image_20231027_123456.jpg"),
        (MediaKind.VIDEO, "video/mp4", "video_20231027_123456.mp4"),
        (MediaKind.GIF, "video/mp4", "video_20231027_123456.mp4"),
        (MediaKind.VOICE, "audio/ogg; codecs=opus", "audio_20231027_123456.ogg"),
        (MediaKind.AUDIO, "AUDIO/MPEG", "audio_20231027_123456.mp3"),
        (MediaKind.STICKER, "image/webp", "sticker_20231027_123456.webp"),
        (MediaKind.DOCUMENT, "application/pdf", "document_20231027_123456.pdf"),
        (MediaKind.DOCUMENT, "../../x", "document_20231027_123456.bin"),
    ],
)
def test_names_by_kind_and_time(kind: MediaKind, mime: str, name: str) -> None:
    assert media_name(kind, mime, NOON) == name


def test_a_document_without_an_extension_gets_the_one_of_its_type() -> None:
    assert media_name(MediaKind.DOCUMENT, "application/pdf", NOON, "Invoice") == "Invoice.pdf"
    assert extension_of(MediaKind.DOCUMENT, "") == "bin"


def test_further_names_are_numbered_before_the_extension() -> None:
    names = [numbered("a.tar.gz", number) for number in (1, 2, 3)]
    assert names == ["a.tar.gz", "a.tar_2.gz", "a.tar_3.gz"]
    long = numbered("é" * 73 + ".pdf", 2)
    assert long.endswith("_2.pdf")
    assert len(long.encode()) <= MAX_BYTES


@given(st.integers(0, 5_000_000))
def test_the_first_free_number_is_found_in_few_questions(taken: int) -> None:
    asked: list[int] = []

    def is_taken(number: int) -> bool:
        asked.append(number)
        return number <= taken

    assert first_free(is_taken) == taken + 1
    assert len(asked) <= 50


@given(st.sets(st.integers(1, 60)))
def test_what_is_found_is_free_whatever_gaps_there_are(taken: set[int]) -> None:
    assert first_free(taken.__contains__) not in taken


def test_folders_of_chats() -> None:
    assert media_folder("default", ANN, ANN) == (str(ANN),)
    assert media_folder("default", GROUP, ANN) == (str(GROUP),)
    assert media_folder("default", STATUS_JID, ANN_LID) == ("statuses", str(ANN_LID))
    assert media_folder("work", ANN, ANN) == ("accounts", "work", str(ANN))
    assert media_folder("work", STATUS_JID, ANN) == ("accounts", "work", "statuses", str(ANN))


@pytest.mark.parametrize(
    "jid",
    [
        Jid("..", "evil"),
        Jid("../..", "s.whatsapp.net"),
        Jid("a/b", "s.whatsapp.net"),
        Jid("", "s.whatsapp.net"),
        Jid("a\0", "s.whatsapp.net"),
        Jid("1", "../x"),
        Jid("x" * 65, "lid"),
    ],
)
def test_a_folder_is_only_made_of_a_proper_jid(jid: Jid) -> None:
    with pytest.raises(ValueError, match="safe"):
        jid_folder(jid)


@pytest.mark.parametrize("account", ["", "..", "a/b", "a\\b", ".hidden", "a.", "x" * 65, "ä"])
def test_a_folder_is_only_made_of_a_proper_account(account: str) -> None:
    with pytest.raises(ValueError, match="safe"):
        media_folder(account, ANN, ANN)
