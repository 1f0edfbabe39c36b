"""What the engine's store keeps in memory: a bounded part of the rows, and the writes on the way.

A reader sees a write as soon as it was handed in, before it is durable; if it fails, readers see
what is in the database again.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from wigwag.engine.native.store.writes import CacheKey, Scope, Write

MISSING: Final = object()
"""The cache does not know; None means that it knows there is no row."""

_READ_ONCE: Final = frozenset({"prekeys", "seen", "sent_messages"})
"""Rows that are seldom read after they were written: they would push out the others."""

_ENTRY_BYTES: Final = 300
"""Rough cost of an entry beside its bytes."""


class StoreCache:
    """Durable values by least recent use, overlaid by pending ones."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._durable: OrderedDict[CacheKey, object] = OrderedDict()
        self._pending: dict[CacheKey, tuple[int, object]] = {}
        self._tombstones: dict[int, list[CacheKey]] = {}

    def __len__(self) -> int:
        return len(self._durable)

    @property
    def size_bytes(self) -> int:
        return self._bytes

    def get(self, key: CacheKey) -> object:
        """The newest value, None when the row is gone, MISSING when it has to be looked up."""
        pending = self._pending.get(key)
        if pending is not None:
            return pending[1]
        value = self._durable.get(key, MISSING)
        if value is not MISSING:
            self._durable.move_to_end(key)
        return value

    def put(self, key: CacheKey, value: object) -> None:
        """Remember a value that is in the database; None forgets it."""
        self._forget(key)
        if value is None:
            return
        self._durable[key] = value
        self._bytes += _cost(value)
        while self._bytes > self._max_bytes:
            _, old = self._durable.popitem(last=False)
            self._bytes -= _cost(old)

    def submit(self, ticket: int, writes: Iterable[Write]) -> None:
        """These writes are on their way under this ticket (tickets count upwards)."""
        for write in writes:
            if not write.is_cached():
                continue
            scope = write.scope()
            if scope is not None:
                self._bury(ticket, scope)
            for key, value in write.entries():
                self._pending[key] = (ticket, value)

    def settle(self, ticket: int, writes: Iterable[Write], *, durable: bool) -> None:
        """The writes of this ticket are in the database, or will never be."""
        for write in writes:
            if not write.is_cached():
                continue
            for key, value in write.entries():
                self._settle_key(ticket, key)
                if durable:
                    self.put(key, None if key[0] in _READ_ONCE else value)
            scope = write.scope()
            if scope is not None and durable:
                for key in _matching(self._durable, scope):
                    self._forget(key)
        for key in self._tombstones.pop(ticket, ()):
            self._settle_key(ticket, key)

    def _settle_key(self, ticket: int, key: CacheKey) -> None:
        pending = self._pending.get(key)
        if pending is not None and pending[0] == ticket:
            del self._pending[key]

    def _bury(self, ticket: int, scope: Scope) -> None:
        keys = [*_matching(self._durable, scope), *_matching(self._pending, scope)]
        for key in keys:
            self._pending[key] = (ticket, None)
        self._tombstones.setdefault(ticket, []).extend(keys)

    def _forget(self, key: CacheKey) -> None:
        old = self._durable.pop(key, MISSING)
        if old is not MISSING:
            self._bytes -= _cost(old)


def _cost(value: object) -> int:
    return _ENTRY_BYTES + (len(value) if isinstance(value, bytes) else 0)


def _matching(keys: Iterable[CacheKey], scope: Scope) -> list[CacheKey]:
    table, account, prefix = scope
    if table == "*":
        return [key for key in keys if key[1] == account and key[0] not in ("seen", "inbox")]
    return [
        key for key in keys if key[0] == table and key[1] == account and key[2].startswith(prefix)
    ]
