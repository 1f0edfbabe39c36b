"""Files over HTTP: ranges, names, types that are harmless, fetched when they are asked for."""

import hashlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from urllib.parse import unquote

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.fetching import fetcher
from stored.hostile import HOSTILE_NAMES
from stored.makers import ANN, BEN, GROUP, picture, received
from wigwag.http.mediafiles import harmless_type
from wigwag.model.account import ConnectionState
from wigwag.model.content import Media, MediaKind
from wigwag.model.key import Scope

DATA = b"\xff\xd8 a picture of some length"
PAGE = b"<script>alert(1)</script>"


@pytest.fixture
def engine() -> StoredEngine:
    return StoredEngine()


@pytest.fixture
async def doors(desk: Desk, engine: StoredEngine) -> AsyncIterator[Doors]:
    async with fetcher(desk, engine) as media, open_doors(desk, media=media) as opened:
        yield opened


def document(engine: StoredEngine, name: str, mime: str, data: bytes = PAGE) -> Media:
    ref = engine.offer(data, "/v/" + hashlib.sha256(data).hexdigest())
    return Media(kind=MediaKind.DOCUMENT, mime=mime, ref=ref, filename=name)


async def test_a_file_is_had_whole_or_in_parts(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    await desk.take(received("A1", picture(engine.offer(DATA, "/v/1"))))
    whole = await doors.get("/messages/A1/media")
    assert (whole.status_code, whole.content) == (200, DATA)
    assert whole.headers["content-type"] == "image/jpeg"
    assert whole.headers["content-disposition"] == 'inline; filename="image_20260301_120000.jpg"'
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert whole.headers["etag"] == f'"{hashlib.sha256(DATA).hexdigest()}"'
    url = (await doors.view("/messages/A1"))["media"]["url"]
    assert (await doors.get(url)).content == DATA

    path = "/v1/accounts/default/messages/A1/media"
    part = await doors.client.get(path, headers={"range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, DATA[2:5])
    assert part.headers["content-range"] == f"bytes 2-4/{len(DATA)}"
    tail = await doors.client.get(path, headers={"range": "bytes=-5"})
    assert tail.content == DATA[-5:]
    beyond = await doors.client.get(path, headers={"range": "bytes=1000-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
    assert beyond.headers["content-type"] == "application/problem+json"
    assert beyond.headers["content-range"] == f"bytes */{len(DATA)}"
    changed = {"range": "bytes=2-4", "if-range": '"another"'}
    assert (await doors.client.get(path, headers=changed)).content == DATA
    head = await doors.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(DATA))


async def test_a_range_that_says_nothing_is_ignored(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    await desk.take(received("A1", picture(engine.offer(DATA, "/v/1"))))
    path = "/v1/accounts/default/messages/A1/media"
    for told in ("bytes=5-2", "items=0-1", "bytes=-", "bytes=0-1,x"):
        answer = await doors.client.get(path, headers={"range": told})
        assert (answer.status_code, answer.content) == (200, DATA), told
    head = await doors.client.head(path, headers={"range": "bytes=1000-"})
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(DATA)))


async def test_who_has_a_file_does_not_get_it_again(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    await desk.take(received("A1", picture(engine.offer(DATA, "/v/1"))))
    path = "/v1/accounts/default/messages/A1/media"
    etag = (await doors.client.get(path)).headers["etag"]
    for told in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        headers = {"if-none-match": told, "range": "bytes=0-1"}
        answer = await doors.client.get(path, headers=headers)
        assert (answer.status_code, answer.content) == (304, b""), told
        assert answer.headers["etag"] == etag
        assert "content-length" not in answer.headers
    other = await doors.client.get(path, headers={"if-none-match": '"other"'})
    assert (other.status_code, other.content) == (200, DATA)


@pytest.mark.parametrize(
    "mime", ["text/html", "image/svg+xml", "application/pdf", "", "audio/", "x"]
)
async def test_what_a_browser_might_run_is_an_attachment(
    desk: Desk, doors: Doors, engine: StoredEngine, mime: str
) -> None:
    await desk.take(received("A1", document(engine, "page.html", mime)))
    answer = await doors.get("/messages/A1/media")
    assert answer.content == PAGE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="page.html"'


def test_harmless_types() -> None:
    for mime, told in {
        "image/PNG": "image/png",
        "audio/ogg; codecs=opus": "audio/ogg",
        "video/mp4": "video/mp4",
        "image/svg+xml": None,
        "text/plain": None,
        "audio/x\r\nset-cookie: a": None,
        "video/<script>": None,
    }.items():
        assert harmless_type(mime) == told, mime


async def test_whatever_a_sender_calls_a_file_its_name_is_safe(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    for number, name in enumerate(HOSTILE_NAMES[:40]):
        if any("\ud800" <= letter <= "\udfff" for letter in name):
            continue  # no protobuf carries half of a pair
        await desk.take(received(f"A{number}", document(engine, name, "text/html")))
        answer = await doors.get(f"/messages/A{number}/media")
        assert answer.content == PAGE, name
        kind, _, told = answer.headers["content-disposition"].partition("; filename")
        assert kind == "attachment"
        plain = unquote(told.removeprefix("*=utf-8''")) if told[0] == "*" else told[2:-1]
        assert plain, name
        assert not set(plain) & set('/\\"\r\n\0'), name


async def test_a_file_that_cannot_be_had_says_why(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    await desk.take(received("T1", "no file"), received("A1", picture(None)))
    assert await doors.problem("/messages/T1/media") == (404, "not_found")
    assert await doors.problem("/messages/A1/media") == (410, "media_gone")
    assert await doors.problem("/messages/nothing/media") == (404, "not_found")
    engine.turn(ConnectionState.RECONNECTING)
    await desk.take(received("B1", picture(engine.offer(DATA, "/v/2"))))
    assert await doors.problem("/messages/B1/media") == (503, "not_connected")


async def test_one_of_two_with_the_same_id_is_had_by_its_sender(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    for sender, data in ((ANN, DATA), (BEN, DATA + b"!")):
        content = picture(engine.offer(data, f"/v/{sender.user}"))
        await desk.take(received("G1", content, chat=GROUP, sender=sender))
    assert await doors.problem("/messages/G1/media") == (409, "ambiguous_id")
    assert (await doors.get("/messages/G1/media", sender=str(BEN))).content == DATA + b"!"
    assert (await doors.get("/messages/G1/media", sender=str(ANN))).content == DATA


async def test_a_key_has_the_files_of_its_chats_alone(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    await desk.take(received("A1", picture(engine.offer(DATA, "/v/1"))))
    for key in (key_of(Scope.READ, chats=(str(BEN),)), key_of(Scope.READ, accounts=("work",))):
        assert await doors.problem("/messages/A1/media", key=key) == (404, "not_found")
    assert await doors.problem("/messages/A1/media", key=key_of(Scope.SEND)) == (
        403,
        "scope_missing",
    )


async def test_a_file_is_had_by_its_content(desk: Desk, doors: Doors, engine: StoredEngine) -> None:
    content = picture(engine.offer(DATA, "/v/1"))
    await desk.take(received("A1", content), received("B1", content, chat=BEN))
    sha256 = hashlib.sha256(DATA).hexdigest()
    for told in (sha256, sha256.upper()):
        answer = await doors.get(f"/v1/media/{told}")
        assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["etag"] == f'"{sha256}"'
    path = f"/v1/media/{sha256}"
    part = await doors.client.get(path, headers={"range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, DATA[2:5])
    head = await doors.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert await doors.problem(f"/v1/media/{'0' * 64}") == (404, "not_found")
    for wrong in (sha256[1:], sha256 + "0", "g" * 64):
        assert await doors.problem(f"/v1/media/{wrong}") == (400, "invalid_input")


async def test_a_file_that_is_here_is_preferred_to_one_that_is_not(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    """The newer message says the same hash, and another type."""
    await desk.take(received("A1", picture(engine.offer(DATA, "/v/1"))))
    await desk.told("media.ready")
    engine.turn(ConnectionState.RECONNECTING)
    await desk.take(received("A2", document(engine, "lie.html", "text/html", DATA), seconds=10))
    answer = await doors.get(f"/v1/media/{hashlib.sha256(DATA).hexdigest()}")
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "image/jpeg"


async def test_a_file_belongs_to_the_messages_that_a_key_sees(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    await desk.take(received("A1", picture(engine.offer(DATA, "/v/1"))))
    path = f"/v1/media/{hashlib.sha256(DATA).hexdigest()}"
    mine = {"accounts": ("default",), "chats": (str(ANN),)}
    assert (await doors.get(path, key=key_of(Scope.READ, **mine))).content == DATA
    for limits in (
        {"accounts": ("work",)},
        {"accounts": ("work",), "chats": (str(ANN),)},
        {**mine, "chats": (str(BEN),)},
    ):
        there = await doors.get(path, key=key_of(Scope.READ, **limits))
        absent = await doors.get(f"/v1/media/{'0' * 64}", key=key_of(Scope.READ, **limits))
        assert there.status_code == absent.status_code == 404
        assert there.json()["detail"] == absent.json()["detail"]
    assert await doors.problem(path, key=key_of(Scope.SEND)) == (403, "scope_missing")


async def test_a_thumbnail_is_had_where_a_message_brought_one(
    desk: Desk, doors: Doors, engine: StoredEngine
) -> None:
    """Before its file is here, and in events as in lists."""
    engine.turn(ConnectionState.RECONNECTING)
    jpeg, png = b"\xff\xd8\xff small", b"\x89PNG\r\n\x1a\n small"
    sticker = Media(kind=MediaKind.STICKER, mime="image/webp", ref=None, thumbnail=png)
    await desk.take(
        received("A1", picture(engine.offer(DATA, "/v/1"), thumbnail=jpeg)),
        received("A2", sticker, seconds=1),
        received("A3", picture(None), seconds=2),
        received("A4", picture(None, thumbnail=PAGE), seconds=3),
        received("T1", "no file", seconds=4),
    )
    views = {view["id"]: view for view in (await doors.view("/messages"))["items"]}
    for event in await desk.events("message.received"):
        assert event["media"] == views[event["id"]]["media"]
    for message_id, (picture_, mime) in {
        "A1": (jpeg, "image/jpeg"),
        "A2": (png, "image/png"),
    }.items():
        answer = await doors.get(views[message_id]["media"]["thumbnail"])
        assert (answer.status_code, answer.content) == (200, picture_)
        assert answer.headers["content-type"] == mime
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    for message_id in ("A3", "A4"):
        assert views[message_id]["media"]["thumbnail"] is None
    for message_id in ("A3", "A4", "T1", "nothing"):
        assert await doors.problem(f"/messages/{message_id}/thumbnail") == (404, "not_found")
    path = "/messages/A1/thumbnail"
    assert await doors.problem(path, key=key_of(Scope.READ, chats=(str(BEN),))) == (
        404,
        "not_found",
    )


async def test_what_lies_in_an_old_store_is_looked_at_again(desk: Desk, doors: Doors) -> None:
    jpeg = b"\xff\xd8\xff small"
    await desk.take(received("A1", picture(None, thumbnail=jpeg)))
    with closing(sqlite3.connect(desk.folder / "messages.db")) as other:
        other.execute("UPDATE messages SET thumbnail = ?", (PAGE,))
        other.commit()
    assert await doors.problem("/messages/A1/thumbnail") == (404, "not_found")
