"""The mailbox of a device: stanzas kept until it acknowledges them.

This gives offline delivery and redelivery: what was sent on a connection that broke before its
acknowledgement is sent again on the next one, in the first order. A message leaves by its ack or
by a receipt for it, a receipt or a notification by its ack.
"""

from collections import deque
from collections.abc import Callable

from wigwag.model.jid import Jid
from wigwag.wire.nodes import Node

Who = Callable[[Jid], Jid]
"""The one address of whoever an address belongs to."""


class Mailbox:
    """Stanzas that wait for their acknowledgement, oldest first; over `limit` the oldest go."""

    __slots__ = ("_index", "_letters", "_limit", "_next", "_unsent", "_who", "dropped")

    def __init__(self, limit: int, who: Who = lambda jid: jid.bare) -> None:
        self._limit = limit
        self._who = who
        self._letters: dict[int, Node] = {}
        self._index: dict[tuple[str, str], list[int]] = {}
        self._unsent: deque[int] = deque()
        self._next = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._letters)

    @property
    def has_unsent(self) -> bool:
        return bool(self._unsent)

    def pending(self) -> list[Node]:
        """Everything that is not acknowledged, oldest first."""
        return list(self._letters.values())

    def count_unsent(self) -> dict[str, int]:
        """How many stanzas wait to be sent, by tag."""
        counts: dict[str, int] = {}
        for seq in self._unsent:
            node = self._letters.get(seq)
            if node is not None:
                counts[node.tag] = counts.get(node.tag, 0) + 1
        return counts

    def add(self, node: Node, *, sent: bool) -> None:
        """Keep a stanza; `sent` when it is written to the link in the same moment."""
        seq = self._next
        self._next = seq + 1
        self._letters[seq] = node
        self._index.setdefault((node.tag, node.attr("id")), []).append(seq)
        if not sent:
            self._unsent.append(seq)
        if len(self._letters) > self._limit:
            self._forget(next(iter(self._letters)))
            self.dropped += 1

    def take_unsent(self) -> Node | None:
        """The oldest stanza that was not sent on this connection; it counts as sent now."""
        while self._unsent:
            node = self._letters.get(self._unsent.popleft())
            if node is not None:
                return node
        return None

    def rewind(self) -> None:
        """The connection ended: everything unacknowledged is to be sent again."""
        self._unsent = deque(self._letters)

    def settle(
        self,
        tag: str,
        stanza_id: str,
        sender: Jid | None,
        participant: Jid | None,
        kind: str | None = None,
    ) -> bool:
        """The device acknowledged a stanza; False when none like it waits.

        Receipts of a group share an id: the one goes that is from `sender` and `participant`, and
        is of this `kind` when one is named. A fault may have let it arrive from another address of
        the same person. What fits none settles none: a stanza that came twice is acknowledged
        twice, and the others with its id are still to be sent.
        """
        seqs = self._index.get((tag, stanza_id), ())
        wanted = (sender, participant)
        fitting = [
            seq
            for seq in seqs
            if self._persons(self._names(seq)) == self._persons(wanted)
            and (kind is None or self._letters[seq].attr("type") == kind)
        ]
        if not fitting:
            return False
        self._forget(next((seq for seq in fitting if self._names(seq) == wanted), fitting[0]))
        return True

    def clear(self) -> None:
        self._letters.clear()
        self._index.clear()
        self._unsent.clear()

    def _names(self, seq: int) -> tuple[Jid | None, Jid | None]:
        """Who a letter is from: the chat or person, and in a chat of several the person."""
        node = self._letters[seq]
        return node.attr_jid("from"), node.attr_jid("participant")

    def _persons(self, names: tuple[Jid | None, Jid | None]) -> list[Jid | None]:
        return [None if jid is None else self._who(jid) for jid in names]

    def _forget(self, seq: int) -> None:
        node = self._letters.pop(seq)
        key = (node.tag, node.attr("id"))
        seqs = self._index[key]
        if len(seqs) == 1:
            del self._index[key]
        else:
            seqs.remove(seq)
