"""Stanzas that every part of the engine makes."""

from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.nodes import AttrValue, Node


def iq(
    namespace: str,
    kind: str,
    content: list[Node] | None = None,
    *,
    to: Jid | None = SERVER_JID,
    target: Jid | None = None,
) -> Node:
    """A request (`kind` is get or set); `Connection` gives it its id."""
    attrs: dict[str, AttrValue] = {"xmlns": namespace, "type": kind}
    if to is not None:
        attrs["to"] = to
    if target is not None:
        attrs["target"] = target
    return Node("iq", attrs, content)


def iq_result(request: Node, content: list[Node] | None = None) -> Node:
    """The answer to a request of the server."""
    attrs: dict[str, AttrValue] = {
        "to": request.attrs.get("from", SERVER_JID),
        "type": "result",
        "id": request.attr("id"),
    }
    return Node("iq", attrs, content)


def iq_error(request: Node, code: int, text: str) -> Node:
    """The refusal of a request of the server."""
    attrs: dict[str, AttrValue] = {"to": SERVER_JID, "type": "error", "id": request.attr("id")}
    return Node("iq", attrs, [Node("error", {"code": str(code), "text": text})])


def acknowledge(node: Node, error: int = 0) -> Node:
    """The ack of a stanza (whatsmeow receipt.go); with `error` it is a refusal."""
    attrs: dict[str, AttrValue] = {
        "class": node.tag,
        "id": node.attr("id"),
        "to": node.attrs.get("from", SERVER_JID),
    }
    for name in ("participant", "recipient"):
        value = node.attrs.get(name)
        if value:
            attrs[name] = value
    kind = node.attrs.get("type")
    if kind and node.tag != "message":
        attrs["type"] = kind
    if error:
        attrs["error"] = str(error)
    return Node("ack", attrs)
