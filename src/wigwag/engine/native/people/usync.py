"""usync: what the server knows of users: devices, LIDs, who is on WhatsApp (whatsmeow user.go)."""

from collections.abc import Sequence
from typing import Final, TypeVar

from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.model.jid import (
    HOSTED_LID_SERVER,
    HOSTED_SERVER,
    LEGACY_SERVER,
    LID_SERVER,
    PN_SERVER,
    Jid,
)
from wigwag.model.value import Value
from wigwag.ports import NumberCheck
from wigwag.wire import claims
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

MAX_USERS: Final = 256
"""Users asked for in one request."""
MAX_ABOUT: Final = 1_000
"""Characters of what a person says of themselves."""
_MAX_DEVICES: Final = 256
_TIMEOUT_S: Final = 75.0

_Item = TypeVar("_Item")


class UserDevices(Value):
    """The devices of a user as the server lists them; `hash` names the list."""

    user: Jid
    devices: tuple[Jid, ...]
    hash: str = ""


class UserInfo(Value):
    """A user of a full query: his LID, when he is on WhatsApp, and his devices."""

    user: Jid
    lid: Jid | None
    devices: tuple[Jid, ...]


async def ask_devices(link: Link, users: Sequence[Jid]) -> list[UserDevices]:
    """The device lists of `users` (bare); those the server does not know are left out."""
    query = [Node("devices", {"version": "2"})]
    found: list[UserDevices] = []
    for chunk in _chunks(users):
        asked = [Node("user", {"jid": user}) for user in chunk]
        for node in await _ask(link, "query", "message", query, asked):
            user = _user(node)
            devices = node.child("devices")
            if user is not None and devices is not None:
                found.append(parse_devices(user, devices))
    return found


async def ask_users(link: Link, users: Sequence[Jid]) -> list[UserInfo]:
    """LIDs and devices of `users` (bare PNs), by the query that whatsmeow's first send makes."""
    found: list[UserInfo] = []
    for chunk in _chunks(users):
        asked = [Node("user", {"jid": user}) for user in chunk]
        for node in await _ask(link, "full", "background", _full_query(), asked):
            user = _user(node)
            if user is None:
                continue
            lid_node, devices = node.child("lid"), node.child("devices")
            lid = _lid(lid_node.attr_jid("val")) if lid_node is not None else None
            listed = () if devices is None else parse_devices(user, devices).devices
            found.append(UserInfo(user=user, lid=lid, devices=listed))
    return found


async def ask_about(link: Link, person: Jid, token: list[Node]) -> str:
    """What a person says of themselves; empty where that is nothing, or not shown to us.

    `token` is what the person gave us to ask with.
    """
    asked = [Node("user", {"jid": person}, token or None)]
    for node in await _ask(link, "full", "background", _full_query(), asked):
        status = node.child("status")
        if status is not None and _user(node) == person:
            return claims.text(status.data, MAX_ABOUT)
    return ""


def _full_query() -> list[Node]:
    """What whatsmeow asks of users it wants to know all about."""
    return [
        Node("business", {}, [Node("verified_name")]),
        Node("status"),
        Node("picture"),
        Node("devices", {"version": "2"}),
        Node("lid"),
    ]


async def ask_numbers(link: Link, phones: Sequence[str]) -> list[NumberCheck]:
    """Which phone numbers (digits) are on WhatsApp, in the order asked."""
    query = [
        Node("contact", {"addressing_mode": "lid"}),
        Node("business", {}, [Node("verified_name")]),
        Node("disappearing_mode"),
        Node("username"),
    ]
    answers: dict[str, NumberCheck] = {}
    for chunk in _chunks(phones):
        asked = [
            Node("user", {}, [Node("contact", {}, f"+{phone.removeprefix('+')}@{LEGACY_SERVER}")])
            for phone in chunk
        ]
        for node in await _ask(link, "query", "interactive", query, asked):
            answer = _number(node)
            if answer is not None:
                answers[answer.phone] = answer
    return [
        answers.get(phone.removeprefix("+")) or NumberCheck(phone=phone, jid=None)
        for phone in phones
    ]


def parse_devices(user: Jid, devices: Node) -> UserDevices:
    """The `<devices>` of a user; hosted devices get the hosted form of the address."""
    device_list = devices.child("device-list")
    if device_list is None:
        return UserDevices(user=user, devices=())
    hosted_server = HOSTED_LID_SERVER if user.server == LID_SERVER else HOSTED_SERVER
    found: list[Jid] = []
    for node in device_list.children_with("device")[:_MAX_DEVICES]:
        number = node.attr_int("id", -1)
        if 0 <= number < 65536:
            server = hosted_server if node.attr("is_hosted") == "true" else user.server
            found.append(Jid(user.user, server, number))
    return UserDevices(user=user, devices=tuple(found), hash=device_list.attr("hash"))


def _number(node: Node) -> NumberCheck | None:
    contact = node.child("contact")
    if contact is None:
        return None
    asked = contact.data.decode("ascii", "replace")
    phone = asked.removesuffix(f"@{LEGACY_SERVER}").removeprefix("+")
    if contact.attr("type") != "in":
        return NumberCheck(phone=phone, jid=None)
    named = (node.attr_jid("pn_jid"), node.attr_jid("jid"))
    addresses = [jid.home.bare for jid in named if jid is not None]
    lid = next((jid for jid in addresses if jid.is_lid), None)
    known = next((jid for jid in addresses if jid.is_pn), None)
    return NumberCheck(phone=phone, jid=known or lid or Jid(phone, PN_SERVER), lid=lid)


def _user(node: Node) -> Jid | None:
    if node.tag != "user":
        return None
    jid = node.attr_jid("jid")
    return None if jid is None else jid.home.bare


def _lid(jid: Jid | None) -> Jid | None:
    return jid.bare if jid is not None and jid.is_lid and jid.user else None


async def _ask(
    link: Link, mode: str, context: str, query: list[Node], users: list[Node]
) -> list[Node]:
    """The user nodes of the answer. Raises MalformedNode when it has no list."""
    attrs = {
        "sid": link.connection.next_id(),
        "mode": mode,
        "last": "true",
        "index": "0",
        "context": context,
    }
    usync = Node("usync", dict(attrs), [Node("query", {}, query), Node("list", {}, users)])
    answer = await link.connection.request(iq("usync", "get", [usync]), _TIMEOUT_S)
    body = answer.child("usync")
    listed = body.child("list") if body is not None else None
    if listed is None:
        raise MalformedNode("a usync answer has no list")
    return listed.kids


def _chunks(items: Sequence[_Item]) -> list[Sequence[_Item]]:
    return [items[at : at + MAX_USERS] for at in range(0, len(items), MAX_USERS)]
