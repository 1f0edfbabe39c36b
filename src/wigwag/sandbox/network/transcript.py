"""The transcript: every stanza in both directions, in order, in a bounded ring.

Recording keeps a reference to the node; JSON is made only for those who read.
"""

import base64
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from wigwag.model.jid import Jid
from wigwag.wire.nodes import Node

_NODE_COST = 200
"""Bytes that a node takes besides its content, by estimate."""


class Entry(NamedTuple):
    """One stanza. `device` is the PN device JID, or a text for a client that is not paired yet;
    `inbound` is seen from the server; `time` is Unix seconds."""

    seq: int
    time: float
    device: Jid | str
    inbound: bool
    node: Node
    size: int


class Transcript:
    """The last `capacity` stanzas, at most about `max_bytes` of them. `seq` counts from 1."""

    def __init__(self, capacity: int = 10_000, max_bytes: int = 64 * 1024 * 1024) -> None:
        self._entries: deque[Entry] = deque()
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._bytes = 0
        self._seq = 0

    @property
    def last_seq(self) -> int:
        """The number of stanzas recorded so far."""
        return self._seq

    def __len__(self) -> int:
        return len(self._entries)

    def record(self, time: float, device: Jid | str, inbound: bool, node: Node) -> None:
        if self._capacity <= 0:
            return
        self._seq += 1
        size = _size_of(node)
        entries = self._entries
        entries.append(Entry(self._seq, time, device, inbound, node, size))
        self._bytes += size
        while len(entries) > self._capacity or (self._bytes > self._max_bytes and len(entries) > 1):
            self._bytes -= entries.popleft().size

    def entries(
        self,
        after: int = 0,
        limit: int = 1000,
        accept: Callable[[Jid | str], bool] | None = None,
    ) -> list[Entry]:
        """The first `limit` entries with a higher number than `after`, of accepted devices."""
        found: list[Entry] = []
        for entry in self._newer(after):
            if accept is None or accept(entry.device):
                found.append(entry)
                if len(found) >= limit:
                    break
        return found

    def _newer(self, after: int) -> Iterator[Entry]:
        skip = max(0, after - (self._seq - len(self._entries)))
        if skip >= len(self._entries):
            return iter(())
        return islice(self._entries, skip, None)

    def clear(self) -> None:
        self._entries.clear()
        self._bytes = 0


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """`{"seq", "time", "device", "direction": "in"|"out", "stanza"}`; time as RFC 3339 UTC."""
    return {
        "seq": entry.seq,
        "time": datetime.fromtimestamp(entry.time, UTC).isoformat().replace("+00:00", "Z"),
        "device": str(entry.device),
        "direction": "in" if entry.inbound else "out",
        "stanza": node_to_json(entry.node),
    }


def node_to_json(node: Node) -> dict[str, Any]:
    """`{"tag", "attrs", "content"}`: content is null, a list of nodes, a text, or for bytes
    `{"base64": ...}`."""
    content: Any = node.content
    if isinstance(content, list):
        content = [node_to_json(kid) for kid in node.kids]
    elif isinstance(content, bytes):
        content = {"base64": base64.b64encode(content).decode()}
    return {
        "tag": node.tag,
        "attrs": {name: str(value) for name, value in node.attrs.items()},
        "content": content,
    }


def _size_of(node: Node) -> int:
    content = node.content
    if content is None:
        return _NODE_COST
    if isinstance(content, list):
        return _NODE_COST + sum(map(_size_of, content))
    return _NODE_COST + len(content)
