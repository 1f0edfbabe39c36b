"""Settings and profiles: privacy, blocklist, pictures, about, media hosts, and small answers."""

from collections.abc import Callable
from functools import partial

from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.groups import Group, Groups
from wigwag.sandbox.network.stanzas import iq_error, iq_result, notification
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.sandbox.network.usync import short_hash
from wigwag.wire.nodes import AttrValue, Node

PRIVACY_DEFAULTS = {
    "readreceipts": "all",
    "profile": "all",
    "status": "all",
    "online": "all",
    "last": "all",
    "groupadd": "all",
    "calladd": "all",
}
MEDIA_HOST = "mmg.whatsapp.net"
_MAX_ABOUT = 700
_MAX_VALUE = 40
_MAX_BLOCKED = 10_000

Request = Callable[[Device, Node], Node]


class Profiles:
    """Answers of the namespaces that have little to them."""

    def __init__(self, board: Switchboard, groups: Groups) -> None:
        self._board = board
        self._groups = groups
        self.media_hosts: tuple[str, ...] = (MEDIA_HOST,)
        """Host names that <media_conn> gives out, the first for uploads."""
        self.store_picture: Callable[[bytes], tuple[str, str]] | None = None
        """Keeps a picture on the media host: (direct path, URL)."""

    def requests(self) -> dict[str, Request]:
        """The namespaces answered here."""
        return {
            "privacy": self._privacy,
            "blocklist": self._blocklist,
            "status": self._status,
            "w:profile:picture": self._picture,
            "w:m": self._media_conn,
            "w:biz": self._business,
            "w": partial(self._plain, "props"),
            "abt": partial(self._plain, "props"),
            "urn:xmpp:whatsapp:dirty": partial(self._plain, ""),
            "urn:xmpp:whatsapp:push": partial(self._plain, ""),
            "disappearing_mode": partial(self._plain, ""),
        }

    @staticmethod
    def _plain(tag: str, _device: Device, iq: Node) -> Node:
        return iq_result(iq, Node(tag)) if tag else iq_result(iq)

    # -- privacy and blocklist --

    def _privacy(self, device: Device, iq: Node) -> Node:
        if iq.child("tokens") is not None:
            return iq_result(iq)
        account = device.account
        privacy = iq.child("privacy")
        if iq.attr("type") == "set" and privacy is not None:
            changed = [kid for kid in privacy.kids if kid.attr("name") in PRIVACY_DEFAULTS]
            for node in changed:
                account.privacy[node.attr("name")] = node.attr("value")[:_MAX_VALUE]
            self._tell_own(device, Node("privacy", {}, [_category(account, n) for n in changed]))
        categories: list[Node] = [
            Node("category", {"name": name, "value": account.privacy.get(name, value)})
            for name, value in PRIVACY_DEFAULTS.items()
        ]
        return iq_result(iq, Node("privacy", {}, categories))

    def _blocklist(self, device: Device, iq: Node) -> Node:
        account = device.account
        item = iq.child("item")
        if iq.attr("type") == "set" and item is not None:
            target = self._board.directory.find(item.require_jid("jid"))
            if target is None or len(account.blocked) >= _MAX_BLOCKED:
                return iq_error(iq, 406, "not-acceptable")
            previous = _blocklist_hash(account)
            if item.attr("action") == "block":
                account.blocked.add(target.lid)
            else:
                account.blocked.discard(target.lid)
            change = Node("item", {"jid": target.lid, "action": item.attr("action")})
            attrs: dict[str, AttrValue] = {
                "action": "modify",
                "dhash": _blocklist_hash(account),
                "prev_dhash": previous,
            }
            self._tell_own(device, Node("blocklist", attrs, [change]))
        items: list[Node] = [Node("item", {"jid": jid}) for jid in sorted(account.blocked, key=str)]
        return iq_result(iq, Node("list", {"dhash": _blocklist_hash(account)}, items))

    def _tell_own(self, device: Device, change: Node) -> None:
        """An account_sync notification to the account's other devices."""
        account = device.account
        for other in list(account.devices.values()):
            if other is not device:
                self._board.post(other, notification("account_sync", account.pn, [change]))

    # -- what others see --

    def _status(self, device: Device, iq: Node) -> Node:
        """get <privacy/>: who sees statuses; set <status>: the about text."""
        status = iq.child("status")
        if iq.attr("type") == "set" and status is not None:
            device.account.about = status.data.decode(errors="replace")[:_MAX_ABOUT]
            return iq_result(iq)
        account = device.account
        people: list[Node] = [Node("user", {"jid": jid}) for jid in account.status_list]
        listed = Node("list", {"type": account.status_privacy, "default": "true"}, people or None)
        return iq_result(iq, Node("privacy", {}, [listed]))

    def _picture(self, device: Device, iq: Node) -> Node:
        target = iq.attr_jid("target") or device.account.pn
        if iq.attr("type") == "set":
            return self._set_picture(device, iq, target)
        account = self._board.directory.find(target)
        group = self._groups.find(target)
        picture_id = account.picture_id if account else group.picture_id if group else ""
        path = account.picture_path if account else group.picture_path if group else ""
        if not picture_id:
            return iq_error(iq, 404, "item-not-found")
        asked = iq.child("picture")
        if asked is not None and asked.attr("id") == picture_id:
            return iq_result(iq)
        kind = asked.attr("type") if asked is not None else ""
        attrs: dict[str, AttrValue] = {
            "id": picture_id,
            "type": kind or "image",
            "url": f"https://{self.media_hosts[0]}{path}",
            "direct_path": path,
        }
        return iq_result(iq, Node("picture", attrs))

    def _set_picture(self, device: Device, iq: Node, target: Jid) -> Node:
        """Set, or without a <picture> remove, the own picture or a group's."""
        picture = iq.child("picture")
        group = self._groups.find(target)
        owner = group or device.account
        if group is not None:
            member = group.members.get(device.account.lid)
            if member is None or (group.locked and not member.is_admin):
                return iq_error(iq, 401, "not-authorized")
        elif target.is_group or self._board.directory.find(target) is not device.account:
            return iq_error(iq, 401, "not-authorized")
        owner.picture_id = owner.picture_path = ""
        if picture is not None:
            owner.picture_id = str(self._board.rng.randrange(10**9, 10**10))
            owner.picture_path = self.keep_picture(picture.data)
        if group is not None:
            self._tell_picture(group, device)
        if picture is None:
            return iq_result(iq)
        return iq_result(iq, Node("picture", {"id": owner.picture_id}))

    def keep_picture(self, data: bytes) -> str:
        """Put a picture on the media host; its direct path, empty where there is no host."""
        return self.store_picture(data)[0] if self.store_picture is not None else ""

    def _tell_picture(self, group: Group, author: Device) -> None:
        attrs: dict[str, AttrValue] = {
            "jid": group.jid,
            "author": group.address_of(author.account),
        }
        if group.picture_id:
            attrs["id"] = group.picture_id
        change = Node("set" if group.picture_id else "delete", attrs)
        for device in group.devices():
            if device is not author:
                self._board.post(device, notification("picture", group.jid, [change]))

    def _business(self, _device: Device, iq: Node) -> Node:
        """Nobody here is a business."""
        asked = iq.child("business_profile")
        profile = asked.child("profile") if asked is not None else None
        if profile is None:
            return iq_result(iq)
        found = Node("profile", {"jid": profile.attrs.get("jid", "")})
        return iq_result(iq, Node("business_profile", {"v": "244"}, [found]))

    # -- media --

    def _media_conn(self, device: Device, iq: Node) -> Node:
        """Where media is uploaded and fetched."""
        hosts: list[Node] = [
            Node(
                "host",
                {"hostname": name, "type": "primary"},
                [Node("download"), Node("upload")],
            )
            for name in ((device.media_host,) if device.media_host else self.media_hosts)
        ]
        attrs: dict[str, AttrValue] = {
            "auth": device.media_token,
            "ttl": "300",
            "auth_ttl": "21600",
            "max_buckets": "12",
            "id": "1",
        }
        return iq_result(iq, Node("media_conn", attrs, hosts))


def _category(account: Account, node: Node) -> Node:
    name = node.attr("name")
    return Node("category", {"name": name, "value": account.privacy[name]})


def _blocklist_hash(account: Account) -> str:
    return short_hash(map(str, account.blocked))
