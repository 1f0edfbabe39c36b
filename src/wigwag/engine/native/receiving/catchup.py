"""Catching up: what the server announces as waiting after a login, and how much of it came."""

from datetime import datetime

import msgspec

from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.model.account import CatchUp
from wigwag.model.event import CaughtUp, MessageReceived
from wigwag.ports import Clock
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node


class CatchUpBook:
    """Counts one account's offline delivery, connection by connection.

    `<ib><offline_preview count=...>` opens it, `<ib><offline count=...>` ends it. Both pass through
    the queue of received stanzas, and are told through the inbox: after all that came before them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.current: CatchUp | None = None
        self.last_message_at: datetime | None = None
        """Time of the newest message that is durable."""
        self._completing: Batch | None = None

    def read(self, node: Node, batch: Batch) -> None:
        """An `<ib>` stanza; all else in one is for browsers."""
        told = False
        for child in node.kids:
            if child.tag == "offline_preview":
                told = self._begin(_count(child), batch) or told
            elif child.tag == "offline":
                told = self._complete(batch) or told
        if not told:
            batch.drop(DropReason.SERVER_INFORMATION)

    def came(self, batch: Batch) -> None:
        """A stanza that had waited is read into `batch`."""
        batch.offline += 1
        self._add(1)

    def undone(self, batch: Batch) -> None:
        """A batch was not committed; its stanzas are read again."""
        if batch is self._completing and self.current is not None:
            self.current = msgspec.structs.replace(self.current, completed_at=None)
        self._add(-batch.offline)

    def durable(self, batch: Batch) -> None:
        """A batch was committed."""
        if batch is self._completing:
            self._completing = None
        for _, event in reversed(batch.events):
            if isinstance(event, MessageReceived):
                at = event.message.timestamp
                if self.last_message_at is None or at > self.last_message_at:
                    self.last_message_at = at
                break

    def _add(self, count: int) -> None:
        current = self.current
        if current is not None and current.completed_at is None:
            received = max(current.received + count, 0)
            self.current = msgspec.structs.replace(current, received=received)

    def _begin(self, expected: int, batch: Batch) -> bool:
        """Whether there is something to tell."""
        self.current = CatchUp(expected=expected, received=0, began_at=self._clock.now())
        if expected:
            batch.record("caught_up", CaughtUp(catch_up=self.current))
        return expected > 0

    def _complete(self, batch: Batch) -> bool:
        """Whether something came to its end."""
        current = self.current
        if current is None or current.completed_at is not None:
            return False
        self.current = msgspec.structs.replace(current, completed_at=self._clock.now())
        self._completing = batch
        batch.record("caught_up", CaughtUp(catch_up=self.current))
        return True


def _count(node: Node) -> int:
    try:
        return max(node.attr_int("count"), 0)
    except MalformedNode:
        return 0
