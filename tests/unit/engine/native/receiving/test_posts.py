"""Messages of newsletters that are not the usual ones; the usual ones are in test_decryption."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.traffic_stage import OWN_PN, T0, TrafficStage
from wigwag.model.content import Edit, MessageKey, Revoke, Text, Unsupported
from wigwag.model.event import MessageReceived, NewsletterCounted
from wigwag.model.jid import Jid
from wigwag.model.message import Message, SendState
from wigwag.model.newsletter import Post
from wigwag.wire.content import encode_content
from wigwag.wire.nodes import AttrValue, Node

NEWS = Jid("120363000000000009", "newsletter")
KEY = MessageKey(chat=NEWS, sender=NEWS, id="N1")


def post(*content: Node, **attrs: str) -> Node:
    given: dict[str, AttrValue] = {"from": NEWS, "id": "N1", "t": str(T0), "server_id": "7"}
    return Node("message", given | attrs, list(content))


def plain(text: str) -> Node:
    return Node("plaintext", {}, encode_content(Text(text=text)))


async def messages(stage: TrafficStage, count: int) -> list[Message]:
    return [event.message for event in await stage.until_told(MessageReceived, count)]


async def test_a_post_of_our_own_from_another_device(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(post(plain("mine"), is_sender="true"))
        (message,) = await messages(stage, 1)
        assert (message.key.from_me, message.key.sender) == (True, OWN_PN.bare)
        assert (message.state, message.server_id) == (SendState.SENT, 7)


async def test_changes_are_known_by_their_own_time(tmp_path: Path) -> None:
    def at(ms: str) -> Node:
        return Node("meta", {"msg_edit_t": ms, "original_msg_t": str(T0)})

    first, second = at("1700000060000"), at("1700000120000")
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(
            post(plain("a")),
            post(plain("b"), first, edit="3"),
            post(plain("b"), first, edit="3"),
            post(plain("c"), second, edit="3"),
            post(Node("plaintext"), edit="8"),
        )
        told = await messages(stage, 4)
        assert [message.content for message in told] == [
            Text(text="a"),
            Edit(target=KEY, content=Text(text="b")),
            Edit(target=KEY, content=Text(text="c")),
            Revoke(target=KEY),
        ]
        assert [message.timestamp for message in told] == [
            datetime.fromtimestamp(T0, UTC),
            datetime.fromtimestamp(1_700_000_060, UTC),
            datetime.fromtimestamp(1_700_000_120, UTC),
            datetime.fromtimestamp(T0, UTC),
        ]
        assert len({message.key.id for message in told}) == 4
        assert stage.traffic.receiver.ledger.drops == {"duplicate": 1}


async def test_counts_alone_are_told(tmp_path: Path) -> None:
    reactions = Node("reactions", {}, [Node("reaction", {"code": "👍", "count": "2"})])
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(post(reactions))
        (event,) = await stage.until_told(NewsletterCounted)
        assert event.posts == (Post(server_id=7, id="N1", reactions=(("👍", 2),)),)


async def test_what_cannot_be_read_is_kept(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(post(Node("plaintext", {}, b"\xff\xff")))
        (message,) = await messages(stage, 1)
        assert message.content == Unsupported(fields=("malformed",), raw=b"\xff\xff")


@pytest.mark.parametrize(
    "node",
    [post(plain("a"), id=""), post(plain("a"), t="soon"), post(plain("a"), server_id="x")],
)
async def test_what_has_no_id_or_time_is_refused(tmp_path: Path, node: Node) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(node)
        (ack,) = await stage.until_sent("ack")
        assert ack.attr("error") == "487"
        assert stage.traffic.receiver.ledger.drops == {"malformed": 1}
