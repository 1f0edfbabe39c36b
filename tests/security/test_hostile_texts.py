"""Five thousand texts that somebody would write to do harm, as names of files and people, subjects
and captions: they are kept as they were written, shown as text alone, and lead nowhere."""

import json
import random
from collections.abc import Iterator
from email.message import Message
from hashlib import sha256
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from stored.desk import Desk
from stored.doors import Doors, open_doors
from stored.hostile import HOSTILE_NAMES, RESERVED
from stored.makers import ANN, BEN, CONNECTED, GROUP, T0, at, received
from wigwag.client.calls import name_of
from wigwag.core.filenames import MAX_BYTES, clean_name, media_name
from wigwag.core.mediadownload import StoredMedia
from wigwag.http.mediafiles import file_response
from wigwag.mediastore import LocalMediaStore
from wigwag.model.archived import ArchivedMedia
from wigwag.model.chat import Group, Participant
from wigwag.model.content import Media, MediaKind, Text
from wigwag.model.event import GroupChanged, GroupChangeKind, GroupJoined
from wigwag.model.record import MediaState
from wigwag.ports import Place

SEED: Final = 20_261_126
COUNT: Final = 5_000
PIECES: Final = (
    "../",
    "..\\",
    "/",
    "\\",
    "C:",
    "\\\\?\\",
    "%2e%2e%2f",
    "....//",
    "\x00",
    "\r\n",
    "\n",
    "\t",
    "\x1b[2J",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\u0301" * 40,
    "\U000e0041",
    "\ufffe",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "</title>",
    "]]>",
    "&lt;",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "{0.__class__}",
    "%s%n",
    "%00",
    "'; DROP TABLE messages; --",
    '" OR 1=1',
    "NEAR(a b)",
    'a" AND "b',
    "*",
    "-x",
    "NOT",
    "(((",
    "`id`",
    "$(id)",
    "; rm -rf ~",
    "| cat",
    "\r\nSet-Cookie: a=b",
    "\r\nContent-Length: 0\r\n\r\n",
    'x"; filename="y',
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "con",
    "nul.txt",
    "COM1",
    "lpt9.",
    ".htaccess",
    "-rf",
    "~root",
    " ",
    ".",
    "a" * 300,
    "é" * 200,
    "😀" * 60,
    "\u0645\u0631\u062d\u0628\u0627",
    "\u4f60\u597d",
    "ﬁ",
    "ß",
    "İ",
    "K",
    "messages.db",
    ".part",
    "name",
    "photo.jpg",
    "x.pdf",
    ".exe",
)


def hostile_texts() -> list[str]:
    """The same ones each time; none that a message of WhatsApp could not carry."""
    chance = random.Random(SEED)
    found = dict.fromkeys(name for name in HOSTILE_NAMES if name.isprintable() or name.isascii())
    while len(found) < COUNT:
        text = "".join(chance.choices(PIECES, k=chance.randint(1, 5)))
        if chance.random() < 0.3:
            place = chance.randrange(len(text) + 1)
            text = text[:place] + chr(chance.randrange(1, 0xD800)) + text[place:]
        found[text] = None
    return [text for text in found if text]


TEXTS: Final = hostile_texts()


def media(name: str) -> ArchivedMedia:
    return ArchivedMedia(
        kind=MediaKind.DOCUMENT,
        state=MediaState.AVAILABLE,
        mime="text/html",
        size_bytes=1,
        sha256=b"\1" * 32,
        document_name=name,
    )


def test_there_are_five_thousand() -> None:
    assert len(set(TEXTS)) >= COUNT - 1
    assert hostile_texts() == TEXTS


def test_no_name_of_a_file_is_more_than_one() -> None:
    for text in TEXTS:
        name = media_name(MediaKind.DOCUMENT, "application/pdf", T0, text)
        assert name == PurePosixPath(name).name == PureWindowsPath(name).name, ascii(text)
        assert name.isprintable(), ascii(text)
        assert not set(name) & set('<>:"/\\|?*\0'), ascii(text)
        assert 0 < len(name.encode()) <= MAX_BYTES, ascii(text)
        assert name.strip(" .") == name, ascii(text)
        assert name.partition(".")[0].strip().upper() not in RESERVED, ascii(text)
        assert clean_name(name) == name, ascii(text)


def test_no_name_reaches_another_header() -> None:
    for text in TEXTS:
        stored = StoredMedia(
            kind=MediaKind.DOCUMENT,
            media_type="document",
            filename="document.bin",
            path=Path("document.bin"),
            mime="text/html",
            size_bytes=1,
        )
        response = file_response(stored, media(text))
        raw = dict(response.raw_headers)
        disposition = raw[b"content-disposition"].decode("ascii")
        assert disposition.startswith("attachment;"), ascii(text)
        assert disposition.isprintable(), ascii(text)
        assert raw[b"content-type"] == b"application/octet-stream"
        expected = clean_name(text) or "document.bin"
        assert name_of(disposition) == expected, ascii(text)
        message = Message()
        message["content-disposition"] = disposition
        assert [key for key, _ in message.get_params([], "content-disposition")][1:] in (
            ["filename"], ["filename*"],
        ), ascii(text)  # fmt: skip


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_every_file_lies_in_its_folder_under_a_name_of_its_own(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.mkdir()
    store = LocalMediaStore(root)
    place = Place(account="default", chat=ANN, sender=ANN)
    folder = root / str(ANN)
    kept: list[Path] = []
    for number, text in enumerate(TEXTS[:: COUNT // 200]):
        part = await store.reserve(place)
        data = b"%d" % number
        part.write_bytes(data)
        name = media_name(MediaKind.DOCUMENT, "", T0, text)
        stored = await store.keep(part, place, name, sha256(data).digest())
        kept.append(store.locate(stored.path))
    assert len({path.name.casefold() for path in kept}) == len(kept) >= 200
    for number, path in enumerate(kept):
        assert path.parent == folder
        assert path.read_bytes() == b"%d" % number
    assert names_in(tmp_path) == ["store"]


def messages() -> Iterator[Any]:
    for number, text in enumerate(TEXTS):
        document = Media(
            kind=MediaKind.DOCUMENT, mime="text/html", ref=None, filename=text, caption=text
        )
        content = document if number % 2 else Text(text=text)
        yield received(f"T{number}", content, seconds=number, push_name=text)


async def all_items(doors: Doors) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await doors.get("/messages", cursor=cursor, limit=200)
        assert answer.status_code == 200
        assert not any(char in answer.text for char in "\r\n\0"), "JSON escapes them"
        page = answer.json()
        found += page["items"]
        cursor = page["next_cursor"]
    return found


async def test_texts_come_out_as_they_went_in(tmp_path: Path) -> None:
    desk = await Desk.open(tmp_path)
    await desk.take(CONNECTED)
    everything = list(messages())
    for start in range(0, len(everything), 250):
        await desk.take(*everything[start : start + 250])
    async with open_doors(desk) as doors:
        items = {item["id"]: item for item in await all_items(doors)}
        assert len(items) == len(TEXTS)
        for number, text in enumerate(TEXTS):
            item = items[f"T{number}"]
            assert item["text"] == text, ascii(text)
            if number % 2:
                assert item["media"]["document_name"] in (text, None), ascii(text)
                assert item["media"]["path"] is None, ascii(text)
        for text in TEXTS[:: COUNT // 100]:
            part: dict[str, Any] = {"q": text[:200], "query": text[:200]}
            for path in ("/messages", "/chats", "/contacts"):
                answer = await doors.get(path, **part)
                assert answer.status_code in {200, 400}, (path, ascii(text))
                json.loads(answer.content)
    assert desk.count("messages") == len(TEXTS), "and no text was a statement"
    await desk.close()


async def test_subjects_of_groups_are_texts(tmp_path: Path) -> None:
    desk = await Desk.open(tmp_path)
    group = Group(jid=GROUP, subject=TEXTS[0], participants=(Participant(jid=BEN, admin=True),))
    await desk.take(CONNECTED, GroupJoined(group=group))
    async with open_doors(desk) as doors:
        for number, text in enumerate(TEXTS[:: COUNT // 100]):
            change = GroupChanged(
                chat=GROUP,
                kind=GroupChangeKind.SUBJECT,
                timestamp=at(number + 1),
                author=BEN,
                subject=text,
            )
            await desk.take(change)
            subject = (await doors.view(f"/groups/{GROUP}"))["subject"]
            assert subject == text[: len(subject)], ascii(text)
            assert len(subject) >= min(len(text), 100), ascii(text)
            assert (await doors.view(f"/chats/{GROUP}"))["name"] == subject, ascii(text)
    await desk.close()
