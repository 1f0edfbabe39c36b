"""Newsletters, as a use case."""

from pathlib import Path

import pytest

from stored.assemblies import MADE_NEWSLETTER
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, CONNECTED, received
from wigwag.core.channels import Channels
from wigwag.model.errors import NotFound
from wigwag.model.jid import Jid
from wigwag.model.newsletter import NewNewsletter, Newsletter, NewsletterSettings

NEWS = Jid("120363000000000009", "newsletter")


@pytest.fixture
async def desk(tmp_path: Path):
    opened = await Desk.open(tmp_path)
    await opened.take(CONNECTED)
    yield opened
    await opened.close()


@pytest.fixture
def engine(desk: Desk) -> StoredEngine:
    engine = StoredEngine()
    engine.newsletters.sink = desk.ingest.ingest
    engine.newsletters.known[NEWS] = Newsletter(jid=NEWS, name="Paper", invite="0029VaPaper")
    desk.accounts.add(engine)
    return engine


@pytest.fixture
def channels(desk: Desk, engine: StoredEngine) -> Channels:
    del engine
    return Channels(desk.library, desk.accounts)


async def test_a_newsletter_is_made_and_changed(
    desk: Desk, engine: StoredEngine, channels: Channels
) -> None:
    made = await channels.create("default", NewNewsletter(name="Mine", picture=b"\xff\xd8\xff"))
    assert (made.jid, made.name, made.role) == (str(MADE_NEWSLETTER), "Mine", "owner")
    assert engine.newsletters.terms == 0
    await channels.create("default", NewNewsletter(name="Mine"), accept_terms=True)
    assert engine.newsletters.terms == 1
    changed = await channels.change(
        "default", made.jid, NewsletterSettings(description="All of it", picture=b"")
    )
    assert (changed.name, changed.description) == ("Mine", "All of it")
    assert engine.newsletters.pictures == [b"\xff\xd8\xff", b"", b""]
    assert (await desk.library.get_newsletter("default", made.jid)).description == "All of it"


async def test_a_newsletter_is_followed_and_left(engine: StoredEngine, channels: Channels) -> None:
    seen = await channels.preview("default", "https://whatsapp.com/channel/0029VaPaper")
    assert (seen.jid, seen.role) == (str(NEWS), "")
    assert (await channels.set_followed("default", str(NEWS), followed=True)).role == "subscriber"
    assert await channels.set_muted("default", str(NEWS), muted=True) == str(NEWS)
    assert engine.newsletters.muted == {NEWS: True}
    assert (await channels.set_followed("default", str(NEWS), followed=False)).role == "guest"


async def test_posts_are_known_by_their_messages(
    desk: Desk, engine: StoredEngine, channels: Channels
) -> None:
    await desk.take(received("P1", chat=NEWS, server_id=101))
    post = await channels.react("default", str(NEWS), "P1", "👍")
    assert (post.server_id, engine.newsletters.reactions) == (101, [(101, "👍")])
    assert await channels.mark_viewed("default", str(NEWS), ["P1"]) == 1
    assert engine.newsletters.viewed == [101]
    assert await channels.fetch_posts("default", str(NEWS), 20) == 0
    assert await channels.fetch_posts("default", str(NEWS), 20, "P1") == 0
    assert engine.newsletters.listed == [(20, 0), (20, 101)]
    assert await channels.follow_counts("default", str(NEWS)) == 300
    with pytest.raises(NotFound):
        await channels.react("default", str(NEWS), "P2", "👍")


async def test_only_newsletters_are_followed(channels: Channels) -> None:
    with pytest.raises(NotFound):
        await channels.set_followed("default", str(ANN), followed=True)
