"""Who gets a status update."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from scripted.traffic_stage import ACCOUNT, TrafficStage
from wigwag.engine.native.people.audience import STATUS_AUDIENCE
from wigwag.engine.native.store.writes import PutLid, PutNote
from wigwag.model.content import Text
from wigwag.model.errors import SendRejected, WhatsAppBusy
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Outgoing
from wigwag.wire.nodes import Node


async def post(stage: TrafficStage, message_id: str = "3EB0") -> set[str]:
    """Send a status; whom its sender key goes to."""
    content = Text(text="what a day")
    now = datetime.now(UTC)
    await stage.traffic.send(Outgoing(to=STATUS_JID, id=message_id, content=content, timestamp=now))
    participants = stage.all_sent("message")[-1].child("participants")
    kids = participants.kids if participants is not None else []
    return {to.require_jid("jid").user for to in kids}


@pytest.mark.parametrize(
    ("kind", "listed", "told"),
    [("contacts", (), {2, 3}), ("blacklist", (3,), {2}), ("whitelist", (4,), {4})],
)
async def test_the_owner_chooses_who_sees_a_status(
    tmp_path: Path, kind: str, listed: tuple[int, ...], told: set[int]
) -> None:
    async with TrafficStage(tmp_path) as stage:
        people = {number: stage.person(number) for number in (2, 3, 4)}
        users: list[Node] = [Node("user", {"jid": people[number].pn}) for number in listed]
        other: list[Node] = [Node("user", {"jid": Jid("9", "lid")})]
        lists: list[Node] = [
            Node("list", {"type": "whitelist"}, other),
            Node("list", {"type": kind, "default": "true"}, users),
        ]
        stage.answers["status"] = lambda _: [Node("privacy", {}, lists)]
        book = [people[2].pn, people[3].jid.bare]
        await stage.store.commit(
            [
                PutNote(ACCOUNT, STATUS_AUDIENCE, msgspec.msgpack.encode(book)),
                PutLid(ACCOUNT, people[3].jid.user, people[3].pn.user),
            ]
        )
        reached = await post(stage)
        assert {n for n, one in people.items() if {one.pn.user, one.jid.user} & reached} == told


async def test_a_hidden_person_is_known_by_the_other_address(tmp_path: Path) -> None:
    """The address book names the number, the owner's choice the LID; the server tells both."""
    async with TrafficStage(tmp_path) as stage:
        finn, mary = stage.person(2), stage.person(3)
        hidden: list[Node] = [Node("user", {"jid": mary.jid.bare})]
        listed = Node("list", {"type": "blacklist", "default": "true"}, hidden)
        stage.answers["status"] = lambda _: [Node("privacy", {}, [listed])]
        book = msgspec.msgpack.encode([finn.pn, mary.pn])
        await stage.store.commit([PutNote(ACCOUNT, STATUS_AUDIENCE, book)])
        for message_id in ("3EB0", "3EB1"):
            reached = await post(stage, message_id)
            assert {finn.pn.user, finn.jid.user} & reached
            assert not {mary.pn.user, mary.jid.user} & reached
        full = [node for node in stage.all_sent("iq") if _mode(node) == "full"]
        assert len(full) == 1


def _mode(node: Node) -> str:
    usync = node.child("usync")
    return usync.attr("mode") if usync is not None else ""


async def test_a_choice_that_is_not_told_keeps_the_status_back(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        plain = stage.connection.answer
        code = "400"

        def refuse(node: Node) -> Node | None:
            if node.attr("xmlns") != "status":
                return plain(node)
            error = Node("error", {"code": code})
            return Node("iq", {"id": node.attr("id"), "type": "error"}, [error])

        stage.connection.answer = refuse
        with pytest.raises(SendRejected):
            await post(stage)
        code = "500"  # asked again later
        with pytest.raises(WhatsAppBusy):
            await post(stage)
        assert not stage.all_sent("message")
        code = "404"  # never chosen: the contacts
        await post(stage, "3EB1")
