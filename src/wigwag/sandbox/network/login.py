"""Login: success and failure, offline delivery, and the ways in which the server ends a stream."""

from wigwag.model.jid import SERVER_JID
from wigwag.sandbox.network.directory import Device
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.network.links import Link
from wigwag.sandbox.network.presence import Presences
from wigwag.sandbox.network.stanzas import iq_result
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.client_payload import Version
from wigwag.wire.nodes import Node

_FAILURE_TEXT = {
    401: "logged out",
    402: "temporarily banned",
    403: "locked",
    405: "client outdated",
    500: "internal server error",
    503: "service unavailable",
}
_BAN_S = 3600
_BANNED = 402
_OUTDATED = 405


class Login:
    """The beginning and the end of a device's stream."""

    def __init__(self, board: Switchboard, presences: Presences) -> None:
        self._board = board
        self._presences = presences
        self.oldest: Version = (0, 0, 0)
        """Clients with an older version are refused as outdated."""

    def authenticate(self, username: str, number: int, noise_public: bytes) -> Device | None:
        """The companion that logs in with these (the username is its phone
        number), or None: unknown, unlinked or a wrong key."""
        account = self._board.directory.find_phone(username)
        device = account.devices.get(number) if account is not None and number else None
        if device is None or device.noise_public != noise_public:
            return None
        return device

    def age_code(self, version: Version) -> int:
        """The failure code for a client of this version, 0 when it is new enough."""
        return _OUTDATED if version < self.oldest else 0

    def fault(self, device: Device | None) -> Fault | None:
        """The fault that refuses this login, if there is one."""
        lid, pn = (device.lid, device.pn) if device is not None else (None, None)
        return self._board.faults.take(FaultKind.LOGIN_FAILURE, lid, pn)

    @staticmethod
    def failure(code: int, fault: Fault | None = None) -> Node:
        """<failure> instead of success: 401 unlinked, 402 temporary ban, 405 outdated ..."""
        attrs = {"reason": str(code), "location": "frc"}
        if code == _BANNED:
            ban_s = int(fault.delay_s) if fault is not None and fault.delay_s else _BAN_S
            attrs |= {"code": "101", "expire": str(ban_s)}
        elif code in _FAILURE_TEXT:
            attrs["message"] = _FAILURE_TEXT[code]
        return Node("failure", dict(attrs))

    def succeed(self, device: Device, link: Link, *, passive: bool) -> None:
        """Greet the device on its new link; an older connection of it is replaced."""
        if device.link is not None:
            self.stream_error(device, 409)
        device.link = link
        device.active = False
        board = self._board
        board.send(
            device,
            Node(
                "success",
                {
                    "t": board.stamp(),
                    "props": "27",
                    "lid": device.lid,
                    "location": "frc",
                    "creation": board.stamp(),
                },
            ),
        )
        if not passive:
            self._activate(device)

    def answer_passive(self, device: Device, iq: Node) -> Node | None:
        """<active/>: from now on stanzas flow. <passive/>: only answers."""
        board = self._board
        board.send(device, iq_result(iq))
        if iq.child("active") is not None:
            self._activate(device)
        elif iq.child("passive") is not None and device.link is not None:
            device.active = False
        return None

    def _activate(self, device: Device) -> None:
        """Let stanzas flow. A device that was active before gets them as offline delivery."""
        board = self._board
        if device.active:
            return
        device.active = True
        if not device.was_active:
            # Whatever is there already is no catching up; clients wait for its end all the same,
            # and only then for the phone's history.
            device.was_active = True
            self._end_offline(device, 0)
            board.flush(device)
            return
        waiting = device.mailbox.count_unsent() if not board.is_held(device) else {}
        board.send(device, _offline_preview(waiting))
        total = sum(waiting.values())
        self._deliver_offline(device, device.link, total, total)

    def _deliver_offline(self, device: Device, link: Link | None, left: int, total: int) -> None:
        """Send the waiting stanzas as the link takes them, then say that that was all."""
        board = self._board
        if device.link is not link or link is None:
            return
        left -= board.flush(device, offline=left)
        if left > 0 and device.mailbox.has_unsent and link.congested:
            device.on_resume = lambda: self._deliver_offline(device, link, left, total)
            return
        self._end_offline(device, total)
        board.flush(device)

    def _end_offline(self, device: Device, total: int) -> None:
        if not self._board.faults.take(FaultKind.OFFLINE_ENDLESS, device.lid, device.pn):
            self._board.send(device, _ib(Node("offline", {"count": str(total)})))

    def stream_error(self, device: Device, code: int, conflict: str = "") -> None:
        """<stream:error> and close. 409 stands for a conflict without code: replaced."""
        attrs = {} if code == 409 else {"code": str(code)}
        kind = conflict or {409: "replaced", 401: "device_removed"}.get(code, "")
        content = [Node("conflict", {"type": kind})] if kind else None
        self._board.drop(device, last=Node("stream:error", dict(attrs), content))
        self._presences.gone(device)

    def mark_dirty(self, device: Device, kind: str = "account_sync") -> None:
        """Tell a device that something of its account changed while it was away."""
        dirty = Node("dirty", {"type": kind, "timestamp": self._board.stamp()})
        self._board.send(device, _ib(dirty))


def _ib(child: Node) -> Node:
    return Node("ib", {"from": SERVER_JID}, [child])


def _offline_preview(waiting: dict[str, int]) -> Node:
    return _ib(
        Node(
            "offline_preview",
            {
                "count": str(sum(waiting.values())),
                "message": str(waiting.get("message", 0)),
                "notification": str(waiting.get("notification", 0)),
                "receipt": str(waiting.get("receipt", 0)),
                "appdata": "0",
            },
        )
    )
