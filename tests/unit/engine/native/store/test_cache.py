"""The store's cache against a model: it never shows what is neither durable nor on its way."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from wigwag.engine.native.store.cache import MISSING, StoreCache
from wigwag.engine.native.store.writes import (
    CacheKey,
    DropSession,
    DropSessionsOf,
    PutSession,
    Write,
)

A = "default"
ADDRESSES = ("a:0", "a:1", "b:0")


def write_at(address: str, number: int) -> Write:
    if number % 5 == 0:
        return DropSession(A, address)
    if number % 7 == 0:
        return DropSessionsOf(A, address[0])
    return PutSession(A, address, b"%d" % number)


def apply(table: dict[str, bytes], write: Write) -> None:
    """What the database does."""
    if isinstance(write, PutSession):
        table[write.address] = write.record
    elif isinstance(write, DropSession):
        table.pop(write.address, None)
    elif isinstance(write, DropSessionsOf):
        for address in [one for one in table if one.startswith(write.user + ":")]:
            del table[address]


def look_up(cache: StoreCache, table: dict[str, bytes], address: str) -> object:
    """What the store does."""
    key: CacheKey = ("sessions", A, address)
    found = cache.get(key)
    if found is not MISSING:
        return found
    value = table.get(address)
    cache.put(key, value)
    return value


@given(seed=st.integers(0, 2**32), size=st.sampled_from([0, 700, 10_000]))
@settings(max_examples=60, deadline=None)
def test_reads_are_durable_or_pending_values(seed: int, size: int) -> None:
    chance = random.Random(seed)
    cache = StoreCache(size)
    table: dict[str, bytes] = {}
    waiting: list[tuple[int, list[Write]]] = []
    for number in range(1, 60):
        if chance.random() < 0.5:
            writes = [write_at(chance.choice(ADDRESSES), number)]
            cache.submit(number, writes)
            waiting.append((number, writes))
        elif waiting:
            # the writer keeps the order; after a failure all later ones on the key fail as well
            ticket, writes = waiting.pop(0)
            durable = chance.random() < 0.7
            if durable:
                for write in writes:
                    apply(table, write)
                cache.settle(ticket, writes, durable=True)
            else:
                for lost, lost_writes in [(ticket, writes), *waiting]:
                    cache.settle(lost, lost_writes, durable=False)
                waiting.clear()
        for address in ADDRESSES:
            expected = dict(table)
            for _, pending in waiting:
                for write in pending:
                    apply(expected, write)
            found = look_up(cache, table, address)
            # an uncached row under a pending DropSessionsOf may still show its durable value
            assert found in (expected.get(address), table.get(address))
            if not any(isinstance(w, DropSessionsOf) for _, ws in waiting for w in ws):
                assert found == expected.get(address)
    assert cache.size_bytes <= max(size, 0)
