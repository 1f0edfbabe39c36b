"""Receipts: what we say of messages that came, and what others say of ours
(whatsmeow receipt.go)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from wigwag.engine.native.receiving.source import NOBODY, Source, parse_source
from wigwag.model.jid import Jid
from wigwag.model.receipt import Receipt, ReceiptKind
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import AttrValue, Node

_KINDS = {
    "": (ReceiptKind.DELIVERED, False),
    "read": (ReceiptKind.READ, False),
    "read-self": (ReceiptKind.READ, True),
    "played": (ReceiptKind.PLAYED, False),
    "played-self": (ReceiptKind.PLAYED, True),
}
"""Receipt types that say something of a message. `inactive` is none of them: the official
applications do not show such a message as delivered, and neither do we."""

_MAX_IDS = 10_000
_MAX_TIME_S = 253_402_300_799


def receipt_frame(node: Node, kind: str = "") -> dict[str, AttrValue]:
    """The attributes of a receipt that answers the stanza `node`."""
    attrs: dict[str, AttrValue] = {"id": node.attr("id"), "to": node.attrs.get("from", "")}
    recipient = node.attrs.get("recipient")
    if recipient is not None:
        attrs["recipient"] = recipient
    participant = node.attrs.get("participant")
    if participant is not None:
        attrs["participant"] = participant
    if kind:
        attrs["type"] = kind
    return attrs


def delivery_receipt(node: Node, *, from_me: bool, active: bool) -> Node:
    """The receipt that tells the server we have the message `node`, and ends its redelivery.

    Own messages get `sender` (`peer_msg` when the stanza is of that type); while we do not show
    ourselves online, those of others get `inactive`.
    """
    if from_me:
        kind = "peer_msg" if node.attrs.get("type") == "peer_msg" else "sender"
    else:
        kind = "" if active else "inactive"
    return Node("receipt", receipt_frame(node, kind))


def protocol_receipt(message_id: str, kind: str, own_pn: Jid) -> Node:
    """`peer_msg` or `hist_sync` for a message of the own phone."""
    return Node("receipt", {"id": message_id, "type": kind, "to": own_pn})


def read_receipt(
    chat: Jid,
    sender: Jid | None,
    ids: Sequence[str],
    at: datetime,
    *,
    hidden: bool = False,
    played: bool = False,
) -> Node:
    """`read` for messages of one sender; `read-self` (own devices only) when `hidden`.

    `played` voice notes are told in any case, as by whatsmeow.
    """
    kind = "read-self" if hidden or chat.is_newsletter else "read"
    attrs: dict[str, AttrValue] = {
        "id": ids[0],
        "type": "played" if played else kind,
        "to": chat,
        "t": str(int(at.timestamp())),
    }
    if sender is not None and not chat.is_person:
        attrs["participant"] = sender.bare
    if len(ids) == 1:
        return Node("receipt", attrs)
    items = [Node("item", {"id": message_id}) for message_id in ids[1:]]
    return Node("receipt", attrs, [Node("list", {}, items)])


def parse_receipts(node: Node, pn: Jid, lid: Jid) -> list[Receipt]:
    """What an incoming receipt says; empty when its type says nothing of a message's state.

    Raises MalformedNode.
    """
    known = _KINDS.get(node.attr("type"))
    source = parse_source(node, pn, lid, require_participant=False)
    if known is None:
        return []
    kind, by_me = known
    if source.is_group and source.sender == NOBODY:
        return _grouped_receipts(node, source, kind)
    if source.from_me and not by_me:
        # An own device that got or read the message says nothing of the others.
        if kind is ReceiptKind.DELIVERED:
            return []
        by_me = True
    return [
        Receipt(
            kind=kind,
            chat=source.chat,
            sender=source.sender.bare,
            ids=receipt_ids(node),
            timestamp=stanza_time(node),
            by_me=by_me,
        )
    ]


def receipt_ids(node: Node) -> tuple[str, ...]:
    """The messages a receipt is about: its own id, then those of its list."""
    first = node.attr("id")
    if not first:
        raise MalformedNode("a receipt names no message")
    items = node.child("list")
    if items is None:
        return (first,)
    more = (item.attr("id") for item in items.children_with("item")[:_MAX_IDS])
    return (first, *(message_id for message_id in more if message_id))


def stanza_time(node: Node) -> datetime:
    """The attribute `t`. Raises MalformedNode when it is no time."""
    seconds = node.attr_int("t", -1)
    if not 0 <= seconds <= _MAX_TIME_S:
        raise MalformedNode(f"<{node.tag}> has no time")
    return _instant(seconds)


@lru_cache(256)
def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _grouped_receipts(node: Node, source: Source, kind: ReceiptKind) -> list[Receipt]:
    groups = node.children_with("participants")
    if not groups:
        raise MalformedNode("a group receipt names no participants")
    found: list[Receipt] = []
    for group in groups:
        key = group.attr("key")
        found += [
            Receipt(
                kind=kind,
                chat=source.chat,
                sender=user.require_jid("jid").bare,
                ids=(key,),
                timestamp=stanza_time(user),
            )
            for user in group.children_with("user")[:_MAX_IDS]
        ]
    return found
