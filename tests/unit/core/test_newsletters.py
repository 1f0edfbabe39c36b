"""Newsletters: what they are called, what the account is in them, how their posts fare."""

from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from msgspec.structs import replace

from stored.desk import Desk
from stored.engine import OWN, StoredEngine
from stored.makers import CONNECTED, at
from wigwag.core.drafts import Draft
from wigwag.core.sending import MediaPolicy, Sending
from wigwag.model.content import Edit, MediaKind, MediaRef, MessageKey, Text
from wigwag.model.errors import NotFound
from wigwag.model.event import (
    MessageReceived,
    NewsletterCounted,
    NewsletterKnown,
    NewsletterLeft,
    NewsletterMuted,
)
from wigwag.model.jid import Jid
from wigwag.model.message import Message, SendState, Sent
from wigwag.model.newsletter import Newsletter, NewsletterRole, Post

NEWS = Jid("120363000000000009", "newsletter")
PAPER = Newsletter(
    jid=NEWS,
    name="Paper",
    description="All of it",
    invite="0029Va",
    subscribers=5,
    created_at=at(0),
    state="active",
    role=NewsletterRole.SUBSCRIBER,
    muted=False,
)


def said(text: str, message_id: str = "N1", server_id: int = 7) -> MessageReceived:
    key = MessageKey(chat=NEWS, sender=NEWS, id=message_id)
    message = Message(key=key, timestamp=at(1), content=Text(text=text), server_id=server_id)
    return MessageReceived(message=message)


async def test_a_newsletter_is_a_chat_with_its_name_once_it_is_followed(desk: Desk) -> None:
    guest = replace(PAPER, role=NewsletterRole.GUEST)
    await desk.take(NewsletterKnown(newsletter=guest))
    assert await desk.archive.find_chat("default", str(NEWS)) is None
    await desk.take(NewsletterKnown(newsletter=PAPER), NewsletterKnown(newsletter=PAPER))
    assert (await desk.library.get_chat("default", str(NEWS))).name == "Paper"
    found = await desk.library.get_newsletter("default", str(NEWS))
    assert (found.name, found.role, found.invite, found.created_at) == (
        "Paper",
        "subscriber",
        "0029Va",
        at(0),
    )
    assert await desk.types() == ["newsletter.updated", "newsletter.joined"]
    with pytest.raises(NotFound):
        await desk.library.get_newsletter("default", "1@newsletter")


async def test_a_new_name_is_told_and_shown_but_not_each_follower(desk: Desk) -> None:
    await desk.take(NewsletterKnown(newsletter=PAPER), said("first"))
    await desk.take(NewsletterKnown(newsletter=replace(PAPER, subscribers=6)))
    await desk.take(NewsletterKnown(newsletter=replace(PAPER, name="Times", role=None)))
    assert await desk.types() == ["newsletter.joined", "newsletter.message", "newsletter.updated"]
    assert (await desk.library.get_chat("default", str(NEWS))).name == "Times"
    (found,) = (await desk.library.list_newsletters("default")).items
    assert (found.subscribers, found.role) == (5, "subscriber")


async def test_muted_and_left(desk: Desk) -> None:
    muted, left = NewsletterMuted(jid=NEWS, muted=True), NewsletterLeft(jid=NEWS)
    await desk.take(NewsletterKnown(newsletter=PAPER), muted, muted, left, left)
    assert (await desk.library.get_chat("default", str(NEWS))).muted
    assert (await desk.library.get_newsletter("default", str(NEWS))).role == "guest"
    assert await desk.types() == ["newsletter.joined", "chat.updated", "newsletter.left"]


async def test_what_a_newsletter_says_of_being_muted_is_taken_over(desk: Desk) -> None:
    await desk.take(NewsletterKnown(newsletter=replace(PAPER, muted=True)))
    assert (await desk.library.get_chat("default", str(NEWS))).muted
    await desk.take(NewsletterKnown(newsletter=replace(PAPER, muted=None)))
    assert (await desk.library.get_chat("default", str(NEWS))).muted


async def test_posts_are_known_by_number_and_id_whichever_comes_first(desk: Desk) -> None:
    early = Post(server_id=8, views=1)
    await desk.take(NewsletterCounted(jid=NEWS, posts=(early,)), said("a"), said("b", "N2", 8))
    first = await desk.library.get_post("default", str(NEWS), "N1")
    second = await desk.library.get_post("default", str(NEWS), "N2")
    assert (first.server_id, first.views, first.reactions) == (7, None, None)
    assert (second.server_id, second.views) == (8, 1)
    with pytest.raises(NotFound):
        await desk.library.get_post("default", str(NEWS), "N3")


async def test_counts_are_told_when_they_change(desk: Desk) -> None:
    def counted(**counts: Any) -> NewsletterCounted:
        return NewsletterCounted(jid=NEWS, posts=(Post(server_id=7, id="N1", **counts),))

    seen = counted(views=3)
    await desk.take(said("a"), seen, seen, counted(reactions=(("👍", 2),)))
    found = await desk.library.get_post("default", str(NEWS), "N1")
    assert (found.views, found.reactions) == (3, (("👍", 2),))
    told = await desk.events("newsletter.counts")
    assert [event["posts"] for event in told] == [
        [{"server_id": 7, "id": "N1", "views": 3, "reactions": []}],
        [
            {
                "server_id": 7,
                "id": "N1",
                "views": 3,
                "reactions": [{"emoji": "👍", "count": 2}],
            }
        ],
    ]


async def test_an_edit_changes_the_message_itself(desk: Desk) -> None:
    key = MessageKey(chat=NEWS, sender=NEWS, id="N1")
    edit = Message(
        key=replace(key, id="N1-3-5"),
        timestamp=at(5),
        content=Edit(target=key, content=Text(text="b")),
        server_id=7,
    )
    await desk.take(said("a"), MessageReceived(message=edit))
    assert (await desk.library.get_message("default", "N1")).text == "b"
    assert await desk.types() == ["newsletter.message", "message.edited"]
    assert (await desk.library.get_post("default", str(NEWS), "N1")).server_id == 7


class Publisher(StoredEngine):
    """An engine whose newsletters take files."""

    def __init__(self) -> None:
        super().__init__()
        self.plain: list[bytes] = []
        self.newsletters = cast("Any", self)

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        assert kind is MediaKind.DOCUMENT
        self.plain.append(source.read())
        return MediaRef(
            direct_path="/v/1",
            media_key=b"",
            file_sha256=bytes(32),
            file_enc_sha256=b"",
            size_bytes=3,
            handle="handle",
        )

    async def send(self, message: Any) -> Sent:
        return replace(await super().send(message), server_id=9)


async def test_a_post_of_ones_own_gets_its_number(desk: Desk, outbox: Path) -> None:
    file = outbox / "a.txt"
    file.write_bytes(b"abc")
    engine = Publisher()
    desk.accounts.add(engine)
    await desk.take(CONNECTED)
    policy = MediaPolicy(roots=(outbox,))
    sending = Sending(desk.archive, desk.files, desk.accounts, policy=policy)
    try:
        draft = Draft(media_path=str(file))
        made = await sending.submit("default", str(NEWS), draft)
    finally:
        await sending.stop()
    assert made.state is SendState.SENT
    assert engine.plain == [b"abc"]
    assert (await desk.library.get_post("default", str(NEWS), made.id)).server_id == 9
    message = await desk.library.get_message("default", made.id)
    assert message.sender.jid == str(OWN)
    (row,) = desk.rows("SELECT media_key, file_enc_sha256 FROM messages")
    assert (row["media_key"], row["file_enc_sha256"]) == (b"", b"")
