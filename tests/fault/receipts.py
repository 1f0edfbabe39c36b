"""What an archive must know of the receipts for what its server sent."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Final

from fault.story import GROUPS, SENDER, STATUS, Send, audience
from fault.telling import World

OURS: Final = ("default", "twin")
"""The companions of the sender: WhatsApp tells both who has a message."""

Told = Counter[tuple[str, str, str]]
"""Message id, person and kind of what `message.status` told."""


def wrong_receipts(
    world: World, sends: Mapping[str, Send], since_ms: int, seq: int
) -> dict[str, str]:
    """The ids of those whose receipts are not what they must be, and what is wrong.

    Each receiver got it, and read it if the story says so, by the one address that the archive
    has for them; nobody else. The state says as much of a message to one person.
    """
    found = _found(world, since_ms)
    told = _told(world, seq)
    wrong: dict[str, str] = {}
    for message_id, send in sends.items():
        wanted = _wanted(world, message_id, send)
        for account in OURS:
            kept, state = found.get((account, message_id), (set[tuple[str, str]](), None))
            if kept != wanted:
                lacking, strange = wanted - kept, kept - wanted
                wrong[message_id] = f"{account} lacks receipts {lacking}, has {strange}"
            elif state != _state(send, wanted):
                wrong[message_id] = f"{account} says {state}"
        if message_id not in wrong and not _told_once(told, message_id, send, wanted):
            events = {key[1:]: count for key, count in told.items() if key[0] == message_id}
            wrong[message_id] = f"not each told once: {events} of {wanted}"
    return wrong


def _wanted(world: World, message_id: str, send: Send) -> set[tuple[str, str]]:
    """Person and kind of each receipt."""
    others = audience(send) - {SENDER}
    readers = others & world.read.get(message_id, set())
    return {(world.residents[who].jid, "delivered") for who in others} | {
        (world.residents[who].jid, "read") for who in readers
    }


def _state(send: Send, wanted: set[tuple[str, str]]) -> str:
    if not _is_direct(send):
        return "sent"
    return "read" if any(kind == "read" for _, kind in wanted) else "delivered"


def _is_direct(send: Send) -> bool:
    return send.to not in GROUPS and send.to != STATUS


def _found(world: World, since_ms: int) -> dict[tuple[str, str], tuple[set[tuple[str, str]], str]]:
    """Receipts and state of the own messages, by account and id."""
    found: dict[tuple[str, str], tuple[set[tuple[str, str]], str]] = {}
    for account, message_id, state, person, kind in world.server.query(
        "SELECT m.account, m.id, m.state, r.person, r.kind FROM messages m JOIN receipts r"
        " ON r.account = m.account AND r.message_id = m.id AND r.chat_jid = m.chat_jid"
        " WHERE m.is_from_me AND m.timestamp_ms >= ?",
        since_ms,
    ):
        kept, _ = found.setdefault((account, message_id), (set(), state))
        kept.add((person, kind))
    return found


def _told(world: World, seq: int) -> Told:
    told: Told = Counter()
    for data in world.server.query(
        "SELECT data FROM events WHERE account = 'default' AND type = 'message.status' AND seq > ?",
        seq,
    ):
        event = json.loads(data)
        if receipt := event.get("receipt"):
            told[event["id"], receipt["person"]["jid"], receipt["kind"]] += 1
    return told


def _told_once(told: Told, message_id: str, send: Send, wanted: set[tuple[str, str]]) -> bool:
    """In a group each receipt has its event; to one person each change of the state has."""
    if not _is_direct(send):
        return all(told[message_id, person, kind] == 1 for person, kind in wanted)
    final = _state(send, wanted)
    kinds = Counter(
        kind
        for (about, _, kind), count in told.items()
        if about == message_id
        for _ in range(count)
    )
    return kinds[final] == 1 and max(kinds.values()) == 1
