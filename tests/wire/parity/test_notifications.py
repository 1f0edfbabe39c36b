"""What the server tells, and what a client does about it."""

from collections.abc import Callable

import pytest

from peers.native import NativePeer
from peers.parity.duo import Duo
from peers.parity.side import ME, Side
from peers.stage import until
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.sandbox.residents.phone import Phone
from wigwag.wire.nodes import Node

pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]


def notification(kind: str, sender: Jid, *content: Node, **attrs: Jid) -> Node:
    return Node("notification", {"type": kind, "from": sender, **attrs}, list(content))


async def tell(duo: Duo, make: Callable[[Side], Node]) -> None:
    """The server sends both a stanza."""

    async def push(side: Side) -> None:
        network = duo.stage.sandbox.network
        network.push(side.client.device, make(side))

        async def taken() -> bool:
            return side.settled

        await until(taken)

    await duo.each(push)


async def test_a_new_identity(duo: Duo):
    await duo.meet("changed")
    await duo.each(lambda side: side.say("changed", "who are you?"))

    async def change(side: Side) -> None:
        side.people["changed"].replace_keys()

        async def taken() -> bool:
            return side.settled

        await until(taken)

    await duo.each(change)
    await duo.each(lambda side: side.hear("a new me", by="changed"))
    await duo.each(lambda side: side.say("changed", "and who now?"))


async def test_few_prekeys_left(duo: Duo):
    await tell(duo, lambda _: notification("encrypt", SERVER_JID, Node("count", {"value": "2"})))


async def test_enough_prekeys_left(duo: Duo):
    await tell(duo, lambda _: notification("encrypt", SERVER_JID, Node("count", {"value": "80"})))


async def test_a_privacy_token_received_and_sent(duo: Duo):
    await duo.meet("trusting")
    await duo.each(lambda side: side.say("trusting", "before the token"))
    token = Node("token", {"type": "trusted_contact", "t": str(int(now(duo)))}, b"token" * 4)
    await tell(
        duo,
        lambda side: notification(
            "privacy_token",
            side.people["trusting"].pn,
            Node("tokens", {}, [token]),
            sender_lid=side.people["trusting"].lid,
        ),
    )
    await duo.each(lambda side: side.say("trusting", "with the token"))


def now(duo: Duo) -> float:
    return duo.stage.sandbox.surroundings.now().timestamp()


@pytest.mark.parametrize(
    "kind",
    [
        "business",
        "disappearing_mode",
        "mediaretry",
        "mex",
        "newsletter",
        "pay",
        "picture",
        "psa",
        "server",
        "status",
        "surprise",
    ],
)
async def test_any_other_notification(duo: Duo, kind: str):
    await tell(duo, lambda side: notification(kind, side.friend.pn, Node("set", {"id": "1"})))


async def test_the_own_privacy_settings_changed(duo: Duo):
    category = Node("category", {"name": "readreceipts", "value": "all"})
    await tell(
        duo,
        lambda side: notification("account_sync", side.client.pn, Node("privacy", {}, [category])),
    )
    await duo.each(lambda side: side.say("friend", "who sees me?"))


async def test_the_own_blocklist_and_picture_changed(duo: Duo):
    for node in (Node("blocklist", {"dhash": "x"}), Node("picture", {"id": "1"}), Node("tos")):
        await tell(duo, lambda side, node=node: notification("account_sync", side.client.pn, node))


async def test_dirty_bits_and_edge_routing(duo: Duo):
    for node in (
        Node("dirty", {"type": "account_sync", "timestamp": "1700000000"}),
        Node("edge_routing", {}, [Node("routing_info", {}, b"\x08\x08")]),
    ):
        device = [side.client.device for side in duo.sides]
        for one in device:
            duo.stage.sandbox.network.board.send(
                duo.stage.sandbox.network.directory.get_device(one), Node("ib", {}, [node])
            )
    await duo.each(lambda side: side.say(ME, "after the bits"))


async def test_calls_and_channels(duo: Duo):
    offer = Node("offer", {"call-id": "C", "call-creator": "1@lid"})
    await tell(duo, lambda side: Node("call", {"from": side.friend.lid, "notify": "F"}, [offer]))
    await tell(
        duo,
        lambda _: Node("status", {"from": Jid("120363000000000001", "newsletter"), "type": "text"}),
    )


async def test_a_person_links_and_unlinks_a_device(duo: Duo):
    await duo.meet_phone("gadgeteer")
    await duo.each(lambda side: side.say("gadgeteer", "to one device, or two"))

    async def link(side: Side) -> None:
        guest = NativePeer(duo.stage.directory / "guests", duo.stage.sandbox, phone_of(side))
        await guest.link()
        await guest.close()

    (duo.stage.directory / "guests").mkdir()
    await duo.each(link)
    await duo.each(lambda side: side.say("gadgeteer", "to one more"))

    async def unlink(side: Side) -> None:
        phone = phone_of(side)
        phone.unlink(phone.companions[0])

    await duo.each(unlink)
    await duo.each(lambda side: side.say("gadgeteer", "to one less"))


def phone_of(side: Side) -> Phone:
    phone = side.people["gadgeteer"]
    assert isinstance(phone, Phone)
    return phone


async def test_an_update_of_devices_that_is_not_understood(duo: Duo):
    await duo.meet("updater")
    await duo.each(lambda side: side.say("updater", "before"))
    await tell(
        duo,
        lambda side: notification(
            "devices",
            side.people["updater"].pn,
            Node("update", {"hash": "abc"}),
            lid=side.people["updater"].lid,
        ),
    )
