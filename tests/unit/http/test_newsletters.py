"""Newsletters, as callers follow and change them."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from stored.assemblies import MADE_NEWSLETTER
from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.makers import ANN, received
from wigwag.core.channels import Channels
from wigwag.core.grouping import Grouping
from wigwag.core.makings import Makings
from wigwag.core.uploads import MAX_PICTURE_BYTES, Uploads
from wigwag.http.models import newsletters as shapes
from wigwag.http.models.chats import NewsletterShape
from wigwag.http.models.shape import Shape
from wigwag.mediastore import LocalUploads
from wigwag.model.jid import Jid
from wigwag.model.key import Scope
from wigwag.model.newsletter import Newsletter

NEWS = Jid("120363000000000009", "newsletter")
PATH = f"/newsletters/{NEWS}"
JPEG = b"\xff\xd8\xff" + b"j" * 100


@pytest.fixture
async def engine(desk: Desk) -> StoredEngine:
    engine = StoredEngine()
    engine.newsletters.sink = desk.ingest.ingest
    engine.newsletters.known[NEWS] = Newsletter(jid=NEWS, name="Paper", invite="0029VaPaper")
    desk.accounts.add(engine)
    await desk.take(received("P1", chat=NEWS, server_id=101))
    return engine


@pytest.fixture
async def doors(desk: Desk, engine: StoredEngine, tmp_path: Path) -> AsyncGenerator[Doors]:
    del engine
    channels = Channels(desk.library, desk.accounts)
    uploads = Uploads(LocalUploads(tmp_path), 2 * MAX_PICTURE_BYTES)
    grouping = Grouping(desk.library, desk.accounts)
    makings = Makings(
        desk.archive, desk.library, desk.accounts, grouping=grouping, channels=channels
    )
    async with open_doors(desk, channels=channels, makings=makings, uploads=uploads) as opened:
        yield opened


async def done(
    doors: Doors, method: str, path: str, body: Any, shape: type[Shape]
) -> dict[str, Any]:
    answer = await doors.ask(method, path, body)
    assert answer.status_code in (200, 201), answer.text
    shape.model_validate(answer.json())
    return answer.json()


async def test_a_newsletter_is_made_and_changed_with_a_picture(
    doors: Doors, engine: StoredEngine
) -> None:
    uploaded = await doors.ask(
        "POST", "/v1/media", headers={"content-type": "image/jpeg"}, content=JPEG
    )
    media = {"media_id": uploaded.json()["media_id"]}
    body = {"name": "Mine", "accept_terms": True, **media}
    made = await done(doors, "POST", "/newsletters", body, NewsletterShape)
    assert (made["chat_jid"], made["role"]) == (str(MADE_NEWSLETTER), "owner")
    path = f"/newsletters/{MADE_NEWSLETTER}"
    changed = await done(doors, "PATCH", path, {"description": "All", **media}, NewsletterShape)
    assert changed["description"] == "All"
    await done(doors, "PATCH", path, {"remove_picture": True}, NewsletterShape)
    await done(doors, "PATCH", path, {"name": "Ours"}, NewsletterShape)
    assert engine.newsletters.pictures == [JPEG, JPEG, b"", None]
    missing = await doors.ask("PATCH", path, {"media_id": "0" * 32})
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_media_id")


async def test_a_picture_has_a_limit(doors: Doors) -> None:
    large = JPEG + b"x" * MAX_PICTURE_BYTES
    uploaded = await doors.ask(
        "POST", "/v1/media", headers={"content-type": "image/jpeg"}, content=large
    )
    answer = await doors.ask("PATCH", PATH, {"media_id": uploaded.json()["media_id"]})
    assert (answer.status_code, answer.json()["code"]) == (413, "media_too_large")
    assert str(MAX_PICTURE_BYTES) in answer.json()["detail"]


async def test_a_newsletter_is_followed_muted_and_left(doors: Doors, engine: StoredEngine) -> None:
    link = {"link": "https://whatsapp.com/channel/0029VaPaper"}
    seen = await done(doors, "POST", "/newsletters/preview", link, NewsletterShape)
    assert (seen["chat_jid"], seen["role"]) == (str(NEWS), None)
    followed = await done(doors, "POST", f"{PATH}/follow", None, NewsletterShape)
    assert followed["role"] == "subscriber"
    muted = await done(doors, "POST", f"{PATH}/mute", None, shapes.NewsletterMutedShape)
    assert muted == {"chat_jid": str(NEWS), "muted": True}
    await done(doors, "DELETE", f"{PATH}/mute", None, shapes.NewsletterMutedShape)
    assert engine.newsletters.muted == {NEWS: False}
    left = await done(doors, "DELETE", f"{PATH}/follow", None, NewsletterShape)
    assert left["role"] == "guest"
    live = await done(doors, "POST", f"{PATH}/live", None, shapes.LiveShape)
    assert live == {"chat_jid": str(NEWS), "seconds": 300}


async def test_posts_are_fetched_seen_and_reacted_to(doors: Doors, engine: StoredEngine) -> None:
    post = await done(doors, "GET", f"{PATH}/posts/P1", None, shapes.PostShape)
    assert (post["server_id"], post["views"], post["reactions"]) == (101, None, None)
    await done(doors, "POST", f"{PATH}/posts/P1/reactions", {"emoji": "👍"}, shapes.ReactedShape)
    assert engine.newsletters.reactions == [(101, "👍")]
    seen = await done(doors, "POST", f"{PATH}/posts/seen", {"ids": ["P1"]}, shapes.SeenShape)
    assert seen["seen"] == 1
    body = {"count": 10, "before": "P1"}
    fetched = await done(doors, "POST", f"{PATH}/posts/fetch", body, shapes.FetchedShape)
    assert fetched == {"chat_jid": str(NEWS), "fetched": 0}
    assert engine.newsletters.listed == [(10, 101)]
    assert (await doors.ask("GET", f"{PATH}/posts/P2")).status_code == 404


async def test_what_a_key_does_not_reach_is_not_there(doors: Doors) -> None:
    limited = key_of(Scope.READ, Scope.SEND, chats=(str(ANN),))
    cases: list[tuple[str, str, Any, int]] = [
        ("POST", "/newsletters", {"name": "x"}, 403),
        ("POST", "/newsletters/preview", {"link": "x"}, 403),
        ("PATCH", PATH, {"name": "x"}, 404),
        ("POST", f"{PATH}/follow", None, 404),
        ("DELETE", f"{PATH}/follow", None, 404),
        ("POST", f"{PATH}/mute", None, 404),
        ("DELETE", f"{PATH}/mute", None, 404),
        ("POST", f"{PATH}/live", None, 404),
        ("GET", f"{PATH}/posts/P1", None, 404),
        ("POST", f"{PATH}/posts/P1/reactions", {"emoji": "x"}, 404),
        ("POST", f"{PATH}/posts/seen", {"ids": ["P1"]}, 404),
        ("POST", f"{PATH}/posts/fetch", {}, 404),
    ]
    for method, path, body, hidden in cases:
        answer = await doors.ask(method, path, body, key=limited)
        assert answer.status_code == hidden, path
        reader = await doors.ask(method, path, body, key=key_of(Scope.READ))
        readable = method == "GET"
        assert (reader.status_code == 403) is not readable, path


async def test_what_makes_no_sense_is_told(doors: Doors) -> None:
    cases: list[tuple[str, str, Any]] = [
        ("POST", "/newsletters", {"name": ""}),
        ("POST", f"{PATH}/posts/seen", {"ids": []}),
        ("POST", f"{PATH}/posts/fetch", {"count": 301}),
        ("POST", f"{PATH}/posts/P1/reactions", {"emoji": "two words"}),
    ]
    for method, path, body in cases:
        answer = await doors.ask(method, path, body)
        assert answer.status_code == 400, path
        assert len(answer.json()["detail"]) > 10
