"""Newsletters: following, reading, owning, posting."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

import pytest

from peers.parity.duo import Duo
from peers.parity.side import Side
from wigwag.model.content import Context, Edit, Media, MediaKind, Revoke, Text
from wigwag.model.errors import NotFound
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.newsletter import NewNewsletter
from wigwag.sandbox.network.newsletters import Newsletter
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.sandbox.samples import make_png

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]

JPEG = b"\xff\xd8\xff" + bytes(100)
SINCE = datetime(2024, 1, 1, tzinfo=UTC)


def found(side: Side, name: str = "news") -> Newsletter:
    return side.stage.sandbox.network.newsletters.get(side.groups[name])


def jid_of(name: str = "news") -> Callable[[Side], str]:
    return lambda side: str(side.groups[name])


async def publish(duo: Duo, name: str) -> None:
    """A newsletter of the friend in both worlds, which the client follows, with one post."""
    for side in duo.sides:
        made = duo.stage.sandbox.create_newsletter(side.jid("friend"), name.title(), "All of it")
        side.groups[name], side.words[made.invite] = made.jid, f"<link of {name}>"
    await duo.do(
        "follow",
        lambda side, wig: wig.engine.newsletters.follow(side.groups[name]),
        jid=jid_of(name),
    )
    await duo.each(lambda side: post(side, name, "first"))


async def post(side: Side, name: str, text: str) -> None:
    made = side.stage.sandbox.post(side.groups[name], Text(text=text))
    side.words[made.id] = f"<{text}>"
    await side.client.wait_message(made.id)


async def test_following(duo: Duo):
    await publish(duo, "news")
    await duo.do(
        "newsletter",
        lambda side, wig: wig.engine.newsletters.get(side.groups["news"]),
        jid=jid_of(),
    )
    await duo.do(
        "newsletter_preview",
        lambda side, wig: wig.engine.newsletters.preview(link(side)),
        link=link,
    )
    await duo.do("followed", lambda _, wig: wig.engine.newsletters.list_followed())
    for muted in (True, False):
        await duo.do(
            "mute_newsletter",
            lambda side, wig, muted=muted: wig.engine.newsletters.set_muted(
                side.groups["news"], muted=muted
            ),
            jid=jid_of(),
            muted=lambda _, muted=muted: muted,
        )
    await duo.do(
        "unfollow",
        lambda side, wig: wig.engine.newsletters.unfollow(side.groups["news"]),
        jid=jid_of(),
    )
    assert all(side.client.lid not in found(side).followers for side in duo.sides)


def link(side: Side) -> str:
    return f"https://whatsapp.com/channel/{found(side).invite}"


async def test_a_newsletter_that_nothing_is_known_of(duo: Duo):
    """Followed elsewhere before this process began: ours asks for names, as decision 5 says."""
    for side in duo.sides:
        made = duo.stage.sandbox.create_newsletter(side.jid("friend"), "Silent")
        side.groups["silent"] = made.jid
        made.followers[side.client.lid] = False
    await duo.each(lambda side: post(side, "silent", "at last"))


async def test_reading(duo: Duo):
    await publish(duo, "reading")
    chat = "reading"
    await duo.do(
        "follow_counts",
        lambda side, wig: wig.engine.newsletters.follow_counts(side.groups[chat]),
        jid=jid_of(chat),
    )
    for emoji in ("\N{THUMBS UP SIGN}", ""):
        await duo.do(
            "react_to_post",
            lambda side, wig, emoji=emoji: wig.engine.newsletters.react(
                side.groups[chat], 100, emoji
            ),
            jid=jid_of(chat),
            server_id=lambda _: 100,
            emoji=lambda _, emoji=emoji: emoji,
        )
    await duo.do(
        "mark_viewed",
        lambda side, wig: wig.engine.newsletters.mark_viewed(side.groups[chat], [100]),
        jid=jid_of(chat),
        server_ids=lambda _: [100],
    )
    await duo.do(
        "posts",
        lambda side, wig: wig.engine.newsletters.list_posts(side.groups[chat], count=7, before=101),
        jid=jid_of(chat),
        count=lambda _: 7,
        before=lambda _: 101,
    )
    await duo.do(
        "counts",
        lambda side, wig: wig.engine.newsletters.list_counts(
            side.groups[chat], count=7, since=SINCE, after=99
        ),
        jid=jid_of(chat),
        count=lambda _: 7,
        since=lambda _: int(SINCE.timestamp()),
        after=lambda _: 99,
    )
    for side in duo.sides:
        (kept,) = found(side, chat).posts.values()
        assert (kept.viewers, kept.reactions) == ({side.client.lid}, {})


async def test_owning(duo: Duo):
    async def theirs() -> None:
        made = await duo.ada.call(
            "create_newsletter",
            name="Mine",
            description="About it",
            picture=base64.b64encode(JPEG).decode(),
        )
        duo.theirs.groups["mine"] = parse_jid(made)

    async def ours() -> None:
        new = NewNewsletter(name="Mine", description="About it", picture=JPEG)
        duo.ours.groups["mine"] = (await duo.wig.engine.newsletters.create(new)).jid

    await duo.play(theirs, ours)
    await duo.each(lambda side: side.say("mine", "good morning"))
    await duo.say(
        "mine",
        lambda _: {
            "extendedTextMessage": {
                "text": "twice",
                "contextInfo": {"isForwarded": True, "forwardingScore": 1},
            }
        },
        lambda _: Text(text="twice", context=Context(forwarded=True)),
    )
    await duo.do(
        "edit",
        lambda side, wig: wig.send(
            side.groups["mine"],
            Edit(target=wig.own_key(side.groups["mine"], side.said), content=Text(text="once")),
        ),
        chat=jid_of("mine"),
        message_id=lambda side: side.said,
        text=lambda _: "once",
    )
    await duo.do(
        "revoke",
        lambda side, wig: wig.send(
            side.groups["mine"], Revoke(target=wig.own_key(side.groups["mine"], side.said))
        ),
        chat=jid_of("mine"),
        sender=lambda side: str(side.client.pn),
        message_id=lambda side: side.said,
    )
    for side in duo.sides:
        assert [kept.plaintext != b"" for kept in found(side, "mine").posts.values()] == [
            True,
            False,
        ]
        assert [kept.kind for kept in found(side, "mine").posts.values()] == ["text", "text"]


async def test_a_file_for_a_newsletter(duo: Duo):
    data = make_png(seed=1)

    async def theirs() -> None:
        file = base64.b64encode(data).decode()
        kept = await duo.ada.call("upload_newsletter", file=file, media_type="Image")
        assert kept["handle"]

    async def ours() -> None:
        ref = await duo.wig.engine.newsletters.upload(BytesIO(data), MediaKind.IMAGE)
        assert (ref.handle != "", ref.is_plain) == (True, True)

    await duo.fetch(theirs, ours)


async def test_a_file_of_a_newsletter(duo: Duo):
    await publish(duo, "pictures")
    data = make_png(seed=2)
    media = duo.stage.sandbox.surroundings.media.upload_plain(data, Attachment())
    sent: dict[int, str] = {}

    async def take(side: Side) -> None:
        made = duo.stage.sandbox.post(side.groups["pictures"], media)
        sent[id(side)] = made.id
        await side.client.wait_message(made.id)

    await duo.each(take)

    async def theirs() -> None:
        assert await duo.ada.download(sent[id(duo.theirs)]) == data

    async def ours() -> None:
        message = await duo.wig.wait_message(sent[id(duo.ours)])
        assert isinstance(message.content, Media)
        assert message.server_id == 101
        assert await duo.wig.download(message) == data

    await duo.fetch(theirs, ours)


async def test_a_newsletter_that_is_not_there(duo: Duo):
    nobody = Jid("120363000000000404", "newsletter")

    async def theirs() -> None:
        with pytest.raises(Exception, match="404"):
            await duo.ada.call("newsletter", jid=str(nobody))

    async def ours() -> None:
        with pytest.raises(NotFound):
            await duo.wig.engine.newsletters.get(nobody)

    await duo.play(theirs, ours)
