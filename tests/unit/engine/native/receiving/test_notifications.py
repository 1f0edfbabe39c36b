"""What comes besides messages."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.traffic_stage import ACCOUNT, OWN_LID, T0, TrafficStage
from scripted.waiting import until
from wigwag.engine.native.store.writes import PutIdentity, PutSession
from wigwag.model.event import (
    ChatPresenceChanged,
    EngineEvent,
    IdentityLinked,
    IdentityRenewed,
    PresenceChanged,
    ReceiptReceived,
)
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.nodes import AttrValue, Node

HER = Jid("100000000002", "lid")
GROUP = Jid("120363000", "g.us")


def notification(kind: str, *content: Node, **attrs: AttrValue) -> Node:
    base: dict[str, AttrValue] = {"from": SERVER_JID, "type": kind, "id": "N1", "t": str(T0)}
    return Node("notification", base | attrs, list(content))


@pytest.mark.parametrize("kind", ["picture", "status", "business", "newsletter"])
async def test_what_changes_nothing_is_acked(tmp_path: Path, kind: str) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(notification(kind, Node("set")))
        (ack,) = await stage.until_sent("ack")
        assert ack.attrs == {
            "class": "notification",
            "id": "N1",
            "to": SERVER_JID,
            "type": kind,
        }
        assert stage.traffic.receiver.ledger.drops[f"notification_{kind}"] == 1


async def test_types_that_nobody_knows_are_counted_together(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(notification("x" * 1000), notification(""))
        await stage.until_sent("ack", 2)
        assert stage.traffic.receiver.ledger.drops == {"notification_other": 2}


async def test_a_receipt_is_told_and_acked(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        attrs: dict[str, AttrValue] = {"from": HER, "id": "A1", "t": str(T0), "type": "read"}
        stage.deliver(Node("receipt", attrs))
        await stage.until_told(ReceiptReceived)
        (ack,) = await stage.until_sent("ack")
        assert ack.attrs == {"class": "receipt", "id": "A1", "to": HER, "type": "read"}
        stage.deliver(Node("receipt", attrs | {"t": "never"}))
        stage.deliver(Node("receipt", attrs | {"type": "inactive"}))
        acks = await stage.until_sent("ack", 3)
        assert [ack.attr("error") for ack in acks] == ["", "487", ""]
        assert len(stage.told(ReceiptReceived)) == 1


async def test_an_identity_change_forgets_the_sessions_of_the_person(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        address = f"{HER.user}_1:0"
        await stage.store.commit(
            [
                PutSession(ACCOUNT, address, b"\x01\x90"),
                PutIdentity(ACCOUNT, address, bytes(32)),
                PutIdentity(ACCOUNT, "1000000000020_1:0", bytes(32)),
            ]
        )
        stage.deliver(notification("encrypt", Node("identity"), **{"from": HER}))
        await stage.until_sent("ack")
        assert stage.store.find_session(ACCOUNT, address) is None
        assert stage.store.find_identity(ACCOUNT, address) is None
        assert stage.store.find_identity(ACCOUNT, "1000000000020_1:0") is not None
        (told,) = await stage.until_told(IdentityRenewed)
        assert told == IdentityRenewed(jid=HER, timestamp=datetime.fromtimestamp(T0, UTC))


async def test_privacy_tokens_are_kept_and_sent_along(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        now = str(int(stage.clock.now().timestamp()))
        token = Node("token", {"type": "trusted_contact", "t": now}, b"token")
        stage.deliver(
            notification(
                "privacy_token",
                Node("tokens", {}, [token, Node("token", {"type": "other", "t": now}, b"no")]),
                **{"from": Jid("15550000002", "s.whatsapp.net"), "sender_lid": HER},
            )
        )
        await stage.until_sent("ack")
        found = stage.store.find_token(ACCOUNT, str(HER))
        assert found is not None
        assert found.token == b"token"
        linked = IdentityLinked(lid=HER, pn=Jid("15550000002", "s.whatsapp.net"))
        await until(lambda: linked in stage.events)


@pytest.mark.parametrize(
    ("node", "event"),
    [
        (
            Node("presence", {"from": HER}),
            PresenceChanged(jid=HER, available=True),
        ),
        (
            Node("presence", {"from": HER, "type": "unavailable", "last": str(T0)}),
            PresenceChanged(jid=HER, available=False, last_seen=datetime.fromtimestamp(T0, UTC)),
        ),
        (
            Node("presence", {"from": HER, "type": "unavailable", "last": "deny"}),
            PresenceChanged(jid=HER, available=False),
        ),
        (
            Node("chatstate", {"from": HER}, [Node("composing")]),
            ChatPresenceChanged(chat=HER, sender=HER, activity="composing"),
        ),
        (
            Node("chatstate", {"from": HER}, [Node("composing", {"media": "audio"})]),
            ChatPresenceChanged(chat=HER, sender=HER, activity="recording"),
        ),
        (
            Node("chatstate", {"from": GROUP, "participant": HER}, [Node("paused")]),
            ChatPresenceChanged(chat=GROUP, sender=HER, activity="paused"),
        ),
    ],
)
async def test_presence(tmp_path: Path, node: Node, event: EngineEvent) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(node)
        await until(lambda: stage.events == [event])


@pytest.mark.parametrize(
    "node",
    [
        Node("presence"),
        Node("presence", {"from": HER, "last": "x"}),
        Node("chatstate", {"from": HER}),
        Node("chatstate", {"from": HER}, [Node("dancing")]),
        Node("chatstate", {}, [Node("paused")]),
    ],
)
async def test_malformed_presence_is_counted(tmp_path: Path, node: Node) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(node)
        await until(lambda: stage.traffic.receiver.ledger.drops["presence_malformed"] == 1)


async def test_after_the_login_the_name_is_said_but_nobody_is_online(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        await stage.link.save_device(push_name="Alex")
        await stage.traffic.on_connected()
        (presence,) = stage.all_sent("presence")
        assert presence.attrs == {"type": "unavailable", "name": "Alex"}
        await stage.traffic.on_connected()
        queries = [node for node in stage.all_sent("iq") if node.attr("xmlns") == "w:g2"]
        assert len(queries) == 1
        assert OWN_LID.user not in presence.attrs
