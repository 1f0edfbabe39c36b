"""usync: what one client asks about others: devices, addresses, status, is it on WhatsApp."""

import hashlib
from collections.abc import Iterable

from wigwag.model.errors import MalformedJid
from wigwag.model.jid import PN_SERVER, Jid, parse_recipient
from wigwag.sandbox.network.directory import Account, Device, Telling
from wigwag.sandbox.network.stanzas import iq_error, iq_result, notification
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.ids import participant_hash
from wigwag.wire.nodes import AttrValue, Node

_MAX_USERS = 5000
_MAX_WATCHERS = 5000


class Usync:
    """Answers user queries, and tells those who asked when a device list changes."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    def answer(self, device: Device, iq: Node) -> Node:
        """<usync><query>..</query><list><user/>..</list></usync>: the same list, filled in."""
        usync = iq.child("usync")
        query = usync.child("query") if usync is not None else None
        users = usync.child("list") if usync is not None else None
        if usync is None or query is None or users is None or len(users.kids) > _MAX_USERS:
            return iq_error(iq, 400, "bad-request")
        asked = {kid.tag: kid for kid in query.kids}
        answers = [self._user(device, user, asked) for user in users.children_with("user")]
        result = Node("result", {}, [Node(tag) for tag in asked])
        return iq_result(
            iq, Node("usync", dict(usync.attrs), [result, Node("list", {}, list(answers))])
        )

    def _user(self, device: Device, user: Node, asked: dict[str, Node]) -> Node:
        contact = user.child("contact")
        if contact is not None:
            return self._contact(contact)
        jid = user.attr_jid("jid")
        if jid is None:
            return Node("user")
        account = self._board.directory.find(jid)
        if account is None or jid.bare not in (account.pn, account.lid):
            # Other ways to write a number are known to the contact query alone.
            return Node("user", {"jid": jid})
        content: list[Node] = []
        if "devices" in asked:
            self._watch(account, device, jid.bare)
            content.append(devices_node(account, jid.server))
        if "lid" in asked and account.tells(Telling.USYNC):
            content.append(Node("lid", {"val": account.lid}))
        if "status" in asked:
            content.append(Node("status", {"t": "0"}, account.about.encode()))
        if "picture" in asked and account.picture_id:
            content.append(Node("picture", {"id": account.picture_id}))
        if "disappearing_mode" in asked:
            content.append(Node("disappearing_mode", {"duration": str(account.timer_s), "t": "0"}))
        if "business" in asked:
            content.append(Node("business"))
        return Node("user", {"jid": jid}, content)

    def _contact(self, contact: Node) -> Node:
        """Whether a number is on WhatsApp; asked as `+15550000002` or with `@c.us`."""
        asked = contact.data
        digits = asked.decode(errors="replace").partition("@")[0].removeprefix("+")
        try:
            number = parse_recipient(digits)
        except MalformedJid:
            number = Jid("0", PN_SERVER)
        account = self._board.directory.find(number)
        if account is None:
            return Node("user", {"jid": number}, [Node("contact", {"type": "out"}, asked)])
        attrs: dict[str, AttrValue] = {"jid": account.lid, "pn_jid": account.pn}
        if not account.tells(Telling.USYNC):
            attrs = {"jid": account.pn}
        return Node("user", attrs, [Node("contact", {"type": "in"}, asked)])

    # -- changes of device lists --

    def _watch(self, account: Account, device: Device, asked_as: Jid) -> None:
        if len(account.watchers) < _MAX_WATCHERS or device.lid in account.watchers:
            account.watchers.setdefault(device.lid, set()).add(asked_as)

    def tell_device_added(self, device: Device) -> None:
        """Tell those who asked for the device list, and the own companions, of a new device; the
        newcomer itself knows."""
        self._tell_watchers(device, "add")
        self._tell_companions(device.account, device)

    def tell_device_removed(self, device: Device) -> None:
        """Tell them that a device is gone."""
        self._tell_watchers(device, "remove")
        self._tell_companions(device.account)

    def _tell_watchers(self, device: Device, change: str) -> None:
        """A client's cache is keyed by the address that it asked for, so `from` is that one."""
        account = device.account
        for lid, asked in list(account.watchers.items()):
            watcher = self._board.directory.find_device(lid)
            if watcher is None:
                del account.watchers[lid]
                continue
            for jid in asked if watcher.account is not account else ():
                self._board.post(watcher, _device_notice(device, change, jid))

    def _tell_companions(self, account: Account, newcomer: Device | None = None) -> None:
        jids = device_jids(account, account.lid.server)
        content: list[Node] = [
            Node(
                "device", {"jid": jid, "key-index": str(jid.device)} if jid.device else {"jid": jid}
            )
            for jid in jids
        ]
        devices = Node("devices", {"dhash": participant_hash(jids)}, content)
        for companion in account.companions:
            if companion is not newcomer:
                self._board.post(companion, notification("account_sync", account.lid, [devices]))


def _device_notice(device: Device, change: str, asked: Jid) -> Node:
    """<notification type=devices><add|remove device_hash><device jid key-index/></..>: what the
    list is after it (source: whatsmeow notification.go)."""
    account = device.account
    jid = device.pn if asked.server == PN_SERVER else device.lid
    listed = Node("device", {"jid": jid, "key-index": str(device.key_index)})
    attrs: dict[str, AttrValue] = {"device_hash": devices_hash(account, asked.server)}
    return notification("devices", asked, [Node(change, attrs, [listed])])


def device_jids(account: Account, server: str) -> list[Jid]:
    """All devices of an account by one of its addresses."""
    return [device.pn if server == PN_SERVER else device.lid for device in account.devices.values()]


def devices_hash(account: Account, server: str) -> str:
    return participant_hash(device_jids(account, server))


def devices_node(account: Account, server: str) -> Node:
    """<devices><device-list hash><device id [key-index]/>..</device-list></devices>."""
    devices = [_device_node(device) for device in account.devices.values()]
    attrs: dict[str, AttrValue] = {"hash": devices_hash(account, server)}
    return Node("devices", {}, [Node("device-list", attrs, list(devices))])


def _device_node(device: Device) -> Node:
    attrs: dict[str, AttrValue] = {"id": str(device.number)}
    if device.number:
        attrs["key-index"] = str(device.key_index)
    return Node("device", attrs)


def short_hash(parts: Iterable[str]) -> str:
    """A short stable hash of a list, where the protocol has one that only is compared."""
    return hashlib.sha256("".join(sorted(parts)).encode()).hexdigest()[:16]
