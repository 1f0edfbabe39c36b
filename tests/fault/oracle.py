"""What an archive must hold when a chapter of a random story is told, and what it may not hold."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from fault.addresses import count_moves, unanswered, wrong_addresses
from fault.receipts import wrong_receipts
from fault.story import (
    ACCOUNTS,
    GROUPS,
    OWNERS,
    PEOPLE,
    SENDER,
    STATUS,
    Act,
    Chapter,
    Send,
    audience,
)
from fault.telling import LIMIT_S, World, file_of
from peers.child import until

_CREATED: Final = ("message.received", "message.sent", "status.received")
_UNREAD: Final = ("message.undecryptable", "message.recovered")
_CHANGED: Final = {
    "reaction": "message.reaction",
    "edit": "message.edited",
    "revoke": "message.revoked",
    "vote": "poll.vote",
}

_SKEW_MS: Final = 3000
"""The times of messages are whole seconds."""

Place = tuple[str, str, str]
"""Account, chat and message id."""


@dataclass(frozen=True)
class Row:
    """What a row of the archive says."""

    sender: str
    text: str
    kind: str
    from_me: bool
    revoked: bool
    state: str | None


@dataclass
class Found:
    """Rows and events that came since the last look."""

    rows: dict[Place, Row] = field(default_factory=dict[Place, Row])
    events: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    """Account, type, and the id of what it is about."""
    order: list[Place] = field(default_factory=list[Place])
    """The rows as they were told."""
    early: int = 0
    """Changes that came before what they change."""


class Broken(AssertionError):
    """A promise is broken; says which, and the chapter in short."""


class Oracle:
    """Compares the archive with the chapters told so far."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._seq = self._newest_event()
        self._known: set[Place] = set()
        self._since_ms = 0
        self._arrived: dict[str, int] = {}
        self._last_arrival: dict[str, int] = {}
        self.rows = 0
        self.recovered = 0
        self.moved = 0
        """Chats that moved to another address."""
        self.early = 0
        """Changes that came before what they change."""

    def begin(self) -> None:
        """A chapter begins: what is older than this moment is known."""
        self._since_ms = int(time.time() * 1000) - _SKEW_MS

    async def judge(self, chapter: Chapter) -> None:
        """Raises Broken, with the acts that it is about."""
        expected = self._expected(chapter)
        changes = self._expected_changes(chapter)
        found = Found()

        def settled() -> bool:
            nonlocal expected, found
            # anew each time: that somebody has it may show only now that a message was sent
            expected, found = self._expected(chapter), self._look()
            missing = expected.keys() - found.rows.keys()
            unread = [at for at, row in found.rows.items() if row.kind == "undecryptable"]
            return not missing and not unread and not changes - found.events

        try:
            await until(settled, LIMIT_S, "", poll_s=0.1)
        except AssertionError:
            self._explain_missing(chapter, expected, changes, found)
        self._compare(chapter, expected, changes, found)
        self._compare_order(chapter, found)
        await self._compare_arrivals(chapter)
        await self._compare_receipts(chapter)
        await self._compare_addresses(chapter)
        self.rows += len(found.rows)
        self.early += found.early
        self._known |= found.rows.keys()
        self._seq = self._newest_event()

    def judge_all(self) -> None:
        """At the end, with the server stopped: the whole archive."""
        server = self.world.server
        for name in ("messages.db", "whatsapp.db"):
            assert server.query("PRAGMA integrity_check", database=name) == ["ok"]
        assert server.count("rejected") == 0
        assert server.count("messages", "kind = 'undecryptable'") == 0
        assert server.count("open_messages", database="whatsapp.db") == 0
        kept = server.query("SELECT account, kind, id FROM inbox", database="whatsapp.db")
        assert not kept, kept[:3]
        assert server.count("messages") == self.rows
        twice = server.query(
            "SELECT account, type, json_extract(data, '$.id'), json_extract(data, '$.chat_jid')"
            " FROM events WHERE type IN (?, ?, ?, ?, ?) GROUP BY 1, 2, 3, 4 HAVING count(*) > 1",
            *_CREATED,
            *_UNREAD,
        )
        assert not twice, twice[:3]
        self._judge_files()

    async def wait_files(self) -> None:
        """Until no file waits to be downloaded."""
        server = self.world.server
        await until(
            lambda: not server.count("messages", "media_state = 'pending'"),
            2 * LIMIT_S,
            lambda: str(server.query("SELECT media_state, count(*) FROM messages GROUP BY 1")),
            poll_s=0.2,
        )

    def _judge_files(self) -> None:
        server = self.world.server
        sent = {message_id: number for number, message_id in self.world.ids.items()}
        files = server.query(
            "SELECT media_state, media_path, file_sha256, id FROM messages"
            " WHERE file_sha256 NOT NULL"
        )
        assert {one[0] for one in files} <= {"available"}, Counter(one[0] for one in files)
        for _, path, sha256, message_id in files:
            data = (server.store / path).read_bytes()
            assert hashlib.sha256(data).digest() == sha256, path
            assert message_id not in sent or data == file_of(sent[message_id]), path

    # -- what must be --

    def _expected(self, chapter: Chapter) -> dict[Place, Act | None]:
        """Each place that a row must have, and the act that it is; None for one of the server."""
        world = self.world
        expected: dict[Place, Act | None] = {}
        for act in chapter.acts:
            if act.is_row:
                for account, chat in self._places(act):
                    expected[account, chat, world.ids[act.number]] = act
        for send in chapter.sends:
            message_id, refused = self._sent(send)
            for account, chat in self._places(send):
                if account == "default" or not refused:
                    expected[account, chat, message_id] = None
        return expected

    def _expected_changes(self, chapter: Chapter) -> Counter[tuple[str, str, str]]:
        """The events that tell of changes."""
        world = self.world
        wanted: Counter[tuple[str, str, str]] = Counter()
        for act in chapter.acts:
            kind = _CHANGED.get(act.kind)
            if kind is None:
                continue
            about = act.number if act.kind != "revoke" or act.target is None else act.target
            for account, _ in self._places(act):
                wanted[account, kind, world.ids[about]] += 1
        return wanted

    def _places(self, act: Act | Send) -> list[tuple[str, str]]:
        """Accounts that get a message, and the chat it lies in there."""
        world = self.world
        who = act.who if isinstance(act, Act) else SENDER
        places: list[tuple[str, str]] = []
        for account, owner in ACCOUNTS.items():
            if owner not in audience(act):
                continue
            if act.to == STATUS or act.to in GROUPS:
                chat = world.address(act.to)
            else:
                chat = world.residents[act.to if owner == who else who].jid
            places.append((account, chat))
        return places

    def _sent(self, send: Send) -> tuple[str, bool]:
        """The id of a message of the server, and whether WhatsApp refused it in the end."""
        kept = self.world.kept(send)
        if len(kept) != 1:
            raise Broken(f"{send.text!r} was asked for once and is kept {len(kept)} times")
        message_id, state = kept[0]
        return message_id, state == "failed"

    # -- what is --

    def _newest_event(self) -> int:
        return int(self.world.server.query("SELECT coalesce(max(seq), 0) FROM events")[0])

    def _look(self) -> Found:
        server = self.world.server
        found = Found()
        for account, chat, message_id, *rest in server.query(
            "SELECT account, chat_jid, id, sender, content, kind, is_from_me,"
            " revoked_ms NOT NULL, state FROM messages WHERE timestamp_ms >= ?",
            self._since_ms,
        ):
            sender, text, kind, from_me, revoked, state = rest
            if (account, chat, message_id) not in self._known:
                found.rows[account, chat, message_id] = Row(
                    sender, text, kind, bool(from_me), bool(revoked), state
                )
        for account, kind, data in server.query(
            "SELECT account, type, data FROM events WHERE seq > ? ORDER BY seq", self._seq
        ):
            if kind in _CREATED or kind in _UNREAD or kind in _CHANGED.values():
                told = json.loads(data)
                about = told["edit_id"] if kind == "message.edited" else told["id"]
                found.events[account, kind, about] += 1
                found.early += told.get("pending", False)
                if kind in _CREATED or kind == "message.undecryptable":
                    found.order.append((account, told["chat_jid"], about))
        return found

    # -- comparing --

    def _explain_missing(
        self,
        chapter: Chapter,
        expected: dict[Place, Act | None],
        changes: Counter[tuple[str, str, str]],
        found: Found,
    ) -> None:
        missing = sorted(expected.keys() - found.rows.keys())
        unread = sorted(at for at, row in found.rows.items() if row.kind == "undecryptable")
        untold = sorted(changes - found.events)
        raise Broken(
            self._report(
                chapter,
                f"{len(missing)} missing {missing[:3]}, {len(unread)} unread {unread[:3]}, "
                f"{len(untold)} untold {untold[:3]}",
                {place[2] for place in (*missing, *unread, *untold)},
            )
        )

    def _compare(
        self,
        chapter: Chapter,
        expected: dict[Place, Act | None],
        changes: Counter[tuple[str, str, str]],
        found: Found,
    ) -> None:
        strange = sorted(found.rows.keys() - expected.keys())
        wrong = [
            place
            for place, act in expected.items()
            if act is not None and not self._is_right(chapter, act, found.rows[place])
        ]
        miscounted = [place for place in expected if not self._told_once(place, found)]
        told_twice = sorted(
            event
            for event, count in found.events.items()
            if event[1] in _CHANGED.values() and count != changes[event]
        )
        if strange or wrong or miscounted or told_twice:
            about = {place[2] for place in (*strange, *wrong, *miscounted, *told_twice)}
            text = (
                f"strange rows {strange[:3]}, wrong rows {wrong[:3]}, "
                f"rows without their one event {miscounted[:3]}, changes not told once "
                f"{told_twice[:3]}"
            )
            raise Broken(self._report(chapter, text, about))

    def _told_once(self, place: Place, found: Found) -> bool:
        """One event of its making: at once, or when it could not be read and when it could."""
        account, _, message_id = place
        told = [found.events[account, kind, message_id] for kind in _CREATED]
        unread, recovered = (found.events[account, kind, message_id] for kind in _UNREAD)
        if unread:
            self.recovered += 1
            return (unread, recovered, sum(told)) == (1, 1, 0)
        failed = found.rows[place].state == "failed"
        return (recovered, sum(told)) == (0, 0 if failed else 1)

    def _is_right(self, chapter: Chapter, act: Act, row: Row) -> bool:
        changes = {one.kind: one for one in chapter.acts if one.target == act.number}
        text = changes["edit"].text if "edit" in changes else act.text
        return (
            row.sender == self.world.residents[act.who].jid
            and row.revoked == ("revoke" in changes)
            and (act.kind != "text" or row.text == text)
            and (row.kind == "text") == (act.kind == "text")
        )

    def _compare_order(self, chapter: Chapter, found: Found) -> None:
        """In each chat the rows are told as the acts were, unless the network turned them."""
        order = {self.world.ids[act.number]: act.number for act in chapter.acts if act.is_row}
        last: dict[tuple[str, str], tuple[int, str]] = {}
        for account, chat, message_id in found.order:
            number = order.get(message_id)
            if number is None or account in chapter.shuffled:
                continue
            before, before_id = last.get((account, chat), (0, ""))
            if number < before:
                raise Broken(
                    self._report(
                        chapter, f"{account}: out of order in {chat}", {message_id, before_id}
                    )
                )
            last[account, chat] = number, message_id

    async def _compare_receipts(self, chapter: Chapter) -> None:
        """Everybody who has what the server sent, and nobody else, is known to have it."""
        kept = {self._sent(send): send for send in chapter.sends}
        sends = {message_id: send for (message_id, refused), send in kept.items() if not refused}
        wrong: dict[str, str] = {}

        def all_right() -> bool:
            nonlocal wrong
            wrong = wrong_receipts(self.world, sends, self._since_ms, self._seq)
            return not wrong

        try:
            await until(all_right, LIMIT_S, "", poll_s=0.1)
        except AssertionError:
            text = f"wrong receipts {dict(list(wrong.items())[:3])}"
            raise Broken(self._report(chapter, text, wrong)) from None

    async def _compare_addresses(self, chapter: Chapter) -> None:
        """Each newcomer is one person with one chat, which both addresses lead to."""
        wrong: list[str] = []

        async def one_each() -> bool:
            wrong[:] = wrong_addresses(self.world, chapter) or await unanswered(self.world, chapter)
            return not wrong

        try:
            await until(one_each, LIMIT_S, "", poll_s=0.1)
        except AssertionError:
            raise Broken(self._report(chapter, f"{wrong[:3]}", ())) from None
        moves = count_moves(self.world, chapter, self._seq)
        if any(count > 1 for count in moves.values()):
            raise Broken(self._report(chapter, f"chats moved more than once: {moves}", ()))
        self.moved += len(moves)

    async def _compare_arrivals(self, chapter: Chapter) -> None:
        """What the server sent came to everybody it was for, once."""
        for name in (*PEOPLE, *OWNERS, *chapter.newcomers):
            wanted = sorted(
                send.text
                for send in chapter.sends
                if name in audience(send) and not self._sent(send)[1]
            )
            got: list[str] = []

            async def has_come(who: str, got: list[str], wanted: list[str]) -> bool:
                got[:] = await self._arrivals(who)
                return not set(wanted) - set(got)

            try:
                await until(partial(has_come, name, got, wanted), LIMIT_S, "", poll_s=0.1)
            except AssertionError:
                lost = sorted(set(wanted) - set(got))
                raise Broken(
                    self._report(chapter, f"{name} did not get {lost[:3]}", lost)
                ) from None
            if sorted(got) != wanted:
                more = sorted(Counter(got) - Counter(wanted))
                raise Broken(self._report(chapter, f"{name} got too much: {more[:3]}", more))
            self._arrived[name] = self._last_arrival.get(name, 0)

    async def _arrivals(self, name: str) -> list[str]:
        """What came to somebody from the server since the last chapter."""
        resident, after = self.world.residents[name], self._arrived.get(name, 0)
        arrivals = await self.world.network.arrivals(resident, after)
        self._last_arrival[name] = max((one.seq for one in arrivals), default=after)
        return [one.text for one in arrivals if one.text.startswith("sent ")]

    def _report(self, chapter: Chapter, what: str, ids: Collection[str]) -> str:
        """What is wrong, and the chapter with the acts of these ids (or texts)."""
        numbers = {message_id: number for number, message_id in self.world.ids.items()}
        numbers |= {send.text: send.number for send in chapter.sends}
        numbers |= {self._sent(send)[0]: send.number for send in chapter.sends}
        about = {numbers[message_id] for message_id in ids if message_id in numbers}
        about |= {one.target for one in chapter.acts if one.number in about and one.target}
        return f"{what}\n{chapter.tell(sorted(about)[:12])}"
