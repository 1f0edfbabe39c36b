"""What must be true of an archive, whatever happened to its server."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from peers.server import ServerProcess


def archived(server: ServerProcess, *, from_me: bool = False) -> list[tuple[str, str, str]]:
    """(chat, sender, text) of every message row of one direction, in the archive's order."""
    return server.query(
        "SELECT chat_jid, sender, content FROM messages WHERE is_from_me = ? ORDER BY rid",
        from_me,
    )


def assert_once_in_order(server: ServerProcess, expected: dict[tuple[str, str], list[str]]) -> None:
    """Each (chat, sender) has exactly its texts, in the order in which they were sent."""
    found: dict[tuple[str, str], list[str]] = {}
    for chat, sender, text in archived(server):
        found.setdefault((chat, sender), []).append(text)
    assert sorted(found) == sorted(expected)
    for place, texts in expected.items():
        assert_same(found[place], texts)


def assert_same(found: Sequence[str], expected: Sequence[str]) -> None:
    """The same texts in the same order; says in a few words what is wrong."""
    counts = Counter(found)
    missing = [text for text in expected if text not in counts]
    twice = [text for text, count in counts.items() if count > 1]
    strange = sorted(counts.keys() - set(expected))
    assert not missing, f"{len(missing)} missing: {missing[:5]}"
    assert not twice, f"{len(twice)} more than once: {twice[:5]}"
    assert not strange, f"{len(strange)} that nobody sent: {strange[:5]}"
    late = [(a, b) for a, b in zip(found, expected, strict=True) if a != b]
    assert not late, f"{len(late)} out of order, first {late[:3]}"


def assert_one_event_each(server: ServerProcess, kind: str = "message.received") -> None:
    """Every received message row has exactly one event, and every such event a row."""
    rows = server.query("SELECT id, chat_jid FROM messages WHERE is_from_me = 0")
    events = [
        (event["id"], event["chat_jid"])
        for event in map(json.loads, server.query("SELECT data FROM events WHERE type = ?", kind))
    ]
    assert Counter(events) == Counter(rows)


def assert_intact(server: ServerProcess) -> None:
    """Both databases are sound, nothing was kept aside or not understood."""
    for name in ("messages.db", "whatsapp.db"):
        assert server.query("PRAGMA integrity_check", database=name) == ["ok"]
    assert server.count("messages", "kind = 'undecryptable'") == 0
    assert server.count("rejected") == 0


def numbered(prefix: str, numbers: Iterable[int]) -> list[str]:
    """The texts that `SandboxProcess.say` sends."""
    return [f"{prefix} {number:06}" for number in numbers]
