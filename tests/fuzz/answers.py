"""Answers to the engine's requests: whatever they say, every call comes back, in its own errors.

An input is a `<pair>` of a request, which chooses the calls, and the answer to it.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from fuzz.corpus import ANSWERS, load
from fuzz.mutation import mutate_node
from fuzz.standing import Standing
from fuzz.target import Target
from scripted.traffic_stage import OWN_LID, TrafficStage
from scripted.words import GROUP
from wigwag.engine.native.connection.prekeys import count_on_server
from wigwag.engine.native.media.mediahosts import HostCache
from wigwag.engine.native.social.asking import ask
from wigwag.model.appstate import ChatPinned
from wigwag.model.chat import GroupSettings, MemberChange, NewGroup
from wigwag.model.content import Text
from wigwag.model.errors import WigwagError
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Outgoing
from wigwag.model.newsletter import NewNewsletter
from wigwag.model.profile import PrivacySetting
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node, decode_node

LIFE: Final = 60
CALL_LIMIT_S: Final = 5.0
_IMPATIENCE_S: Final = 0.05
"""How long an answer is awaited that does not come at all."""

_NEWSLETTER: Final = Jid("120363000002", "newsletter")

Call = Callable[[], Awaitable[object]]


class AskingStage(TrafficStage):
    """The server answers requests of one namespace as it is told."""

    hostile: tuple[str, Node] | None = None

    def answer(self, node: Node) -> Node | None:
        if self.hostile is None or node.tag != "iq" or node.attr("xmlns") != self.hostile[0]:
            return super().answer(node)
        told = self.hostile[1]
        return Node(told.tag, {**told.attrs, "id": node.attr("id")}, told.content)


class AnswerWorld:
    """An account that asks for everything that it can ask for."""

    def __init__(self, folder: Path) -> None:
        self._stage = AskingStage(folder)
        self._ids = count(1)
        self._numbers = count(100)

    async def open(self) -> None:
        stage = self._stage
        self._peer = stage.person(2)
        stage.groups[GROUP] = [OWN_LID.bare, self._peer.jid.bare]
        await stage.__aenter__()
        stage.meet(self._peer)

    async def close(self) -> None:
        await self._stage.close()

    async def take(self, data: bytes) -> None:
        try:
            kids = decode_node(data).kids
        except MalformedNode:
            return
        if len(kids) < 2:
            return
        namespace = kids[0].attr("xmlns")
        stage = self._stage
        stage.hostile = namespace, kids[1]
        stage.connection.limit_s = _IMPATIENCE_S
        stage.events.clear()
        stage.sent.clear()
        for call in self._calls().get(namespace, ()):
            try:
                async with asyncio.timeout(CALL_LIMIT_S):
                    await call()
            except WigwagError:
                continue
        stage.hostile = None
        stage.connection.limit_s = CALL_LIMIT_S
        await self._say_good()

    async def _say_good(self) -> None:
        """Answers of before do not stand in the way of a message now."""
        stage = self._stage
        stage.connection.go_online()
        sent = await stage.traffic.send(self._outgoing(self._peer.jid.bare))
        assert any(node.attr("id") == sent.id for node in stage.all_sent("message"))

    def _outgoing(self, to: Jid) -> Outgoing:
        return Outgoing(
            to=to,
            id=f"3EB0{next(self._ids):018X}",
            content=Text(text="good"),
            timestamp=datetime.now(UTC),
            secret=os.urandom(32),
        )

    def _calls(self) -> dict[str, Sequence[Call]]:
        """What asks in each namespace."""
        traffic, link, peer = self._stage.traffic, self._stage.link, self._peer
        stranger = Jid(f"1555000{next(self._numbers)}", "s.whatsapp.net")
        groups, communities = traffic.social.groups, traffic.social.communities
        profile, newsletters = traffic.social.profile, traffic.social.newsletters
        raw = Node("iq", {"xmlns": "md", "type": "get"})
        return {
            "usync": (
                lambda: traffic.check_numbers([stranger.user]),
                lambda: traffic.devices.ask_lid(stranger),
                lambda: traffic.devices.list_devices([stranger]),
                lambda: traffic.send(self._outgoing(stranger)),
            ),
            "encrypt": (
                lambda: traffic.devices.ask_missing([stranger, peer.jid.with_device(9)]),
                lambda: count_on_server(link.connection),
            ),
            "w:g2": (
                lambda: groups.create(NewGroup(subject="new", participants=(stranger,))),
                lambda: groups.get(GROUP),
                groups.list_joined,
                lambda: groups.change_members(GROUP, MemberChange.ADD, [stranger]),
                lambda: groups.set_description(GROUP, "about"),
                lambda: groups.set_settings(GROUP, GroupSettings(announce=True)),
                lambda: groups.invite_link(GROUP),
                lambda: groups.preview("https://chat.whatsapp.com/ABCdef"),
                lambda: groups.join("ABCdef"),
                lambda: groups.list_requests(GROUP),
                lambda: groups.answer_requests(GROUP, [stranger], approve=True),
                lambda: communities.list_groups(GROUP),
                lambda: communities.list_members(GROUP),
                lambda: communities.link(GROUP, GROUP),
                lambda: traffic.send(self._outgoing(GROUP)),
            ),
            "w:sync:app:state": (
                lambda: traffic.appstate.change([ChatPinned(chat=peer.jid.bare, pinned=True)]),
            ),
            "w:m": (lambda: HostCache(link).get(force=True),),
            "privacy": (
                profile.privacy,
                lambda: profile.set_privacy(PrivacySetting.LAST_SEEN, "all"),
                lambda: traffic.mark_read(peer.jid.bare, peer.jid.bare, ["3EB0A1"]),
            ),
            "status": (lambda: traffic.send(self._outgoing(STATUS_JID)),),
            "blocklist": (
                profile.list_blocked,
                lambda: profile.set_blocked(stranger, blocked=True),
            ),
            "w:profile:picture": (
                lambda: profile.find_picture(GROUP),
                lambda: profile.find_about(peer.pn),
                lambda: profile.set_picture(GROUP, b"\xff\xd8\xff"),
            ),
            "newsletter": (
                lambda: newsletters.list_posts(_NEWSLETTER),
                lambda: newsletters.list_counts(_NEWSLETTER),
                lambda: newsletters.follow_counts(_NEWSLETTER),
            ),
            "w:mex": (
                lambda: newsletters.get(_NEWSLETTER),
                lambda: newsletters.preview("https://whatsapp.com/channel/ABC"),
                newsletters.list_followed,
                lambda: newsletters.follow(_NEWSLETTER),
                lambda: newsletters.create(NewNewsletter(name="News")),
                lambda: newsletters.set_muted(_NEWSLETTER, muted=True),
            ),
            "disappearing_mode": (lambda: profile.set_default_ephemeral(86_400),),
            "md": (lambda: ask(link, raw),),
        }


_standing = Standing(AnswerWorld, life=LIFE)

TARGETS = (
    Target(
        "calls",
        _standing.take,
        lambda: load(ANSWERS),
        mutate=mutate_node,
        share=5,
        close=_standing.close,
    ),
)
