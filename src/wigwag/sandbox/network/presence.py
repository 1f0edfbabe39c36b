"""Presence (online) and chat states (typing): told to those who are there, never kept."""

from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.groups import Groups
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.nodes import AttrValue, Node

_MAX_SUBSCRIBERS = 5000
_MAX_WATCHED = 5000


class Presences:
    """Who is available, and who wants to know: only those who are available themselves are told,
    and only as long as they are connected."""

    def __init__(self, board: Switchboard, groups: Groups) -> None:
        self._board = board
        self._groups = groups

    def handle(self, device: Device, node: Node) -> None:
        """<presence type=available|unavailable name/>, or type=subscribe|unsubscribe to=JID."""
        kind = node.attr("type") or "available"
        if kind in ("subscribe", "unsubscribe"):
            self._subscribe(device, node.require_jid("to"), kind == "subscribe")
            return
        if kind not in ("available", "unavailable"):
            self._board.counters["presence_refused"] += 1
            return
        if node.attr("name"):
            device.push_name = node.attr("name")[:100]
        self._set(device, kind == "available")

    def handle_chatstate(self, device: Device, node: Node) -> None:
        """<chatstate to><composing|paused/></chatstate>, to a person or a group."""
        to = node.require_jid("to")
        if len(node.kids) != 1:
            self._board.counters["chatstate_refused"] += 1
            return
        account = device.account
        group = self._groups.find(to)
        if group is not None:
            if account.lid not in group.members:
                return
            sender = account.lid if group.addressing == "lid" else account.pn
            attrs: dict[str, AttrValue] = {"from": group.jid, "participant": sender}
            targets = [
                other
                for member in group.accounts()
                if member is not account
                for other in member.devices.values()
            ]
        else:
            peer = self._board.directory.find(to)
            if peer is None or account.lid in peer.blocked:
                return
            attrs = {"from": account.address}
            targets = list(peer.devices.values())
        for target in targets:
            self._board.send(target, Node("chatstate", attrs, node.content))

    def gone(self, device: Device) -> None:
        """The device's connection ended: it is no longer available, and watches nobody."""
        if device.link is not None:
            return
        for lid in device.watched:
            account = self._board.directory.find(lid)
            if account is not None:
                account.subscribers.discard(device.lid)
        device.watched.clear()
        if device.available:
            self._set(device, False)

    def _set(self, device: Device, available: bool) -> None:
        account = device.account
        before = is_available(account)
        if available and not device.available:
            device.available = True
            self._tell_watched(device)
        device.available = available
        device.last_seen = int(self._board.now())
        after = is_available(account)
        if before == after and not available:
            return
        for lid in list(account.subscribers):
            subscriber = self._board.directory.find_device(lid)
            if subscriber is None:
                account.subscribers.discard(lid)
            elif subscriber.account is not account:
                self._tell(subscriber, account)

    def _subscribe(self, device: Device, to: Jid, wanted: bool) -> None:
        account = self._board.directory.find(to)
        if account is None:
            return
        if not wanted:
            account.subscribers.discard(device.lid)
            device.watched.discard(account.lid)
        elif len(account.subscribers) < _MAX_SUBSCRIBERS and len(device.watched) < _MAX_WATCHED:
            account.subscribers.add(device.lid)
            device.watched.add(account.lid)
            self._tell(device, account)

    def _tell_watched(self, device: Device) -> None:
        """It is available now: what it subscribed to before is told."""
        for lid in sorted(device.watched, key=str):
            account = self._board.directory.find(lid)
            if account is not None:
                self._tell(device, account)

    def _tell(self, subscriber: Device, account: Account) -> None:
        if not subscriber.available:
            return
        attrs: dict[str, AttrValue] = {"from": account.address}
        if not is_available(account):
            attrs["type"] = "unavailable"
            last = max((device.last_seen for device in account.devices.values()), default=0)
            if account.privacy.get("last") == "none":
                attrs["last"] = "deny"
            elif last:
                attrs["last"] = str(last)
        self._board.send(subscriber, Node("presence", attrs))


def is_available(account: Account) -> bool:
    """Any device of the account is online in the foreground."""
    return any(device.available for device in account.devices.values())
