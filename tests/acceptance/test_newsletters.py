"""Newsletters through the whole server: what is followed is archived, what is owned can be said."""

from base64 import b64encode
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from peers.house import EMMA, LEFT, House, open_house
from wigwag.model.capability import Capability
from wigwag.sandbox.samples import make_png

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    async with open_house(tmp_path_factory.mktemp("house") / "store") as house:
        yield house


async def made(house: House, name: str, owner: str) -> str:
    answer = await house.post("/sandbox/newsletters", {"owner": owner, "name": name})
    return str(answer.body["jid"])


async def own(house: House) -> str:
    return str((await house.get("/v1/accounts/default")).body["phone"])


async def posts_of(house: House, news: str) -> list[dict[str, Any]]:
    """What is posted, all of it known by its number here."""
    posts = (await house.get(f"/sandbox/newsletters/{news}/posts")).body["items"]
    known = house.rows(
        "SELECT server_id, message_id FROM newsletter_posts WHERE newsletter_jid = ?", news
    )
    assert known == [(post["server_id"], post["id"]) for post in posts]
    return posts


async def test_what_a_newsletter_says_is_archived_with_its_files(house: House) -> None:
    news = await made(house, "Paper", EMMA)
    await house.post(f"/sandbox/newsletters/{news}/followers", {"person": await own(house)})
    await house.until_rows("SELECT 1 FROM chats WHERE jid = ? AND name = 'Paper'", news)
    said = await house.post(f"/sandbox/newsletters/{news}/posts", {"text": "good morning"})
    found = await house.until_rows(
        "SELECT content, sender FROM messages WHERE id = ?", said.body["id"]
    )
    assert found == [("good morning", news)]
    picture = {"base64": b64encode(make_png(7)).decode()}
    shown = await house.post(f"/sandbox/newsletters/{news}/posts", {"media": picture})
    ((name,),) = await house.until_rows(
        "SELECT filename FROM messages WHERE id = ? AND media_state = 'available'",
        shown.body["id"],
    )
    assert (house.store / news / name).read_bytes() == make_png(7)
    changed = {"text": "good evening", "server_id": said.body["server_id"]}
    await house.post(f"/sandbox/newsletters/{news}/posts", changed)
    await house.until_rows(
        "SELECT 1 FROM messages WHERE id = ? AND content = 'good evening'", said.body["id"]
    )


async def test_an_owned_newsletter_is_sent_to_as_a_chat(house: House) -> None:
    news = await made(house, "Mine", await own(house))
    sent = await house.send(news, "hello")
    assert (sent.status, sent.body["state"] in LEFT) == (200, True), sent.body
    (post,) = await posts_of(house, news)
    assert (post["type"], post["id"]) == ("text", sent.body["id"])


@pytest.mark.capability(Capability.NEWSLETTER_MEDIA)
async def test_a_file_is_sent_to_an_owned_newsletter(house: House) -> None:
    news = await made(house, "Shown", await own(house))
    file = house.store / "outbox" / "cat.png"
    file.write_bytes(make_png(1))
    sent = await house.send(news, "look", file)
    assert (sent.status, sent.body["state"] in LEFT) == (200, True), sent.body
    (post,) = await posts_of(house, news)
    assert (post["type"], post["id"]) == ("media", sent.body["id"])
