"""Routing of messages: acknowledge, then one copy for each device that is to have it.

The forms (source: whatsmeow send.go, message.go, retry.go):
- to a person: <participants><to jid><enc/></to>..</participants>, also for the own other devices
- to a group or to status@broadcast: an <enc type=skmsg> for all, <participants> for sender keys
- to one device: a top-level <enc> without participants (peer messages and retries)
"""

from collections.abc import Iterable

from wigwag.model.jid import STATUS_JID, Jid
from wigwag.sandbox.network.directory import Account, Device, Telling
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.network.groups import Group, Groups
from wigwag.sandbox.network.newsletter_requests import NewsletterRequests
from wigwag.sandbox.network.stanzas import make_ack
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import AttrValue, Node

NOT_A_MEMBER = 403
NOT_FOUND = 404
MALFORMED = 487

_WITHHELD = frozenset({"participants", "enc", "device-identity", "reporting", "tctoken", "cstoken"})
_PASSED = ("type", "edit", "category")


class Messages:
    """What happens to a <message> from a device."""

    def __init__(self, board: Switchboard, groups: Groups, newsletters: NewsletterRequests) -> None:
        self._board = board
        self._groups = groups
        self._newsletters = newsletters

    def handle(self, device: Device, node: Node) -> None:
        """Acknowledge and route; a message that was routed before is only acknowledged."""
        try:
            to = node.require_jid("to")
        except MalformedNode:
            self._acknowledge(device, node, MALFORMED)
            return
        if not node.attr("id"):
            self._board.counters["message_without_id"] += 1
            return
        nack = self._board.faults.take(FaultKind.NACK, device.lid, device.pn)
        error = (nack.code or 479) if nack is not None else 0
        if to.is_newsletter and not error:
            self._send_ack(device, self._newsletters.take(device, node, to))
            return
        if error or self._was_routed(device, node, to):
            self._acknowledge(device, node, error)
            return
        group = self._groups.find(to)
        error = self._refusal(device, to, group)
        self._acknowledge(device, node, error, group)
        if error:
            return
        if group is not None or to == STATUS_JID:
            self._route_many(device, node, to, group)
        elif node.child("participants") is not None:
            self._route_fanout(device, node, to)
        else:
            self._route_one(device, node, to)

    # -- acknowledgement --

    def _acknowledge(
        self, device: Device, node: Node, error: int, group: Group | None = None
    ) -> None:
        board = self._board
        ack = make_ack(node, board.stamp(), error)
        asked_hash = node.attr("phash")
        if group is not None and asked_hash:
            known = self._groups.device_hash(group)
            if known != asked_hash:
                ack.attrs["phash"] = known
        self._send_ack(device, ack)

    def _send_ack(self, device: Device, ack: Node) -> None:
        board = self._board
        if board.faults:
            take = board.faults.take
            if take(FaultKind.NO_ACK, device.lid, device.pn):
                return
            delay = take(FaultKind.ACK_DELAY, device.lid, device.pn)
            if delay is not None:
                link = device.link
                board.later(delay.delay_s, lambda: board.send_late(device, link, ack))
                return
        board.send(device, ack)

    def _was_routed(self, device: Device, node: Node, to: Jid) -> bool:
        """Whether this very message was routed; a client repeats one whose ack it missed.

        One to a group may come without the sender keys that went with it before.
        """
        key: tuple[str, ...] = (node.attr("id"), to.user)
        for_one = to.is_person or "participant" in node.attrs
        if for_one and node.child("participants") is None:
            enc = node.child("enc")
            count = enc.attr("count") if enc is not None else ""
            key = (*key, str(to.device), node.attr("participant"), count)
        seen = device.seen
        if key in seen:
            self._board.counters["duplicate_message"] += 1
            return True
        seen[key] = None
        if len(seen) > self._board.limits.seen:
            seen.popitem(last=False)
        return False

    def _refusal(self, device: Device, to: Jid, group: Group | None) -> int:
        """The error code for a message that cannot be routed at all, 0 when it can."""
        if to.is_group:
            if group is None:
                return NOT_FOUND
            member = group.members.get(device.account.lid)
            if member is None or (group.announce and not member.is_admin):
                return NOT_A_MEMBER
            return 0
        if to == STATUS_JID or self._board.directory.find(to) is not None:
            return 0
        return NOT_FOUND

    # -- to one person --

    def _route_fanout(self, device: Device, node: Node, to: Jid) -> None:
        """To the devices that the sender encrypted for: the peer's and its own others."""
        peer = self._board.directory.get(to)
        account = device.account
        shared = self._shared(node)
        identity = node.child("device-identity")
        direct = self._direct_attrs(device, node)
        own = self._own_attrs(device, node, peer)
        blocked = account.lid in peer.blocked
        for target, enc in self._addressed(node):
            if target is device:
                continue
            if target.account is peer and peer is not account:
                if blocked:
                    self._board.counters["blocked_message"] += 1
                    continue
                attrs = direct
            elif target.account is account:
                attrs = own
            else:
                self._board.counters["stray_participant"] += 1
                continue
            self._post(target, attrs, [enc], identity, shared)

    def _route_one(self, device: Device, node: Node, to: Jid) -> None:
        """To exactly one device: a retry, a peer message, or one phone to another's."""
        target = self._board.directory.find_device(to)
        account = device.account
        enc = node.child("enc")
        if target is None or target is device or enc is None:
            self._board.counters["unroutable_message"] += 1
            return
        if target.account is account:
            chat = node.attr_jid("recipient")
            peer = self._board.directory.find(chat) if chat is not None else None
            attrs = self._own_attrs(device, node, peer)
        elif account.lid in target.account.blocked:
            self._board.counters["blocked_message"] += 1
            return
        else:
            attrs = self._direct_attrs(device, node)
        self._post(target, attrs, [enc], node.child("device-identity"), self._shared(node))

    def _direct_attrs(self, device: Device, node: Node) -> dict[str, AttrValue]:
        account = device.account
        attrs = self._base_attrs(device, node)
        if account.addressing == "pn":
            attrs["from"] = device.pn
            if account.tells(Telling.ATTRIBUTES):
                attrs["sender_lid"] = device.lid
        else:
            attrs["from"] = device.lid
            if account.tells(Telling.ATTRIBUTES):
                attrs["sender_pn"] = device.pn
        return attrs

    def _own_attrs(self, device: Device, node: Node, peer: Account | None) -> dict[str, AttrValue]:
        """For the sender's other devices: `recipient` names the chat."""
        attrs = self._base_attrs(device, node)
        account = device.account
        attrs["from"] = device.pn if account.addressing == "pn" else device.lid
        if peer is not None and node.attr("category") != "peer":
            attrs["recipient"] = peer.address
            if peer.tells(Telling.ATTRIBUTES):
                key = "peer_recipient_lid" if peer.addressing == "pn" else "peer_recipient_pn"
                attrs[key] = peer.alternative
        return attrs

    # -- to many --

    def _route_many(self, device: Device, node: Node, to: Jid, group: Group | None) -> None:
        """To a group or to a status: the same skmsg for all, sender keys for some."""
        attrs = self._many_attrs(device, node, to, group)
        identity = node.child("device-identity")
        shared = self._shared(node)
        encs = node.children_with("enc")
        one = node.attr_jid("participant")
        if one is not None:
            target = self._board.directory.find_device(one)
            if target is None or (group is not None and target.account.lid not in group.members):
                self._board.counters["unroutable_message"] += 1
                return
            self._post(target, attrs, encs, identity, shared)
            return
        own_encs = {target.lid: enc for target, enc in self._addressed(node)}
        targets: Iterable[Device]
        if group is not None:
            targets = group.devices()
        else:
            find = self._board.directory.find_device
            targets = [target for lid in own_encs if (target := find(lid)) is not None]
        sender = device.account
        for target in targets:
            if target is device:
                continue
            if group is None and sender.lid in target.account.blocked:
                continue
            own = own_encs.get(target.lid)
            self._post(target, attrs, encs if own is None else [own, *encs], identity, shared)

    def _many_attrs(
        self, device: Device, node: Node, to: Jid, group: Group | None
    ) -> dict[str, AttrValue]:
        attrs = self._base_attrs(device, node)
        account = device.account
        attrs["from"] = to
        by_pn = group.addressing == "pn" if group is not None else account.addressing == "pn"
        attrs["participant"] = device.pn if by_pn else device.lid
        attrs["addressing_mode"] = "pn" if by_pn else "lid"
        if account.tells(Telling.ATTRIBUTES):
            key = "participant_lid" if by_pn else "participant_pn"
            attrs[key] = device.lid if by_pn else device.pn
        return attrs

    # -- parts --

    def _base_attrs(self, device: Device, node: Node) -> dict[str, AttrValue]:
        source = node.attrs
        attrs: dict[str, AttrValue] = {
            "id": source["id"],
            "t": self._message_time(node),
            "notify": device.name,
        }
        for name in _PASSED:
            if name in source:
                attrs[name] = source[name]
        attrs.setdefault("type", "text")
        return attrs

    def _message_time(self, node: Node) -> str:
        """Now, or for a retry the time of the first sending."""
        given = node.attr("t")
        enc = node.child("enc")
        if given.isdigit() and enc is not None and enc.attr("count"):
            return given
        return self._board.stamp()

    def _addressed(self, node: Node) -> Iterable[tuple[Device, Node]]:
        """The devices that the sender encrypted for, with the <enc> for each."""
        participants = node.child("participants")
        find = self._board.directory.find_device
        for to in participants.kids if participants is not None else ():
            jid = to.attrs.get("jid")
            if not isinstance(jid, Jid):
                jid = to.attr_jid("jid")
            target = find(jid) if jid is not None else None
            enc = to.child("enc")
            if target is None or enc is None:
                self._board.counters["unknown_participant"] += 1
            else:
                yield target, enc

    @staticmethod
    def _shared(node: Node) -> list[Node]:
        """Children that every receiver gets."""
        return [kid for kid in node.kids if kid.tag not in _WITHHELD]

    def _post(
        self,
        target: Device,
        attrs: dict[str, AttrValue],
        encs: list[Node],
        identity: Node | None,
        shared: list[Node],
    ) -> None:
        content = encs + shared
        if identity is not None and any(enc.attrs.get("type") == "pkmsg" for enc in encs):
            content.append(identity)
        self._board.post(target, Node("message", attrs, content))
