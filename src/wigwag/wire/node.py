"""The node: one element of a stanza."""

import msgspec

from wigwag.model.errors import MalformedJid
from wigwag.model.jid import Jid, parse_jid
from wigwag.wire.errors import MalformedNode

AttrValue = str | Jid
NodeContent = None | bytes | str | list["Node"]

_INT_DIGITS = 19
"""As many as a signed 64-bit number has."""
_INT_MAX = 2**63 - 1


class Node(msgspec.Struct, eq=False, gc=False):
    """A tag, attributes and content, mutable until it is sent.

    Numbers and booleans are written as text by the caller. Attributes that are "" are not sent.
    Content that was read is bytes (raw), str (a token or packed digits) or nodes; `data` hides
    the first difference. Two nodes are equal when they mean the same on the wire.
    """

    tag: str
    attrs: dict[str, AttrValue] = {}
    content: NodeContent = None

    @property
    def kids(self) -> list["Node"]:
        """The child nodes; empty when there are none."""
        return self.content if isinstance(self.content, list) else []

    @property
    def data(self) -> bytes:
        """The content as bytes whichever form it came in; empty when there is none."""
        content = self.content
        if isinstance(content, bytes):
            return content
        return content.encode() if isinstance(content, str) else b""

    @property
    def text(self) -> str:
        """The content as text; what is not UTF-8 in it is replaced."""
        return self.data.decode("utf-8", "replace")

    def child(self, tag: str) -> "Node | None":
        """The first child with this tag."""
        if isinstance(self.content, list):
            for kid in self.content:
                if kid.tag == tag:
                    return kid
        return None

    def children_with(self, tag: str) -> list["Node"]:
        return [kid for kid in self.kids if kid.tag == tag]

    def attr(self, name: str) -> str:
        """The attribute as text, "" when it is absent."""
        value = self.attrs.get(name, "")
        return value if isinstance(value, str) else str(value)

    def attr_int(self, name: str, default: int = 0) -> int:
        """The attribute as a decimal number. Raises MalformedNode when it is none of 64 bits."""
        text = self.attr(name)
        if not text:
            return default
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _INT_DIGITS):
            raise MalformedNode(f"<{self.tag}> has no number in its attribute {name!r}.")
        number = int(text)
        if abs(number) > _INT_MAX:
            raise MalformedNode(f"<{self.tag}> has too large a number in its attribute {name!r}.")
        return number

    def attr_jid(self, name: str) -> Jid | None:
        """The attribute as a JID, also when it came as text; None when it is absent.

        Raises MalformedNode when it is no JID.
        """
        value = self.attrs.get(name)
        if isinstance(value, Jid) or not value:
            return value or None
        try:
            return parse_jid(value)
        except MalformedJid as error:
            raise MalformedNode(f"<{self.tag}> has no JID in its attribute {name!r}.") from error

    def require_jid(self, name: str) -> Jid:
        """The attribute as a JID. Raises MalformedNode when it is absent or no JID."""
        jid = self.attr_jid(name)
        if jid is None:
            raise MalformedNode(f"<{self.tag}> lacks its attribute {name!r}.")
        return jid

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        return (
            self.tag == other.tag
            and self.attrs == other.attrs
            and (self.content is None) == (other.content is None)
            and self.kids == other.kids
            and self.data == other.data
        )

    def __ne__(self, other: object) -> bool:
        """msgspec's own would compare by identity."""
        return not self == other

    __hash__ = None  # pyright: ignore[reportAssignmentType]  # mutable, so no key

    def __repr__(self) -> str:
        """Tags, attribute names and sizes: nothing personal."""
        names = "".join(f" {name}" for name in self.attrs)
        content = self.content
        if content is None:
            return f"<{self.tag}{names}/>"
        inside = (
            "".join(map(repr, content)) if isinstance(content, list) else f"{len(content)} bytes"
        )
        return f"<{self.tag}{names}>{inside}</{self.tag}>"
