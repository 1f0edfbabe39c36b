"""Calls: offered, answered, turned away, ended. Nobody talks; only the signalling is there."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Account, Device, Telling
from wigwag.sandbox.network.stanzas import make_ack
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.nodes import AttrValue, Node

_MAX_CALLS = 1000
_RELAYED = ("reject", "accept", "terminate", "preaccept", "transport", "relaylatency")


@dataclass(slots=True, eq=False)
class Call:
    """A call that rings, or is under way."""

    id: str
    caller: Account
    callee: Account
    group: Jid | None


class Calls:
    """All calls of the network."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._calls: OrderedDict[str, Call] = OrderedDict()

    def offer(
        self, caller: Account, callee: Account, *, video: bool = False, group: Jid | None = None
    ) -> Call:
        """Ring every device of the callee. Raises InvalidInput for a call to oneself."""
        if caller is callee:
            raise InvalidInput("Nobody calls himself.")
        call = Call(f"{self._board.rng.getrandbits(128):032X}", caller, callee, group)
        self._calls[call.id] = call
        while len(self._calls) > _MAX_CALLS:
            self._calls.popitem(last=False)
        media = [Node("audio", {"enc": "opus", "rate": "16000"})]
        if video:
            media.append(Node("video", {"enc": "vp8"}))
        if group is None:
            self._tell(call, callee.devices.values(), "offer", media)
        else:
            kind = "video" if video else "audio"
            self._tell(call, callee.devices.values(), "offer_notice", media=kind, type="group")
        return call

    def answer(self, call_id: str) -> None:
        """The callee takes the call on the phone: the companions stop ringing."""
        call = self.get(call_id)
        companions = call.callee.companions
        self._tell(call, companions, "terminate", reason="accepted_elsewhere")

    def end(self, call_id: str, reason: str = "") -> None:
        """The caller hangs up, or gives up waiting (`timeout`)."""
        call = self.get(call_id)
        del self._calls[call_id]
        # an attribute that is empty is not sent
        self._tell(call, call.callee.devices.values(), "terminate", reason=reason)

    def get(self, call_id: str) -> Call:
        """Raises NotFound."""
        call = self._calls.get(call_id)
        if call is None:
            raise NotFound("There is no such call on this network.")
        return call

    def handle(self, device: Device, node: Node) -> None:
        """A client's <call to><reject .../></call> and the like: relayed to the other party."""
        self._board.send(device, make_ack(node, self._board.stamp()))
        call = self._calls.get(node.kids[0].attr("call-id")) if len(node.kids) == 1 else None
        if call is None or node.kids[0].tag not in _RELAYED:
            self._board.counters["call_refused"] += 1
            return
        account = device.account
        other = call.caller if account is call.callee else call.callee
        attrs: dict[str, AttrValue] = {"from": account.address}
        self._post(other.devices.values(), Node("call", attrs, node.kids))
        if node.kids[0].tag == "reject":
            self._calls.pop(call.id, None)
            others = [one for one in account.devices.values() if one is not device]
            self._tell(call, others, "terminate", reason="rejected_elsewhere")

    # -- inside --

    def _tell(
        self,
        call: Call,
        devices: Iterable[Device],
        tag: str,
        content: list[Node] | None = None,
        **attrs: str,
    ) -> None:
        caller = call.caller
        about: dict[str, AttrValue] = {"call-id": call.id, "call-creator": caller.address, **attrs}
        if caller.tells(Telling.ATTRIBUTES):
            key = "caller_pn" if caller.addressing == "lid" else "caller_lid"
            about[key] = caller.alternative
        if call.group is not None:
            about["group-jid"] = call.group
        outer: dict[str, AttrValue] = {"from": caller.address, "notify": caller.primary.name}
        if tag == "offer":
            outer |= {"platform": "android", "version": "2.26.1"}
        self._post(devices, Node("call", outer, [Node(tag, about, content)]))

    def _post(self, devices: Iterable[Device], call: Node) -> None:
        for device in list(devices):
            self._board.post(device, call)
