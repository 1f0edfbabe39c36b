"""The stanzas that the server makes most: results, errors, acks and notifications."""

from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.nodes import AttrValue, Node, NodeContent


def iq_result(iq: Node, *content: Node) -> Node:
    """The answer to a request; `from` is whom it was sent to, the server when to nobody."""
    return Node(
        "iq",
        {"from": _asked(iq), "type": "result", "id": iq.attr("id")},
        list(content) if content else None,
    )


def iq_error(iq: Node, code: int, text: str, **attrs: AttrValue) -> Node:
    """The refusal of a request, as `<error code text/>`."""
    error = Node("error", {"code": str(code), "text": text, **attrs})
    return Node("iq", {"from": _asked(iq), "type": "error", "id": iq.attr("id")}, [error])


def _asked(iq: Node) -> AttrValue:
    to = iq.attrs.get("to")
    return to if isinstance(to, Jid) else SERVER_JID


def make_ack(node: Node, stamp: str, error: int = 0) -> Node:
    """The server's ack of a stanza from a client. Messages carry the server's time `t`."""
    attrs: dict[str, AttrValue] = {"class": node.tag, "id": node.attrs.get("id", "")}
    source = node.attrs
    if "to" in source:
        attrs["from"] = source["to"]
    if "participant" in source:
        attrs["participant"] = source["participant"]
    if node.tag == "message":
        attrs["t"] = stamp
        if "addressing_mode" in source:
            attrs["addressing_mode"] = source["addressing_mode"]
    elif "type" in source:
        attrs["type"] = source["type"]
    if error:
        attrs["error"] = str(error)
    return Node("ack", attrs)


def notification(kind: str, sender: Jid, content: NodeContent, **attrs: AttrValue) -> Node:
    """A notification; `id` and `t` are put in when it is posted."""
    return Node("notification", {"type": kind, "from": sender, **attrs}, content)


def with_attrs(node: Node, **attrs: AttrValue) -> Node:
    """The same stanza with more attributes; content is shared."""
    return Node(node.tag, {**node.attrs, **attrs}, node.content)
