"""The whole way in: stanzas to an engine and its archive, which must go on whatever they say.

An input is a `<script>` of stanzas, or one stanza. What is to be encrypted stands in the clear:
an `<enc plain=WHO>` is sealed by the device WHO of the world before it is delivered. An `id` of
`NEW` is one that was never used.
"""

import asyncio
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Final

from fuzz.corpus import STANZAS, load
from fuzz.mutation import mutate_node
from fuzz.standing import Standing
from fuzz.target import Target
from scripted.traffic_stage import OWN_LID, TrafficStage
from scripted.waiting import until
from scripted.words import GROUP, group_message
from stored.desk import Desk
from wigwag.model.content import Text
from wigwag.model.event import EngineEvent, MessageReceived
from wigwag.wire.content import encode_content, sender_key_message
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import AttrValue, Node, decode_node, encode_node

LIFE: Final = 60
"""Inputs for one world: its peers' sessions and its stores grow with each."""

_MOST: Final = 40
"""Stanzas of one input."""

_DEFECTS: Final = ("failed", "refused", "unexplained")


class ArchivingStage(TrafficStage):
    """What the engine tells is archived, as in a server."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.desk: Desk | None = None

    async def sink(self, account: str, events: Sequence[EngineEvent]) -> None:
        await super().sink(account, events)
        if self.desk is not None:
            await self.desk.take(*events, account=account)


class StanzaWorld:
    """An account with a peer, its own phone and a group, whose archive is open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stage = ArchivingStage(folder)
        self._peer = self._stage.person(2)
        self._friend = self._stage.person(3)
        self._ids = count(1)

    async def open(self) -> None:
        stage = self._stage
        stage.desk = await Desk.open(self._folder)
        stage.groups[GROUP] = [OWN_LID.bare, self._peer.jid.bare, self._friend.jid.bare]
        await stage.__aenter__()
        for person in (self._peer, self._friend, stage.phone):
            stage.meet(person)
        key = sender_key_message(str(GROUP), self._peer.distribution(GROUP))
        stage.deliver(group_message(self._peer, "KEY", self._peer.seal(OWN_LID, key)))
        await self._hear_friend()

    async def close(self) -> None:
        await self._stage.close()
        assert self._stage.desk is not None
        await self._stage.desk.close()

    async def take(self, data: bytes) -> None:
        try:
            root = decode_node(data)
        except MalformedNode:
            return
        nodes = root.kids if root.tag == "script" else [root]
        for node in nodes[:_MOST]:
            self._stage.deliver(self._sealed(node))
        await self._hear_friend()
        await self._look()

    async def _hear_friend(self) -> None:
        """Whatever came, the next good message arrives, and is archived and receipted."""
        stage, number = self._stage, next(self._ids)
        stage.events.clear()
        stage.sent.clear()
        text = f"good {number}"
        message_id = f"GOOD{number}"
        stage.deliver(stage.message(self._friend, encode_content(Text(text=text)), message_id))
        await until(lambda: any(_is_message(event, message_id) for event in stage.events))
        await until(lambda: not stage.traffic.counters.under_way)
        assert any(node.attr("id") == message_id for node in stage.all_sent("receipt"))

    async def _look(self) -> None:
        stage = self._stage
        assert not stage.connection.abandoned, "the stream was given up"
        assert not stage.connection.paused
        dropped = stage.traffic.counters.dropped
        found = {reason: dropped[reason] for reason in _DEFECTS if reason in dropped}
        assert not found, f"stanzas ended as defects: {found}"
        assert stage.desk is not None
        rejected = stage.desk.rows("SELECT reason FROM rejected")
        assert not rejected, [row["reason"] for row in rejected]
        await asyncio.sleep(0)

    def _sealed(self, node: Node) -> Node:
        """The stanza as the network would bring it."""
        attrs = dict(node.attrs)
        if attrs.get("id") == "NEW":
            attrs["id"] = f"3EB0F{next(self._ids)}"
        content = node.content
        if isinstance(content, list):
            content = [self._enc(kid) if "plain" in kid.attrs else kid for kid in content]
        return Node(node.tag, attrs, content)

    def _enc(self, enc: Node) -> Node:
        sealed = self._seal(enc.attr("plain"), enc.data)
        attrs: dict[str, AttrValue] = {
            name: value for name, value in enc.attrs.items() if name != "plain"
        }
        return Node(enc.tag, {**sealed.attrs, **attrs}, sealed.content)

    def _seal(self, who: str, raw: bytes) -> Node:
        if who == "group":
            return self._peer.group_seal(GROUP, raw)
        sender = {"phone": self._stage.phone, "friend": self._friend}.get(who, self._peer)
        return sender.seal(OWN_LID, raw)


def _is_message(event: EngineEvent, message_id: str) -> bool:
    return isinstance(event, MessageReceived) and event.message.key.id == message_id


def seeds() -> list[bytes]:
    """Everything that was recorded, one by one, and scripts of several."""
    recorded = load(STANZAS)
    nodes = [decode_node(entry) for entry in recorded]
    scripts = [Node("script", {}, nodes[at : at + 12]) for at in range(0, len(nodes), 12)]
    return [*recorded, *map(encode_node, scripts)]


_standing = Standing(StanzaWorld, life=LIFE)

TARGETS = (
    Target(
        "received",
        _standing.take,
        seeds,
        mutate=mutate_node,
        share=12,
        examples=80,
        close=_standing.close,
    ),
)
