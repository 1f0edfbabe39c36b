"""Receipts: acknowledged at once, relayed to those whom they concern; acks empty the mailbox."""

from collections.abc import Iterable

from wigwag.model.jid import STATUS_JID, Jid
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.groups import Groups
from wigwag.sandbox.network.newsletter_requests import NewsletterRequests
from wigwag.sandbox.network.stanzas import make_ack
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.nodes import AttrValue, Node

_TO_PHONE = frozenset({"peer_msg", "hist_sync", "server-error"})
"""Kinds that concern only the own phone."""

_SILENT = frozenset({"sender"})
"""Kinds that end at the server."""

_OWN_READ = frozenset({"read", "read-self", "played", "played-self"})
"""Kinds that the own other devices are told, so that they show the chat as read."""

_PRIVATE = frozenset({"read-self", "played-self"})
"""Kinds that the sender of the message is not told."""

_MAX_ITEMS = 10_000


class Receipts:
    """What happens to <receipt> and <ack> from a device."""

    def __init__(self, board: Switchboard, groups: Groups, newsletters: NewsletterRequests) -> None:
        self._board = board
        self._groups = groups
        self._newsletters = newsletters

    def handle_ack(self, device: Device, node: Node) -> None:
        """The device has a stanza: it leaves the mailbox. A nack ends it as well."""
        if node.attr("error"):
            self._board.counters[f"nack_{node.attr('error')[:8]}"] += 1
        tag = node.attr("class")
        settled = device.mailbox.settle(
            tag,
            node.attr("id"),
            node.attr_jid("to"),
            node.attr_jid("participant"),
            None if tag == "message" else node.attr("type"),
        )
        if not settled:
            self._board.counters["idle_ack"] += 1

    def handle(self, device: Device, node: Node) -> None:
        to = node.require_jid("to")
        participant = node.attr_jid("participant")
        for message_id in _ids(node):
            device.mailbox.settle("message", message_id, to, participant)
        self._board.send(device, make_ack(node, self._board.stamp()))
        kind = node.attr("type")
        if kind in _SILENT:
            return
        if kind in _TO_PHONE:
            self._relay(device, node, [device.account.primary], self._from(device))
        elif to.is_newsletter:
            self._newsletters.receipt(device, node, to)
        elif to.is_group or to == STATUS_JID:
            self._handle_group(device, node, to, participant, kind)
        else:
            self._handle_direct(device, node, to, kind)

    def _handle_direct(self, device: Device, node: Node, to: Jid, kind: str) -> None:
        account = device.account
        peer = self._board.directory.find(to)
        if peer is None:
            self._board.counters["unroutable_receipt"] += 1
            return
        if kind == "retry":
            target = self._board.directory.find_device(to)
            attrs = self._from(device)
            if peer is account and "recipient" in node.attrs:
                attrs["recipient"] = node.attrs["recipient"]
            self._relay(device, node, [target] if target is not None else [], attrs)
            return
        if kind not in _PRIVATE and peer is not account:
            self._relay(device, node, peer.devices.values(), self._from(device))
        if kind in _OWN_READ:
            chat = account if peer is account else peer
            attrs = self._from(device) | {"recipient": chat.address}
            self._relay(device, node, self._others(account, device), attrs)

    def _handle_group(
        self, device: Device, node: Node, to: Jid, participant: Jid | None, kind: str
    ) -> None:
        account = device.account
        group = self._groups.find(to)
        author = self._board.directory.find(participant) if participant is not None else None
        if author is None or (group is None and to != STATUS_JID):
            self._board.counters["unroutable_receipt"] += 1
            return
        by_pn = group.addressing == "pn" if group is not None else account.addressing == "pn"
        attrs: dict[str, AttrValue] = {
            "from": to,
            "participant": device.pn if by_pn else device.lid,
        }
        if kind == "retry":
            target = self._board.directory.find_device(participant or to)
            self._relay(device, node, [target] if target is not None else [], attrs)
            return
        if kind not in _PRIVATE and author is not account:
            self._relay(device, node, author.devices.values(), attrs)
        if kind in _OWN_READ:
            self._relay(device, node, self._others(account, device), attrs)

    @staticmethod
    def _from(device: Device) -> dict[str, AttrValue]:
        return {"from": device.pn if device.account.addressing == "pn" else device.lid}

    @staticmethod
    def _others(account: Account, device: Device) -> list[Device]:
        return [other for other in account.devices.values() if other is not device]

    def _relay(
        self,
        device: Device,
        node: Node,
        targets: Iterable[Device],
        attrs: dict[str, AttrValue],
    ) -> None:
        attrs = {**attrs, "id": node.attrs.get("id", ""), "t": self._board.stamp()}
        for name in ("type", "category", "edit"):
            if name in node.attrs:
                attrs[name] = node.attrs[name]
        receipt = Node("receipt", attrs, node.content)
        for target in targets:
            if target is not device:
                self._board.post(target, receipt)


def _ids(node: Node) -> list[str]:
    """All message ids of a receipt: the first in `id`, the rest in <list><item id/></list>."""
    ids = [node.attr("id")]
    items = node.child("list")
    if items is not None:
        ids += [item.attr("id") for item in items.kids[:_MAX_ITEMS]]
    return ids
