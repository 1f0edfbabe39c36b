"""What a batch of stanzas amounts to, before it is made durable."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from wigwag.engine.native.people.sessions import Changes
from wigwag.engine.native.receiving.ends import DropReason, End, Tally
from wigwag.engine.native.store.records import InboxRow, OpenMessage, encode_event
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import AddInbox, AddSeen, Write
from wigwag.model.event import EngineEvent, IdentityLinked
from wigwag.model.jid import LID_SERVER, PN_SERVER, Jid, address_pair
from wigwag.wire.nodes import Node

HISTORY: Final = "history"
"""Kind of the inbox rows that are history notifications; the rows of all others are events."""

LINKS_AT_ONCE: Final = 500
"""Pairs that are linked in one step: some 20 ms."""

Names = tuple[str, str, str]
"""Chat, sender and id of a message, as the store keeps them."""


class Batch:
    """Collects changes to commit, events for the sink, stanzas to answer with, and work that
    begins when the commit is durable."""

    __slots__ = (
        "_end",
        "_entries",
        "_notifications",
        "_reasons",
        "_unlinked",
        "account",
        "afterwards",
        "changes",
        "events",
        "histories",
        "offline",
        "open",
        "replies",
        "seen",
        "store",
        "tally",
    )

    def __init__(self, account: str, store: EngineStore) -> None:
        self.account = account
        self.store = store
        self.changes = Changes(account)
        self.events: list[tuple[int, EngineEvent]] = []
        self.replies: list[Node] = []
        self.afterwards: list[Callable[[], None]] = []
        self.tally = Tally()
        self.offline = 0
        """Stanzas of it that had waited while we were away."""
        self.seen: set[tuple[str, Names]] = set()
        """Kind and names of what is marked as seen with this batch."""
        self.open: dict[Names, OpenMessage] = {}
        """Messages that this batch could not read, and how far it is with them."""
        self.histories: list[InboxRow] = []
        self._entries: list[tuple[str, Names, EngineEvent]] = []
        self._notifications: list[tuple[Names, bytes]] = []
        self._end: End | None = None
        self._reasons: list[DropReason] = []
        self._unlinked: deque[tuple[Jid, Jid]] = deque()

    def record(self, kind: str, event: EngineEvent, names: Names = ("", "", "")) -> None:
        """A durable event. Events of one kind with the same names are one; without an id the
        event stands for itself."""
        self._entries.append((kind, names, event))
        self._end = End.STORED

    def add(self, event: EngineEvent) -> None:
        """A durable event besides what the stanza at hand is about."""
        self._entries.append(("besides", ("", "", ""), event))

    def history(self, names: Names, payload: bytes) -> None:
        """A history notification, kept in the inbox until its chunk is with the sink."""
        self._notifications.append((names, payload))
        self._end = End.STORED

    def mark(self, end: End | None) -> None:
        """What becomes of the stanza at hand, where it leaves no durable event; None takes back
        what was said before."""
        if self._end is not End.STORED:
            self._end = end

    def drop(self, reason: DropReason) -> None:
        """Nothing becomes of the stanza at hand, or of a part of it."""
        self._reasons.append(reason)

    def was_seen(self, kind: str, names: Names) -> bool:
        """Whether this is marked as seen, in this batch or before."""
        return (kind, names) in self.seen or self.store.was_seen(self.account, kind, *names)

    def mark_seen(self, kind: str, names: Names) -> None:
        self.seen.add((kind, names))
        self.changes.add(AddSeen(self.account, kind, *names))

    def close_stanza(self) -> None:
        """The stanza at hand is read: count its one end."""
        end, reasons, tally = self._end, self._reasons, self.tally
        if end is None:
            reason = reasons.pop() if reasons else DropReason.UNEXPLAINED
            end = End.DROPPED
            tally.dropped[reason] += 1
        tally.ends[end] += 1
        if reasons:
            tally.parts.update(reasons)
            reasons.clear()
        self._end = None

    def reply(self, *nodes: Node) -> None:
        self.replies += nodes

    def link(self, one: Jid | None, other: Jid | None) -> None:
        """LID and PN are one person, if these are a LID and a PN; told once.

        The last word holds; but nobody else becomes the account itself.
        """
        if one is None or other is None:
            return
        if one.server == PN_SERVER:
            one, other = other, one
        is_lid = one.server == LID_SERVER
        if is_lid and self._pn_user_of(one.user) == other.user:
            return
        pair = address_pair(one, other)
        if pair is None:
            return
        lid, pn = pair
        if not is_lid and self._pn_user_of(lid.user) == pn.user:
            return
        if self._is_refused(lid, pn):
            self.drop(DropReason.IDENTITY_REFUSED)
            return
        self.changes.link(lid.user, pn.user)
        self.add(IdentityLinked(lid=lid, pn=pn))

    def link_all(self, pairs: Iterable[tuple[Jid, Jid]]) -> None:
        for one, other in pairs:
            self.link(one, other)

    def link_later(self, pairs: Iterable[tuple[Jid, Jid]]) -> None:
        """As `link_all`, for very many: they are linked once the stanza at hand is read."""
        self._unlinked.extend(pairs)

    def link_waiting(self) -> Iterator[None]:
        """Link those, with a pause wherever others are to have their turn."""
        waiting = self._unlinked
        while waiting:
            self.link_all(waiting.popleft() for _ in range(min(LINKS_AT_ONCE, len(waiting))))
            self.tally.parts.update(self._reasons)
            self._reasons.clear()
            yield

    def _pn_user_of(self, lid_user: str) -> str | None:
        known = self.changes.pn_of(lid_user)
        return known or self.store.find_pn_user(self.account, lid_user)

    def _is_refused(self, lid: Jid, pn: Jid) -> bool:
        own = self.store.find_device(self.account)
        if own is None or own.jid is None or own.lid is None:
            return False
        return (lid.user == own.lid.user) != (pn.user == own.jid.user)

    def lid_of(self, pn: Jid) -> Jid | None:
        """The LID (with the device) of a PN, when it is known."""
        user = self.changes.lid_of(pn.user) or self.store.find_lid_user(self.account, pn.user)
        return Jid(user, LID_SERVER, pn.device) if user else None

    def pn_of(self, lid: Jid) -> Jid | None:
        """The PN (with the device) of a LID, when it is known."""
        user = self._pn_user_of(lid.user)
        return Jid(user, PN_SERVER, lid.device) if user else None

    def writes(self) -> list[Write]:
        """Everything to commit. Taken once, in the same step in which it is submitted: the order
        of commits is then the order of the inbox."""
        writes = self.changes.writes()
        for kind, (chat, sender, event_id), event in self._entries:
            seq = self.store.next_seq()
            self.events.append((seq, event))
            payload = encode_event(event)
            writes.append(
                AddInbox(self.account, seq, kind, chat, sender, event_id or str(seq), payload)
            )
        for names, payload in self._notifications:
            seq = self.store.next_seq()
            chat, sender, message_id = names
            writes.append(AddInbox(self.account, seq, HISTORY, *names, payload))
            self.histories.append(
                InboxRow(
                    seq=seq,
                    kind=HISTORY,
                    chat=chat,
                    sender=sender,
                    id=message_id,
                    payload=payload,
                )
            )
        self._entries.clear()
        self._notifications.clear()
        return writes
