"""The stanza of a message to a newsletter."""

from datetime import UTC, datetime

import pytest

from wigwag.engine.native.sending.posting import post_stanza
from wigwag.model.content import (
    Content,
    Edit,
    Media,
    MediaKind,
    MediaRef,
    MessageKey,
    Poll,
    PollVote,
    Reaction,
    Revoke,
    Text,
)
from wigwag.model.errors import Unsupported
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing
from wigwag.wire.content import encode_content
from wigwag.wire.errors import WireError
from wigwag.wire.nodes import Node
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse

NEWS = Jid("120363000000000009", "newsletter")
TARGET = MessageKey(chat=NEWS, sender=NEWS, id="3EB0OLD", from_me=True)
REF = MediaRef(
    direct_path="/v/1",
    media_key=b"",
    file_sha256=bytes(32),
    file_enc_sha256=b"",
    size_bytes=3,
    handle="handle",
)


def stanza(content: Content) -> Node:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    return post_stanza(Outgoing(to=NEWS, id="3EB0A", content=content, timestamp=at, secret=b"s"))


def test_a_text_is_in_the_clear_without_a_secret():
    assert stanza(Text(text="hello")) == Node(
        "message",
        {"to": NEWS, "id": "3EB0A", "type": "text"},
        [Node("plaintext", {}, encode_content(Text(text="hello")))],
    )


def test_a_file_names_its_handle_and_no_key():
    node = stanza(Media(kind=MediaKind.IMAGE, mime="image/png", ref=REF))
    assert (node.attr("type"), node.attr("media_id")) == ("media", "handle")
    assert node.kids[0].attrs == {"mediatype": "image"}
    image = parse(e2e_pb2.Message, node.kids[0].data).imageMessage
    for name in ("mediaKey", "fileEncSHA256", "mediaKeyTimestamp"):
        assert not image.HasField(name)
    assert image.directPath == "/v/1"


def test_changes_go_by_the_id_of_what_they_change():
    edit = stanza(Edit(target=TARGET, content=Text(text="other")))
    assert (edit.attr("id"), edit.attr("edit")) == ("3EB0OLD", "3")
    assert edit.kids[0].data == encode_content(Text(text="other"))
    revoke = stanza(Revoke(target=TARGET))
    assert (revoke.attr("id"), revoke.attr("edit")) == ("3EB0OLD", "8")
    assert revoke.kids[0].data == b""


def test_a_poll_keeps_the_secret_that_votes_need():
    node = stanza(Poll(question="?", options=("a", "b"), secret=bytes(32)))
    assert node.attr("type") == "poll"
    assert parse(e2e_pb2.Message, node.kids[0].data).messageContextInfo.messageSecret == bytes(32)


@pytest.mark.parametrize("content", [Reaction(target=TARGET, emoji="👍"), PollVote(poll=TARGET)])
def test_what_goes_in_another_way(content: Content):
    with pytest.raises(Unsupported):
        stanza(content)


def test_a_file_that_was_not_uploaded():
    with pytest.raises(WireError):
        stanza(Media(kind=MediaKind.IMAGE, mime="image/png"))
