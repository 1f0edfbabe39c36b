"""Settings and profiles: privacy, blocklist, pictures, about, media hosts, and small answers."""

from collections.abc import Callable
from functools import partial

import msgspec

from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.groups import Group, Groups
from wigwag.sandbox.network.mex import Json, MexAnswer
from wigwag.sandbox.network.stanzas import iq_error, iq_result, notification
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.sandbox.network.usync import short_hash
from wigwag.wire.mex import UPDATE_ABOUT
from wigwag.wire.nodes import AttrValue, Node

PRIVACY_DEFAULTS = {
    "readreceipts": "all",
    "profile": "all",
    "status": "all",
    "online": "all",
    "last": "all",
    "groupadd": "all",
    "calladd": "all",
    "messages": "all",
    "defense": "off",
}
PROPS = {"865": "604800", "996": "604800", "909": "4", "997": "4", "10518": "1", "14303": "1"}
"""Settings of clients by the server, by number: how long privacy tokens live, and where they are
sent (source: whatsapp-rust wacore/src/iq/props.rs)."""
MEDIA_HOST = "mmg.whatsapp.net"
_PROPS_HASH = short_hash(f"{code}={value}" for code, value in PROPS.items())
_MAX_ABOUT = 700
_MAX_VALUE = 40
_MAX_BLOCKED = 10_000
_AUDIENCE = 1_000
"""Accounts that hear of a changed profile, at most."""

Request = Callable[[Device, Node], Node]


class _About(msgspec.Struct):
    text: str | None


class _NewAbout(msgspec.Struct):
    """The variables of the document that sets an about."""

    input: _About


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
            "abt": self._props,
            "urn:xmpp:whatsapp:dirty": partial(self._plain, ""),
            "urn:xmpp:whatsapp:push": partial(self._plain, ""),
            "disappearing_mode": self._timer,
        }

    def queries(self) -> dict[str, MexAnswer]:
        """The documents of w:mex that are answered here, by number."""
        return {UPDATE_ABOUT: self._update_about}

    @staticmethod
    def _plain(tag: str, _device: Device, iq: Node) -> Node:
        return iq_result(iq, Node(tag)) if tag else iq_result(iq)

    @staticmethod
    def _props(_device: Device, iq: Node) -> Node:
        """<props hash>: those that the client does not know by their hash already."""
        asked = iq.child("props")
        known = asked is not None and asked.attr("hash") == _PROPS_HASH
        listed = [
            Node("prop", {"config_code": code, "config_value": value})
            for code, value in PROPS.items()
        ]
        attrs: dict[str, AttrValue] = {
            "protocol": "1",
            "ab_key": "1",
            "hash": _PROPS_HASH,
            "refresh": "86400",
            "refresh_id": "1",
            "delta_update": "true" if known else "false",
        }
        return iq_result(iq, Node("props", attrs, [] if known else [*listed]))

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
            told = Node("privacy", {}, [_category(account, node) for node in changed])
            self._tell_own(account, told, device)
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
            self._tell_own(account, Node("blocklist", attrs, [change]), device)
        items: list[Node] = [Node("item", {"jid": jid}) for jid in sorted(account.blocked, key=str)]
        return iq_result(iq, Node("list", {"dhash": _blocklist_hash(account)}, items))

    def _tell_own(self, account: Account, change: Node, by: Device | None) -> None:
        """An account_sync notification to the account's devices, but for the one that did it."""
        for device in list(account.devices.values()):
            if device is not by:
                self._board.post(device, notification("account_sync", account.pn, [change]))

    def _tell_others(self, account: Account, kind: str, change: Node) -> None:
        """A notification to the clients of everybody else; blocked people do not hear of it."""
        for other in self._board.directory.accounts()[:_AUDIENCE]:
            if other is account or other.lid in account.blocked:
                continue
            for device in other.companions:
                self._board.post(device, notification(kind, account.address, [change]))

    # -- what others see --

    def set_about(self, account: Account, about: str, by: Device | None = None) -> None:
        """What somebody says of themselves; everybody is told."""
        account.about = about[:_MAX_ABOUT]
        self._tell_others(account, "status", Node("set", {}, account.about.encode()))
        self._tell_own(account, Node("status"), by)

    def set_picture(self, account: Account, data: bytes | None, by: Device | None = None) -> None:
        """A picture, or None for none any more; everybody is told."""
        self._put_picture(account, data)
        attrs: dict[str, AttrValue] = {"jid": account.address}
        if account.picture_id:
            attrs["id"] = account.picture_id
        self._tell_others(account, "picture", Node("set" if data else "delete", attrs))
        self._tell_own(account, Node("picture"), by)

    def set_timer(self, account: Account, seconds: int, by: Device | None = None) -> None:
        """How long the messages of new chats with somebody last; everybody is told."""
        account.timer_s = seconds
        attrs: dict[str, AttrValue] = {"duration": str(seconds), "t": self._board.stamp()}
        mode = Node("disappearing_mode", attrs)
        self._tell_others(account, "disappearing_mode", mode)
        self._tell_own(account, mode, by)

    def _timer(self, device: Device, iq: Node) -> Node:
        mode = iq.child("disappearing_mode")
        if mode is not None:
            self.set_timer(device.account, max(mode.attr_int("duration"), 0), device)
        return iq_result(iq)

    def _update_about(self, device: Device, variables: Json) -> Json:
        wanted = msgspec.convert(variables, _NewAbout).input
        self.set_about(device.account, wanted.text or "", device)
        return {"xwa2_users_update_text_status": {"result": "SUCCESS"}}

    def _status(self, device: Device, iq: Node) -> Node:
        """get <privacy/>: who sees statuses; set <status>: the about text."""
        status = iq.child("status")
        if iq.attr("type") == "set" and status is not None:
            self.set_about(device.account, status.text, device)
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
        data = picture.data if picture is not None else None
        if group is not None:
            self._put_picture(group, data)
            self._tell_picture(group, device)
        else:
            self.set_picture(device.account, data, device)
        if picture is None:
            return iq_result(iq)
        return iq_result(iq, Node("picture", {"id": owner.picture_id}))

    def _put_picture(self, owner: Account | Group, data: bytes | None) -> None:
        owner.picture_id = owner.picture_path = ""
        if data is not None:
            owner.picture_id = str(self._board.rng.randrange(10**9, 10**10))
            owner.picture_path = self.keep_picture(data)

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
        """What a business says of itself; of whoever is none, only who it is."""
        asked = iq.child("business_profile")
        profile = asked.child("profile") if asked is not None else None
        if profile is None:
            return iq_result(iq)
        jid = profile.attr_jid("jid")
        account = self._board.directory.find(jid) if jid is not None else None
        said: list[Node] = [
            Node(tag, {}, text.encode())
            for tag, text in (account.business.items() if account is not None else ())
        ]
        found = Node("profile", {"jid": profile.attrs.get("jid", "")}, said or None)
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
