"""Who is whom, as the server says in the attributes of its stanzas.

The server writes these attributes itself, whoever sent the stanza; what a person says inside a
message is no mapping. Names are those of whatsmeow message.go, group.go, notification.go and
user.go; `modify` is the notification of a changed number.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from wigwag.model.jid import Jid
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

MAX_NODES: Final = 30_000
"""Elements of one stanza that are looked at; a group has some thousand members."""

_OTHERS: Final = {
    "from": ("sender_pn", "sender_lid", "lid"),
    "participant": ("participant_pn", "participant_lid"),
    "recipient": (
        "peer_recipient_pn",
        "peer_recipient_lid",
        "recipient_pn",
        "recipient_lid",
    ),
    "jid": (
        "phone_number",
        "lid",
        "pn_jid",
        "participant_pn",
        "peer_recipient_pn",
        "peer_recipient_lid",
    ),
    "creator": ("creator_pn",),
    "s_o": ("s_o_pn",),
    "call-creator": ("caller_pn", "caller_lid"),
    "old": ("old_lid",),
    "new": ("new_lid",),
}
"""An address, and the attributes that may name the other address of the same person."""

Pair = tuple[Jid, Jid]


def stated_pairs(node: Node) -> Iterator[Pair]:
    """What the attributes of one element say; addresses that are none are passed over."""
    for name, others in _OTHERS.items():
        if name not in node.attrs:
            continue
        for other in others:
            if other in node.attrs:
                with suppress(MalformedNode):
                    yield node.require_jid(name), node.require_jid(other)


def all_pairs(node: Node) -> Iterator[Pair]:
    """What a whole stanza says, from the outside in."""
    waiting = [node]
    for element in waiting:
        yield from stated_pairs(element)
        if len(waiting) + len(element.kids) <= MAX_NODES:
            waiting += element.kids
