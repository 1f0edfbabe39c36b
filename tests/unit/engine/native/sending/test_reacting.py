"""Reactions to the announcements of a community leave sealed."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.signal_peer import SignalPeer
from scripted.traffic_stage import OWN_LID, TrafficStage
from scripted.waiting import until
from scripted.words import GROUP, announce, contents, group_message
from wigwag.model.content import Content, MessageKey, Reaction, Text
from wigwag.model.errors import InvalidInput
from wigwag.model.message import Outgoing
from wigwag.wire.content import (
    Decoded,
    decode_message,
    decode_sealed,
    encode_content,
    with_sender_key,
)
from wigwag.wire.nodes import Node
from wigwag.wire.sealing import Seal, open_sealed

SECRET = bytes(range(32))


async def send(stage: TrafficStage, content: Content, message_id: str, secret: bytes = b"") -> Node:
    now = datetime.now(UTC)
    message = Outgoing(to=GROUP, id=message_id, content=content, timestamp=now, secret=secret)
    await stage.traffic.send(message)
    return stage.all_sent("message")[-1]


def heard(peer: SignalPeer, node: Node) -> Decoded:
    """What the member `peer` reads, after the key that came with it."""
    key = MessageKey(chat=GROUP, sender=OWN_LID.bare, id="x")
    participants = node.child("participants")
    for to in participants.kids if participants is not None else []:
        if to.require_jid("jid") == peer.jid:
            handed = decode_message(peer.open(OWN_LID, to.children_with("enc")[0]), key).sender_key
            assert handed is not None
            peer.learn(GROUP, OWN_LID, handed.data)
    (enc,) = node.children_with("enc")
    return decode_message(peer.group_open(GROUP, OWN_LID, enc), key)


def opened(peer: SignalPeer, node: Node, seal: Seal) -> Content | None:
    """What of a sealed part is read with `seal`."""
    decoded = heard(peer, node)
    assert decoded.content is None
    part = decoded.sealed
    assert part is not None
    plain = open_sealed([seal], part.use, [OWN_LID], part.payload, part.iv)
    assert plain is not None
    return decode_sealed(part, plain, MessageKey(chat=GROUP, sender=OWN_LID.bare, id="3EB0R"))


@pytest.mark.parametrize("by_number", [False, True])
async def test_a_reaction_to_an_announcement_leaves_sealed(tmp_path: Path, by_number: bool) -> None:
    async with TrafficStage(tmp_path) as stage:
        ann = stage.person(2)
        announce(stage, ann.jid.bare)
        await stage.traffic.on_connected()
        stage.meet(ann)
        news = encode_content(Text(text="news"), secret=SECRET)
        raw = with_sender_key(news, str(GROUP), ann.distribution(GROUP))
        stage.deliver(group_message(ann, "A1", ann.seal(OWN_LID, raw)))
        await until(lambda: "A1" in contents(stage))
        sender = ann.pn if by_number else ann.jid.bare
        target = MessageKey(chat=GROUP, sender=sender, id="A1")
        node = await send(stage, Reaction(target=target, emoji="👍"), "3EB0R")
        assert node.attrs["type"] == "reaction"
        of_news = Seal(message_id="A1", author=ann.jid.bare, secret=SECRET)
        named = MessageKey(chat=GROUP, sender=ann.jid.bare, id="A1")
        assert opened(ann, node, of_news) == Reaction(target=named, emoji="👍")


async def test_an_own_announcement_is_reacted_to_with_its_secret(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        ann = stage.person(2)
        announce(stage, ann.jid.bare)
        secret = os.urandom(32)
        first = await send(stage, Text(text="news"), "3EB0A", secret)
        assert heard(ann, first).content == Text(text="news")
        target = MessageKey(chat=GROUP, sender=OWN_LID.bare, id="3EB0A", from_me=True)
        node = await send(stage, Reaction(target=target, emoji=""), "3EB0R")
        assert "edit" not in node.attrs
        of_news = Seal(message_id="3EB0A", author=OWN_LID.bare, secret=secret)
        reaction = opened(ann, node, of_news)
        assert isinstance(reaction, Reaction)
        assert reaction.emoji == ""


async def test_a_reaction_whose_key_never_came_is_refused_with_the_next_step(
    tmp_path: Path,
) -> None:
    async with TrafficStage(tmp_path) as stage:
        ann = stage.person(2)
        announce(stage, ann.jid.bare)
        target = MessageKey(chat=GROUP, sender=ann.jid.bare, id="A1")
        with pytest.raises(InvalidInput, match="on the phone"):
            await send(stage, Reaction(target=target, emoji="👍"), "3EB0R")
        assert not stage.all_sent("message")
