"""What notifications say of pictures, abouts, privacy, the blocklist and timers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripted.traffic_stage import OWN_PN, T0, TrafficStage
from scripted.waiting import until
from wigwag.model.chat import Contact
from wigwag.model.event import (
    BlocklistChanged,
    ContactsChanged,
    EngineEvent,
    PictureChanged,
    PrivacyChanged,
    TimerChanged,
)
from wigwag.model.jid import Jid
from wigwag.model.profile import PrivacySetting
from wigwag.wire.nodes import AttrValue, Node

HER = Jid("100000000002", "lid")
GROUP = Jid("120363000000000001", "g.us")
AT = datetime.fromtimestamp(T0, UTC)


def notice(kind: str, sender: Jid, *content: Node) -> Node:
    attrs: dict[str, AttrValue] = {"type": kind, "from": sender, "id": "1", "t": str(T0)}
    return Node("notification", attrs, list(content))


def sync(*content: Node) -> Node:
    return notice("account_sync", OWN_PN.bare, *content)


@pytest.mark.parametrize(
    ("node", "event"),
    [
        (
            notice("picture", GROUP, Node("set", {"jid": GROUP, "id": "7", "author": HER})),
            PictureChanged(jid=GROUP, picture_id="7", author=HER, timestamp=AT),
        ),
        (
            notice("picture", HER, Node("delete", {"jid": HER})),
            PictureChanged(jid=HER, removed=True, timestamp=AT),
        ),
        (sync(Node("picture")), PictureChanged(jid=OWN_PN.bare, timestamp=AT)),
        (
            notice("status", HER, Node("set", {}, "Grüße\0".encode())),
            ContactsChanged(contacts=(Contact(jid=HER, about="Grüße\ufffd"),)),
        ),
        (
            notice("status", HER, Node("set")),
            ContactsChanged(contacts=(Contact(jid=HER, about=""),)),
        ),
        (
            notice(
                "disappearing_mode",
                HER,
                Node("disappearing_mode", {"duration": "86400", "t": str(T0)}),
            ),
            TimerChanged(jid=HER, seconds=86_400, changed_at=AT),
        ),
        (
            sync(Node("disappearing_mode", {"duration": "-5"})),
            TimerChanged(jid=OWN_PN.bare, seconds=0),
        ),
        (
            sync(
                Node(
                    "privacy",
                    {},
                    [
                        Node("category", {"name": "last", "value": "none"}),
                        Node("category", {"name": "shoe_size", "value": "all"}),
                    ],
                )
            ),
            PrivacyChanged(settings=((PrivacySetting.LAST_SEEN, "none"),)),
        ),
        (
            sync(
                Node(
                    "blocklist",
                    {"action": "modify"},
                    [
                        Node("item", {"jid": HER, "action": "block"}),
                        Node("item", {"jid": HER, "action": "dance"}),
                        Node("item", {"action": "unblock"}),
                    ],
                )
            ),
            BlocklistChanged(changes=((HER, True),)),
        ),
    ],
)
async def test_what_is_told(tmp_path: Path, node: Node, event: EngineEvent) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(node)
        await until(lambda: stage.events == [event])
        assert stage.traffic.receiver.ledger.drops == {}


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (notice("picture", HER, Node("set", {"hash": "abc"})), "notification_picture"),
        (notice("picture", HER, Node("request", {"jid": HER})), "notification_picture"),
        (notice("picture", HER, Node("set", {"jid": "x"})), "notification_malformed"),
        (notice("status", HER), "notification_status"),
        (notice("status", GROUP, Node("set", {}, b"x")), "notification_status"),
        (notice("disappearing_mode", HER), "notification_disappearing_mode"),
        (
            notice("disappearing_mode", HER, Node("disappearing_mode", {"duration": "x"})),
            "notification_malformed",
        ),
        (sync(Node("blocklist", {"dhash": "x"})), "notification_account_sync"),
        (sync(Node("tos")), "notification_account_sync"),
    ],
)
async def test_what_says_nothing_is_counted(tmp_path: Path, node: Node, reason: str) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(node)
        await stage.until_sent("ack")
        assert stage.traffic.receiver.ledger.drops == {reason: 1}
        assert stage.events == []
