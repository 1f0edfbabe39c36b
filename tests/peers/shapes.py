"""Stanzas without what differs from run to run, so that two clients can be compared.

Addresses become roles, ids and times become words, keys and ciphertexts become a star.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from wigwag.model.jid import Jid
from wigwag.wire.nodes import AttrValue, Node

_VARIABLE = frozenset({"id", "t", "phash", "sid"})
_SECRET = frozenset({"enc", "device-identity", "identity", "value", "signature", "registration"})
_UNORDERED = frozenset({"list", "key", "participants"})
"""Lists of people or devices; whatsmeow takes them out of Go maps."""
_LONG_LIST = 20


class Roles:
    """Who is who in one client's world: its own addresses, its friend's, its group's."""

    def __init__(self, names: Mapping[Jid, str]) -> None:
        self._names = dict(names)

    def name(self, value: AttrValue) -> str:
        if not isinstance(value, Jid):
            return value
        role = self._names.get(value.bare)
        if role is None:
            return str(value)
        return f"{role}:{value.device}" if value.device else role


def shape_of(node: Node, roles: Roles) -> str:
    """One line for a stanza; equal lines are stanzas that say the same."""
    attrs = "".join(
        f" {name}={name.upper() if name in _VARIABLE else roles.name(value)}"
        for name, value in sorted(node.attrs.items())
    )
    return f"<{node.tag}{attrs}>{_content_of(node, roles)}"


def _content_of(node: Node, roles: Roles) -> str:
    if node.content is None:
        return ""
    if not node.kids:
        return "*" if node.tag in _SECRET else f"{len(node.data)} bytes"
    if len(node.kids) > _LONG_LIST:
        return f"[{len(node.kids)} of {shape_of(node.kids[0], roles)}]"
    kids = [shape_of(kid, roles) for kid in node.kids]
    return "[" + "".join(sorted(kids) if node.tag in _UNORDERED else kids) + "]"


def without_known_members(node: Node) -> Node:
    """A group message without the sender keys that it hands out."""
    if node.tag != "message" or not node.require_jid("to").is_group:
        return node
    kids = [kid for kid in node.kids if kid.tag not in ("participants", "device-identity")]
    return Node(node.tag, node.attrs, kids)


def difference(ours: Iterable[str], theirs: Iterable[str]) -> list[str]:
    """What one side said more often than the other: `+` is ours, `-` theirs."""
    ours, theirs = Counter(ours), Counter(theirs)
    more = [f"+ {line}" for line in (ours - theirs).elements()]
    return more + [f"- {line}" for line in (theirs - ours).elements()]
