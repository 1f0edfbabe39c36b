"""Newsletters on the emulated network, and answers that are none."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from peers.native import NativePeer
from peers.stage import Stage
from scripted.traffic_stage import TrafficStage
from scripted.waiting import until
from wigwag.engine.common.errors import RequestFailed
from wigwag.model.content import Edit, Media, MediaKind, Reaction, Revoke, Text
from wigwag.model.errors import (
    Forbidden,
    InvalidInput,
    MediaCorrupt,
    NotFound,
    Unsupported,
    WigwagError,
)
from wigwag.model.event import (
    MessageReceived,
    NewsletterCounted,
    NewsletterKnown,
    NewsletterLeft,
    NewsletterMuted,
)
from wigwag.model.jid import Jid
from wigwag.model.newsletter import (
    NewNewsletter,
    NewsletterRole,
    NewsletterSettings,
    Post,
)
from wigwag.ports.newsletters import NewsletterActions
from wigwag.sandbox.network.newsletters import Newsletter
from wigwag.sandbox.residents.attachments import Attachment
from wigwag.wire.mex import mex_refusal, mex_result
from wigwag.wire.nodes import AttrValue, Node

JPEG = b"\xff\xd8\xff" + bytes(100)
NEWS = Jid("120363000000000009", "newsletter")
FILE = b"\x89PNG\r\n\x1a\n" + bytes(1000)


@pytest.fixture
async def wig(tmp_path: Path) -> AsyncIterator[NativePeer]:
    stage = await Stage.open(tmp_path)
    try:
        peer = stage.native("Wig", through_proxy=True)
        await peer.link()
        yield peer
    finally:
        await stage.close()


def paper(wig: NativePeer) -> Newsletter:
    """A newsletter of Ann's."""
    ann = wig.sandbox.add_person(name="Ann")
    return wig.sandbox.create_newsletter(ann.pn, "Paper", "All of it")


async def test_following_reading_and_leaving(wig: NativePeer) -> None:
    news, actions = paper(wig), wig.engine.newsletters
    link = f"https://whatsapp.com/channel/{news.invite}"
    found = await actions.preview(link)
    assert (found.jid, found.name, found.description) == (news.jid, "Paper", "All of it")
    assert (found.role, found.muted, found.subscribers) == (None, None, 1)
    assert (await actions.get(news.jid)).role is NewsletterRole.GUEST
    await actions.follow(news.jid)
    followed = await wig.wait(
        NewsletterKnown, lambda e: e.newsletter.role is NewsletterRole.SUBSCRIBER
    )
    assert followed.newsletter.subscribers == 2
    assert [one.jid for one in await actions.list_followed()] == [news.jid]
    await actions.set_muted(news.jid, muted=True)
    assert (await wig.wait(NewsletterMuted)).muted
    assert (await actions.get(news.jid)).muted is True
    await actions.set_muted(news.jid, muted=False)
    await actions.unfollow(news.jid)
    assert (await wig.wait(NewsletterLeft)).jid == news.jid
    assert await actions.list_followed() == []


async def test_posts_come_with_their_number_and_change(wig: NativePeer) -> None:
    news = paper(wig)
    await wig.engine.newsletters.follow(news.jid)
    made = wig.sandbox.post(news.jid, Text(text="first"))
    message = await wig.wait_message(made.id)
    assert (message.server_id, message.content) == (made.server_id, Text(text="first"))
    assert (message.key.from_me, message.key.sender) == (False, news.jid)
    newsletters = wig.sandbox.network.newsletters
    newsletters.edit(news, made, b"\x0a\x05other")
    edit = (await wig.wait(MessageReceived, lambda e: isinstance(e.message.content, Edit))).message
    assert edit.content == Edit(target=message.key, content=Text(text="other"))
    newsletters.edit(news, made, b"")
    revoke = (
        await wig.wait(MessageReceived, lambda e: isinstance(e.message.content, Revoke))
    ).message
    assert revoke.content == Revoke(target=message.key)
    assert len({message.key.id, edit.key.id, revoke.key.id}) == 3


async def test_views_and_reactions(wig: NativePeer) -> None:
    news, actions = paper(wig), wig.engine.newsletters
    await actions.follow(news.jid)
    made = wig.sandbox.post(news.jid, Text(text="first"))
    assert await actions.follow_counts(news.jid) > 0
    await actions.react(news.jid, made.server_id, "👍")
    told = await wig.wait(NewsletterCounted)
    assert told.posts == (Post(server_id=100, id=made.id, views=0, reactions=(("👍", 1),)),)
    await actions.mark_viewed(news.jid, [made.server_id])
    await wig.wait(NewsletterCounted, lambda e: e.posts[0].views == 1)
    await actions.react(news.jid, made.server_id, "")
    await wig.wait(NewsletterCounted, lambda e: e.posts[0].reactions == ())
    since = datetime.fromtimestamp(0, UTC)
    (counted,) = await actions.list_counts(news.jid, since=since, after=99, count=5)
    assert (counted.views, counted.reactions, counted.content) == (1, (), None)
    with pytest.raises(NotFound):
        await actions.react(news.jid, 999, "👍")


async def test_older_posts_are_fetched_as_history(wig: NativePeer) -> None:
    news, actions = paper(wig), wig.engine.newsletters
    for text in ("one", "two", "three"):
        wig.sandbox.post(news.jid, Text(text=text))
    found = await actions.list_posts(news.jid, count=2, before=102)
    assert [(post.server_id, post.content) for post in found] == [
        (100, Text(text="one")),
        (101, Text(text="two")),
    ]
    message = await wig.wait_message(found[0].id)
    assert (message.from_history, message.server_id) == (True, 100)


async def test_a_newsletter_of_ones_own(wig: NativePeer) -> None:
    actions = wig.engine.newsletters
    await actions.accept_terms()
    made = await actions.create(NewNewsletter(name="Mine", description="About it", picture=JPEG))
    assert (made.role, made.name, made.picture_path[:3]) == (NewsletterRole.OWNER, "Mine", "/v/")
    sent = await wig.send(made.jid, Text(text="good morning"))
    assert (sent.server_id, sent.chat) == (100, made.jid)
    key = wig.own_key(made.jid, sent.id)
    await wig.send(made.jid, Edit(target=key, content=Text(text="good evening")))
    (own,) = await actions.list_posts(made.jid)
    assert (own.content, own.from_me, own.id) == (Text(text="good evening"), True, sent.id)
    await wig.send(made.jid, Revoke(target=key))
    (gone,) = await actions.list_posts(made.jid)
    assert gone.content is None
    await actions.set_settings(made.jid, NewsletterSettings(name="Ours", picture=b""))
    again = await actions.get(made.jid)
    assert (again.name, again.description, again.picture_path) == ("Ours", "About it", "")


async def test_files_there_and_back(wig: NativePeer) -> None:
    actions = wig.engine.newsletters
    made = await actions.create(NewNewsletter(name="Mine"))
    source = BytesIO(b"skipped" + FILE)
    source.seek(7)
    ref = await actions.upload(source, MediaKind.IMAGE)
    assert (ref.is_plain, len(ref.handle) > 300, ref.size_bytes) == (True, True, len(FILE))
    await wig.send(made.jid, Media(kind=MediaKind.IMAGE, mime="image/png", ref=ref))
    kept = wig.sandbox.network.newsletters.get(made.jid).posts[100]
    assert (kept.kind, kept.media_type) == ("media", "image")
    (post,) = await actions.list_posts(made.jid)
    message = await wig.wait_message(post.id)
    assert await wig.download(message) == FILE


async def test_a_file_that_was_exchanged_is_refused(wig: NativePeer) -> None:
    news = paper(wig)
    await wig.engine.newsletters.follow(news.jid)
    media = wig.sandbox.surroundings.media.upload_plain(FILE, Attachment())
    made = wig.sandbox.post(news.jid, media)
    message = await wig.wait_message(made.id)
    assert await wig.download(message) == FILE
    (file,) = [one for one in wig.sandbox.media.list() if one.is_plain]
    file.data = b"x" * len(FILE)
    with pytest.raises(MediaCorrupt):
        await wig.download(message)


async def test_what_others_do_elsewhere_is_told(wig: NativePeer) -> None:
    news = paper(wig)
    newsletters, account = wig.sandbox.network.newsletters, wig.phone.account
    newsletters.follow(news, account)
    assert (await wig.wait(NewsletterKnown)).newsletter.name == "Paper"
    newsletters.mute(news, account, muted=True)
    assert (await wig.wait(NewsletterMuted)).muted
    newsletters.unfollow(news, account)
    assert (await wig.wait(NewsletterLeft)).jid == news.jid


async def test_what_is_refused(wig: NativePeer) -> None:
    news, actions = paper(wig), wig.engine.newsletters
    missing = Jid("120363000000000404", "newsletter")
    for refused in (
        actions.get(missing),
        actions.follow(missing),
        actions.follow_counts(missing),
        actions.list_posts(missing),
        actions.preview("A" * 22),
        wig.send(missing, Text(text="to nobody")),
    ):
        with pytest.raises(NotFound, match="no such newsletter"):
            await refused
    for refused in (
        actions.set_muted(news.jid, muted=True),
        actions.set_settings(news.jid, NewsletterSettings(name="Mine")),
        wig.send(news.jid, Text(text="not mine")),
    ):
        with pytest.raises(Forbidden):
            await refused
    with pytest.raises(Unsupported):
        await wig.send(news.jid, Reaction(target=wig.own_key(news.jid, "A"), emoji="👍"))


async def test_what_makes_no_sense_is_not_asked(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        actions: NewsletterActions = stage.traffic.social.newsletters
        group = Jid("1", "g.us")
        for senseless in (
            actions.get(group),
            actions.get(Jid("", "newsletter")),
            actions.follow(group),
            actions.preview("https://chat.whatsapp.com/AAAAAAAAAAAA"),
            actions.create(NewNewsletter(name=" ")),
            actions.create(NewNewsletter(name="x" * 101)),
            actions.create(NewNewsletter(name="A", description="x" * 2049)),
            actions.create(NewNewsletter(name="A", picture=b"GIF")),
            actions.set_settings(NEWS, NewsletterSettings(name="")),
            actions.react(NEWS, 0, "👍"),
            actions.react(NEWS, 1, "👍" * 65),
            actions.mark_viewed(NEWS, []),
            actions.mark_viewed(NEWS, [2**31]),
            actions.list_posts(NEWS, count=0),
            actions.list_posts(NEWS, count=301),
            actions.list_posts(NEWS, before=-1),
        ):
            with pytest.raises(InvalidInput):
                await senseless
        assert stage.sent == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ([mex_refusal(404)], NotFound),
        ([mex_refusal(403)], Forbidden),
        ([mex_refusal(599)], RequestFailed),
        ([mex_result({})], NotFound),
        ([mex_result({"xwa2_newsletter": {"id": 1}})], WigwagError),
        ([Node("result", {}, b"{")], WigwagError),
        ([], WigwagError),
    ],
)
async def test_answers_that_are_none(
    tmp_path: Path, answer: list[Node], error: type[Exception]
) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.answers["w:mex"] = lambda _node: answer
        with pytest.raises(error):
            await stage.traffic.social.newsletters.get(NEWS)
        assert stage.events == []


async def test_a_follow_that_says_nothing_is_asked_after(tmp_path: Path) -> None:
    described: dict[str, Any] = {
        "id": str(NEWS),
        "thread_metadata": {"name": {"text": "Paper"}},
        "viewer_metadata": {"role": "SUBSCRIBER"},
    }
    asked: list[str] = []

    def answer(node: Node) -> list[Node]:
        query = node.kids[0]
        asked.append(query.attr("query_id"))
        return [mex_result({"xwa2_newsletter": described})]

    async with TrafficStage(tmp_path) as stage:
        stage.answers["w:mex"] = answer
        await stage.traffic.social.newsletters.follow(NEWS)
        (event,) = await stage.until_told(NewsletterKnown)
        assert (event.newsletter.name, event.newsletter.role) == (
            "Paper",
            NewsletterRole.SUBSCRIBER,
        )
        assert len(asked) == 2


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (Node("notification", {"type": "mex", "from": NEWS, "id": "1"}), "notification_mex"),
        (
            Node(
                "notification",
                {"type": "mex", "id": "1"},
                [Node("update", {}, b'{"data":{"xwa2_notify_linked_profiles":{}}}')],
            ),
            "notification_mex",
        ),
        (
            Node("notification", {"type": "mex", "id": "1"}, [Node("update", {}, b"{")]),
            "notification_malformed",
        ),
        (
            Node("notification", {"type": "newsletter", "from": NEWS, "id": "1"}),
            "notification_newsletter",
        ),
        (
            Node(
                "notification",
                {"type": "newsletter", "from": NEWS, "id": "1"},
                [Node("live_updates", {}, [Node("messages")])],
            ),
            "newsletter_update",
        ),
    ],
)
async def test_notices_that_say_nothing_are_counted(
    tmp_path: Path, node: Node, reason: str
) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(node)
        await stage.until_sent("ack")
        assert stage.traffic.receiver.ledger.drops == {reason: 1}


async def test_live_updates_in_a_list(tmp_path: Path) -> None:
    """The form that whatsapp-rust describes."""
    counted = Node("message", {"server_id": "5"}, [Node("views_count", {"count": "3"})])
    live = Node("live_updates", {}, [Node("messages", {"jid": NEWS}, [counted])])
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(Node("notification", {"type": "newsletter", "from": NEWS, "id": "1"}, [live]))
        (event,) = await stage.until_told(NewsletterCounted)
        assert event == NewsletterCounted(jid=NEWS, posts=(Post(server_id=5, views=3),))


async def test_a_newsletter_that_nothing_is_known_of_is_asked_for_once(tmp_path: Path) -> None:
    asked: list[Node] = []
    described = {"id": str(NEWS), "thread_metadata": {"name": {"text": "Paper"}}}

    def answer(node: Node) -> list[Node]:
        asked.append(node)
        return [mex_result({"xwa2_newsletter_subscribed": [described]})]

    def said(message_id: str, newsletter: Jid = NEWS) -> Node:
        attrs: dict[str, AttrValue] = {"from": newsletter, "id": message_id, "t": "1700000000"}
        return Node("message", attrs, [Node("plaintext", {}, b"\x0a\x01a")])

    async with TrafficStage(tmp_path) as stage:
        stage.answers["w:mex"] = answer
        stage.deliver(said("N1"), said("N2"))
        (known,) = await stage.until_told(NewsletterKnown)
        assert known.newsletter.name == "Paper"
        # another one soon after: it is not asked for at every message
        stage.deliver(said("N3"), said("N4", Jid("120363000000000010", "newsletter")))
        await stage.until_told(MessageReceived, 4)
        assert len(asked) == 1


async def test_a_refusal_to_list_newsletters_harms_nobody(tmp_path: Path) -> None:
    attrs: dict[str, AttrValue] = {"from": NEWS, "id": "N1", "t": "1700000000"}
    async with TrafficStage(tmp_path) as stage:
        stage.answers["w:mex"] = lambda _node: [mex_refusal(403)]
        stage.deliver(Node("message", attrs, [Node("plaintext", {}, b"\x0a\x01a")]))
        await stage.until_told(MessageReceived)
        await until(lambda: any(node.attr("xmlns") == "w:mex" for node in stage.all_sent("iq")))
        assert not stage.told(NewsletterKnown)
