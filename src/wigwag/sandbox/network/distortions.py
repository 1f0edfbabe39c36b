"""What faults do to a stanza on its way to a device: the same stanza, said in another way."""

from wigwag.model.jid import Jid
from wigwag.sandbox.network.directory import Device, Directory
from wigwag.sandbox.network.faults import FaultKind, Faults
from wigwag.sandbox.network.stanzas import with_attrs
from wigwag.wire.nodes import Node

_VIEW_ONCE = "view_once"
_OTHER_DEVICE = 7
"""The device that a receipt comes from when the fault names none."""


def distorted(faults: Faults, directory: Directory, device: Device, node: Node) -> Node:
    """The stanza as the faults of `device` let it arrive."""
    if node.tag == "message":
        return _message(faults, device, node)
    if node.tag == "receipt":
        return _receipt(faults, directory, device, node)
    return node


def _message(faults: Faults, device: Device, node: Node) -> Node:
    # whatever is for other devices only is for the phone, and what changes a message is for all
    if node.attr("category") != "peer" and device.number and not is_change(node):
        unavailable = faults.take(FaultKind.UNAVAILABLE, device.lid, device.pn, _VIEW_ONCE)
        if unavailable is not None:
            return without_content(node, unavailable.tag)
    for kind in dict.fromkeys(enc.attr("type") for enc in node.children_with("enc")):
        fault = faults.take(FaultKind.GARBLE, device.lid, device.pn, kind)
        if fault is not None:
            return garbled(node, fault.tag)
    return node


def _receipt(faults: Faults, directory: Directory, device: Device, node: Node) -> Node:
    take = faults.take
    kind = node.attr("type") or "delivered"
    name = "participant" if "participant" in node.attrs else "from"
    sender = node.attr_jid(name)
    if sender is None or not sender.is_person:
        return node
    form = take(FaultKind.RECEIPT_FORM, device.lid, device.pn, kind)
    if form is not None:
        sender = other_form(directory, sender)
    # a request to send again is answered to the device that makes it: there it has to be
    is_request = kind == "retry"
    moved = None if is_request else take(FaultKind.RECEIPT_DEVICE, device.lid, device.pn, kind)
    if moved is not None:
        sender = sender.with_device(moved.code or _OTHER_DEVICE)
    return node if form is None and moved is None else with_attrs(node, **{name: sender})


def garbled(node: Node, kind: str = "") -> Node:
    """The message with the last byte of each <enc> (of this type) flipped: its MAC is wrong."""
    kids: list[Node] = []
    for kid in node.kids:
        data = kid.data
        if kid.tag == "enc" and data and kind in (kid.attr("type"), ""):
            kid = Node("enc", kid.attrs, data[:-1] + bytes([data[-1] ^ 0xFF]))
        kids.append(kid)
    return Node(node.tag, node.attrs, kids)


def is_change(node: Node) -> bool:
    """Whether the message only changes another: an edit, a revoke, a reaction, a vote."""
    meta = node.child("meta")
    voted = meta is not None and meta.attr("polltype") == "vote"
    return "edit" in node.attrs or node.attr("type") == "reaction" or voted


def without_content(node: Node, kind: str = "") -> Node:
    """The message as a device gets it that it is not encrypted for."""
    kept = [kid for kid in node.kids if kid.tag not in ("enc", "device-identity")]
    attrs = {"type": kind} if kind else {}
    return Node(node.tag, node.attrs, [*kept, Node("unavailable", {**attrs})])


def other_form(directory: Directory, jid: Jid) -> Jid:
    """The LID of a PN and the other way round; as it is when nobody has it or may know it."""
    account = directory.find(jid)
    if account is None or account.mapping_withheld:
        return jid
    return (account.pn if jid.is_lid else account.lid).with_device(jid.device)
