"""Stanzas without what differs from run to run, so that two clients can be compared.

Addresses become roles, ids and times become words, keys and ciphertexts become a star.
"""

from typing import Final

from peers.parity.fieldtree import field_tree
from peers.parity.roles import Roles
from wigwag.wire.nodes import Node

_ANY: Final = frozenset({"sid", "e_id"})
"""Attributes of which only the presence counts."""
_TIMED: Final = frozenset({"unified_session"})
"""Elements whose attributes are made of the time."""
_SECRET: Final = frozenset(
    {
        "device-identity",
        "enc",
        "enc_iv",
        "enc_p",
        "identity",
        "link_code_pairing_nonce",
        "link_code_pairing_wrapped_companion_ephemeral_pub",
        "registration",
        "reporting_token",
        "signature",
        "tctoken",
        "value",
    }
)
_UNORDERED: Final = frozenset({"list", "key", "participants"})
"""Lists of people or devices; whatsmeow takes them out of Go maps."""
_LONG_LIST: Final = 20
_SHORT_DATA: Final = 2


def shape_of(node: Node, roles: Roles) -> str:
    """One line for a stanza; equal lines are stanzas that say the same."""
    attrs = "".join(
        f" {name}={'*' if name in _ANY or node.tag in _TIMED else roles.name(value)}"
        for name, value in sorted(node.attrs.items())
    )
    return f"<{node.tag}{attrs}>{_content_of(node, roles)}"


def _content_of(node: Node, roles: Roles) -> str:
    if node.content is None:
        return ""
    if node.tag == "plaintext":
        return field_tree(node.data, roles)
    if not node.kids:
        return "*" if node.tag in _SECRET else _leaf(node, roles)
    if len(node.kids) > _LONG_LIST:
        return f"[{len(node.kids)} of {shape_of(node.kids[0], roles)}]"
    kids = [shape_of(kid, roles) for kid in node.kids]
    return "[" + "".join(sorted(kids) if node.tag in _UNORDERED else kids) + "]"


def _leaf(node: Node, roles: Roles) -> str:
    """Short data and printable text as they are, other data by its size."""
    data = node.data
    if node.tag != "id" and len(data) <= _SHORT_DATA:
        return data.hex()
    text = node.text
    if node.tag != "id" and text.isascii() and text.isprintable():
        return repr(roles.text(text))
    return f"{len(data)} bytes"


def without_members(node: Node) -> Node:
    """A group message without the sender keys that it hands out."""
    kids = [kid for kid in node.kids if kid.tag not in ("participants", "device-identity")]
    return Node(node.tag, node.attrs, kids)
