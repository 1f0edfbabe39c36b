"""Random stories of a small world: who says what to whom, and what goes wrong meanwhile.

A story follows from its seed alone, chapter by chapter: a chapter refers to nothing outside itself,
so that one that fails can be told alone. Nothing here has I/O.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

ACTS: Final = 250
"""Messages in one chapter, by estimate; own ones that the server sends are besides."""
STATUS: Final = "status@broadcast"

OWNERS: Final = ("Olive", "Otto")
PEOPLE: Final = ("Ann", "Bob", "Cy", "Dee")
HIDDEN: Final = "Dee"
"""Nobody learns her phone number."""
SENDER: Final = "Olive"
"""Whose companion, the account `default`, is asked to send."""
NAMED: Final = ("Ann", "Bob", "Cy", "Otto")
"""Who is in her address book."""
ACCOUNTS: Final = {"default": "Olive", "twin": "Olive", "work": "Otto"}
"""Accounts of the server under test, and whose companions they are: two of them are one's."""
GROUPS: Final = {
    "Everybody": ("Ann", "Bob", "Cy", "Dee", "Olive", "Otto"),
    "Few": ("Ann", "Bob", "Olive"),
    "Others": ("Cy", "Dee", "Otto"),
}
ROWS: Final = frozenset({"text", "media", "poll", "location", "contact"})
"""Kinds that are rows of the archive; the others change one."""


@dataclass(frozen=True)
class Act:
    """Somebody says something. `target` is the act that it is about."""

    number: int
    who: str
    to: str
    kind: str
    text: str = ""
    target: int | None = None

    @property
    def is_row(self) -> bool:
        return self.kind in ROWS


@dataclass(frozen=True)
class Send:
    """The server is asked over HTTP to send a text, or a file with this caption."""

    number: int
    to: str
    text: str
    with_file: bool = False


@dataclass(frozen=True)
class Break:
    """A fault; `account` names the device it hits, "" is everybody's (media)."""

    account: str
    fault: tuple[tuple[str, Any], ...]

    @property
    def kind(self) -> str:
        return str(dict(self.fault)["kind"])


@dataclass(frozen=True)
class Breathe:
    """Until no more than so many stanzas wait, or for a moment."""

    waiting: int


@dataclass(frozen=True)
class Kill:
    """kill -9 of the server, and a new start."""


@dataclass(frozen=True)
class Cut:
    """The connections of an owner's companions end."""

    owner: str


@dataclass(frozen=True)
class Reinstall:
    """Somebody sets WhatsApp up anew: another identity, no session left."""

    who: str


Step = Act | Send | Break | Breathe | Kill | Cut | Reinstall

_SHUFFLING: Final = frozenset({"reorder", "delay"})
_DEAFENING: Final = frozenset({"mute", "no_ack", "ignore"})

_HARM: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "drop", "tag": "message"},
    {"kind": "drop", "tag": "message", "when": "after"},
    {"kind": "drop", "tag": "receipt", "count": 2},
    {"kind": "stream_error", "code": 503, "tag": "receipt"},
    {"kind": "stream_error", "code": 515, "tag": "receipt"},
    {"kind": "mute", "direction": "in", "count": 60},
    {"kind": "mute", "direction": "out", "count": None},
    {"kind": "duplicate", "count": 120, "probability": 0.5},
    {"kind": "reorder", "count": 25, "probability": 0.2},
    {"kind": "delay", "count": 15, "probability": 0.2, "delay_s": 0.3},
    {"kind": "garble", "count": 12, "probability": 0.15},
    {"kind": "no_ack", "count": 2},
    {"kind": "ack_delay", "count": 10, "delay_s": 0.2},
    {"kind": "hold", "count": None},
    {"kind": "no_prekeys", "count": None},
)
_AT_THE_DOOR: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "refuse", "code": 503},
    {"kind": "login_failure", "code": 503},
    {"kind": "login_failure", "code": 500},
)
_MEDIA_HARM: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "media_status", "code": 500, "count": 1},
    {"kind": "media_cut", "at_bytes": 700, "count": 2},
    {"kind": "media_corrupt", "count": 1},
)


@dataclass(frozen=True)
class Chapter:
    """What happens between two calm moments."""

    seed: int
    number: int
    steps: tuple[Step, ...]

    @property
    def acts(self) -> list[Act]:
        return [step for step in self.steps if isinstance(step, Act)]

    @property
    def sends(self) -> list[Send]:
        return [step for step in self.steps if isinstance(step, Send)]

    @property
    def shuffled(self) -> frozenset[str]:
        """Accounts whose stanzas the network itself puts into another order."""
        return frozenset(step.account for step in self._breaks if step.kind in _SHUFFLING)

    @property
    def deafens(self) -> bool:
        """Whether a connection may be left that looks well and is deaf."""
        return any(step.kind in _DEAFENING for step in self._breaks)

    @property
    def reinstalls(self) -> frozenset[str]:
        return frozenset(step.who for step in self.steps if isinstance(step, Reinstall))

    @property
    def refuses(self) -> bool:
        """Whether sends may be refused."""
        return any(step.kind == "nack" for step in self._breaks)

    @property
    def _breaks(self) -> list[Break]:
        return [step for step in self.steps if isinstance(step, Break)]

    def tell(self, about: Sequence[int] = ()) -> str:
        """The chapter in short: everything that goes wrong, and the acts named."""
        lines = [f"seed {self.seed}, chapter {self.number} of a random story:"]
        skipped = 0
        for step in self.steps:
            if isinstance(step, (Act, Send)) and step.number not in about:
                skipped += 1
                continue
            if skipped:
                lines.append(f"  ({skipped} messages)")
                skipped = 0
            lines.append(f"  {step}")
        return "\n".join([*lines, f"  ({skipped} messages)"])


@dataclass
class _Author:
    """Writes one chapter."""

    rng: random.Random
    number: int
    acts: int
    steps: list[Step] = field(default_factory=list[Step])
    said: list[Act] = field(default_factory=list[Act])
    changed: set[int] = field(default_factory=set[int])
    reacted: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    count: int = 0

    def next_number(self) -> int:
        self.count += 1
        return self.number * 10_000 + self.count

    def write(self) -> tuple[Step, ...]:
        rng = self.rng
        harm = self._harm()
        places = sorted(rng.choices(range(self.acts), k=len(harm)))
        for position in range(self.acts):
            while places and places[0] <= position:
                places.pop(0)
                self.steps.append(harm.pop(0))
            self._go_on()
        return tuple(self.steps)

    def _harm(self) -> list[Step]:
        """What goes wrong: some of it for every 250 messages."""
        harm = [step for _ in range(max(1, self.acts // ACTS)) for step in self._some_harm()]
        if self.rng.random() < 0.25:
            harm.append(Reinstall(self.rng.choice(PEOPLE)))
        elif self.rng.random() < 0.3:
            # not together: what is refused is not sent again to one who could not read it
            harm.append(_broken(self.rng, "default", {"kind": "nack", "code": 479}))
        self.rng.shuffle(harm)
        return harm

    def _some_harm(self) -> list[Step]:
        rng = self.rng
        accounts = list(ACCOUNTS)
        harm: list[Step] = [
            _broken(rng, rng.choice(accounts), rng.choice(_HARM)) for _ in range(rng.randint(1, 3))
        ]
        if rng.random() < 0.6:
            harm.append(_broken(rng, "", rng.choice(_MEDIA_HARM)))
        if rng.random() < 0.4:
            harm.append(_broken(rng, rng.choice(accounts), rng.choice(_AT_THE_DOOR)))
        harm += [Kill() for _ in range(rng.choice((0, 0, 1, 1, 2)))]
        harm += [Cut(rng.choice(OWNERS)) for _ in range(rng.choice((0, 0, 1)))]
        return harm

    def _go_on(self) -> None:
        draw = self.rng.random()
        if draw < 0.07:
            self._send()
        elif draw < 0.10:
            self.steps.append(Breathe(self.rng.choice((0, 5, 40))))
        elif draw < 0.30 and self.said:
            self._change()
        else:
            self._say()

    def _send(self) -> None:
        rng = self.rng
        number = self.next_number()
        groups = [name for name, members in GROUPS.items() if SENDER in members]
        places: list[str] = [*PEOPLE, "Otto", *groups]
        to = rng.choice([*places, STATUS] if rng.random() < 0.3 else places)
        with_file = rng.random() < 0.15 and to != STATUS
        self.steps.append(Send(number, to, f"sent {number}", with_file))

    def _say(self) -> None:
        rng = self.rng
        who = rng.choice((*PEOPLE, *PEOPLE, *OWNERS))
        places = [name for name, members in GROUPS.items() if who in members]
        places += [name for name in (*OWNERS, *OWNERS, *OWNERS) if name != who]
        if who in OWNERS:
            places += PEOPLE
        if rng.random() < 0.15:
            places = [STATUS]
        to = rng.choice(places)
        kind = rng.choices(("text", "media", "poll", "location", "contact"), (80, 8, 4, 4, 4))[0]
        if to == STATUS:
            kind = "text"
        self._add(who, to, kind)

    def _change(self) -> None:
        rng = self.rng
        target = rng.choice(self.said[-60:])
        if target.to == STATUS or target.number in self.changed:
            return
        members = [*GROUPS.get(target.to, (target.who, target.to))]
        if target.kind == "poll":
            who = rng.choice(members)
            if (who, target.number) not in self.reacted:
                self.reacted.add((who, target.number))
                self._add(who, target.to, "vote", target)
            return
        kind = rng.choices(("reaction", "edit", "revoke"), (60, 25, 15))[0]
        if kind == "reaction":
            who = rng.choice(members)
            if (who, target.number) not in self.reacted:
                self.reacted.add((who, target.number))
                self._add(who, target.to, "reaction", target)
        elif kind == "revoke" or target.kind == "text":
            self.changed.add(target.number)
            self._add(target.who, target.to, kind, target)

    def _add(self, who: str, to: str, kind: str, target: Act | None = None) -> None:
        number = self.next_number()
        if target is not None and to not in GROUPS:
            to = target.to if who == target.who else target.who
        act = Act(number, who, to, kind, f"{kind} {number}", target.number if target else None)
        self.steps.append(act)
        if act.is_row:
            self.said.append(act)


def _broken(rng: random.Random, account: str, fault: dict[str, Any]) -> Break:
    seeded = {**fault, "seed": rng.randrange(1_000_000)} if "probability" in fault else fault
    return Break(account, tuple(seeded.items()))


def write_chapter(seed: int, number: int, acts: int = ACTS) -> Chapter:
    """The chapter with this number of the story of this seed."""
    rng = random.Random(f"{seed}/{number}")
    return Chapter(seed, number, _Author(rng, number, acts).write())


def audience(act: Act | Send) -> frozenset[str]:
    """Who gets a message, whoever sent it included."""
    who = act.who if isinstance(act, Act) else SENDER
    if act.to == STATUS:
        # a resident tells everybody; a companion those in its owner's address book
        return frozenset((*OWNERS, *PEOPLE) if isinstance(act, Act) else (who, *NAMED))
    return frozenset(GROUPS.get(act.to, (who, act.to)))
