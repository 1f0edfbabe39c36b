"""Newsletters in JSON and as elements, also hostile ones."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wigwag.model.content import Text
from wigwag.model.event import NewsletterKnown, NewsletterLeft, NewsletterMuted
from wigwag.model.jid import Jid
from wigwag.model.newsletter import (
    NewNewsletter,
    Newsletter,
    NewsletterRole,
    NewsletterSettings,
    Post,
)
from wigwag.wire.content import encode_content
from wigwag.wire.errors import MalformedNode
from wigwag.wire.newsletters import (
    NOTICES,
    changes,
    counts_nodes,
    creation,
    describe_newsletter,
    read_newsletter,
    read_newsletters,
    read_notices,
    read_post,
    read_posts,
)
from wigwag.wire.nodes import Node

NEWS = Jid("120363000000000009", "newsletter")
OWN = (Jid("15550000001", "s.whatsapp.net"), Jid("100000000001", "lid"))

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
newsletters = st.builds(
    Newsletter,
    jid=st.just(NEWS),
    name=texts,
    description=texts,
    invite=st.from_regex(r"[0-9A-Za-z]{0,22}", fullmatch=True),
    subscribers=st.integers(0, 10**9),
    created_at=st.none() | st.just(datetime(2026, 1, 2, tzinfo=UTC)),
    verified=st.booleans(),
    state=st.sampled_from(["", "active", "suspended"]),
    reactions=st.sampled_from(["", "all", "basic"]),
    picture_path=st.sampled_from(["", "/v/1"]),
    preview_path=st.sampled_from(["", "/v/2"]),
    role=st.sampled_from(NewsletterRole),
    muted=st.booleans(),
)


@settings(max_examples=40)
@given(newsletters)
def test_a_newsletter_goes_and_comes(newsletter: Newsletter):
    assert read_newsletter(describe_newsletter(newsletter)) == newsletter


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
FIELDS = ("id", "state", "thread_metadata", "viewer_metadata")


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(FIELDS), anything) | anything)
def test_anything_else_is_refused(described: Any):
    with pytest.raises(MalformedNode):
        read_newsletter(described)


def test_numbers_words_and_paths_that_are_none():
    described = describe_newsletter(Newsletter(jid=NEWS, name="News", role=NewsletterRole.OWNER))
    thread = described["thread_metadata"]
    thread |= {"subscribers_count": "many", "creation_time": 10**30, "picture": None}
    thread["preview"] = {"direct_path": "https://example.com/"}
    described["viewer_metadata"] = {"role": "EMPEROR"}
    found = read_newsletter(described)
    assert (found.subscribers, found.created_at, found.preview_path) == (0, None, "")
    assert (found.role, found.muted) == (None, None)
    with pytest.raises(MalformedNode):
        read_newsletter({**described, "id": "1@g.us"})


def test_of_a_list_only_the_bad_ones_are_left_out():
    good = describe_newsletter(Newsletter(jid=NEWS, name="News"))
    assert [one.name for one in read_newsletters([good, {"id": 1}, None])] == ["News"]
    assert read_newsletters(None) == []
    with pytest.raises(MalformedNode):
        read_newsletters({"a": 1})


def test_notices():
    described = describe_newsletter(Newsletter(jid=NEWS, name="News"))
    assert read_notices({NOTICES["join"]: described}) == [
        NewsletterKnown(newsletter=read_newsletter(described))
    ]
    assert read_notices({NOTICES["leave"]: {"id": str(NEWS), "role": "GUEST"}}) == [
        NewsletterLeft(jid=NEWS)
    ]
    assert read_notices({NOTICES["mute"]: {"id": str(NEWS), "mute": "ON"}}) == [
        NewsletterMuted(jid=NEWS, muted=True)
    ]
    assert read_notices({"xwa2_notify_something_else": {}}) == []
    for name in NOTICES.values():
        with pytest.raises(MalformedNode):
            read_notices({name: {"id": "nobody"}})


def test_what_is_asked_for():
    assert creation(NewNewsletter(name="A")) == {"newsletter_input": {"name": "A"}}
    asked = changes(NEWS, NewsletterSettings(name="B", picture=b""))
    assert asked == {
        "newsletter_id": str(NEWS),
        "updates": {"settings": None, "name": "B", "picture": ""},
    }
    described = changes(NEWS, NewsletterSettings(description=""))
    assert described["updates"] == {"settings": None, "description": ""}


def test_posts():
    plain = Node("plaintext", {}, encode_content(Text(text="hello")))
    counts = counts_nodes(7, [("👍", 2)])
    attrs = {"server_id": "101", "id": "3EB0A", "t": "1700000000"}
    messages = Node(
        "messages",
        {},
        [
            Node("message", {**attrs}, [plain, *counts]),
            Node("message", {**attrs, "is_sender": "true"}),
            Node("message", {"id": "3EB0B"}),
            Node("message", {"server_id": "x"}),
            Node("message", {"server_id": "102"}, [Node("views_count", {"count": "y"})]),
            Node("message", {**attrs}, [Node("plaintext", {}, b"\xff")]),
            Node("other"),
        ],
    )
    first, own = read_posts(messages, NEWS, OWN)
    assert first == Post(
        server_id=101,
        id="3EB0A",
        timestamp=datetime.fromtimestamp(1_700_000_000, UTC),
        content=Text(text="hello"),
        views=7,
        reactions=(("👍", 2),),
    )
    assert (own.from_me, own.content, own.views, own.reactions) == (True, None, None, None)


@pytest.mark.parametrize("number", ["-1", "0", "9223372036854775807"])
def test_numbers_that_no_post_has(number: str):
    assert read_post(Node("message", {"server_id": number})).server_id == 0
