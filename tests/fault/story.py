"""Random stories of a small world: who says what to whom, and what goes wrong meanwhile.

A story follows from its seed alone, chapter by chapter: a chapter refers to nothing outside itself,
so that one that fails can be told alone. Nothing here has I/O.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from fault.mishaps import (
    AT_THE_DOOR,
    DEAFENING,
    HARM,
    MEDIA_HARM,
    OVERTAKEN,
    PHONE_HARM,
    RECEIPT_HARM,
    SHUFFLING,
    TWICE,
    FaultFields,
)

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
NEWCOMERS: Final = {"Eve": "lid", "Fay": "pn"}
"""Who may move in during a chapter, and the only address of theirs that is known at first."""
GROUPS: Final = {
    "Everybody": ("Ann", "Bob", "Cy", "Dee", "Olive", "Otto"),
    "Few": ("Ann", "Bob", "Olive"),
    "Others": ("Cy", "Dee", "Otto"),
}
FILES: Final = frozenset({"media", "lost"})
"""Kinds with a file; one that is lost WhatsApp does not have any more when the message comes."""
ROWS: Final = frozenset({"text", *FILES, "poll", "location", "contact"})
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
    """The server is asked over HTTP to send a text, or a file with this caption; `by` is the
    kind of address that it is given, lid or pn, or what everybody uses."""

    number: int
    to: str
    text: str
    with_file: bool = False
    by: str = ""


@dataclass(frozen=True)
class Break:
    """A fault; `account` names the device it hits, "" is everybody's (media, phones)."""

    account: str
    fault: tuple[tuple[str, Any], ...]

    @property
    def kind(self) -> str:
        return str(dict(self.fault)["kind"])

    @property
    def shuffles(self) -> bool:
        """Whether messages may come in another order thereby."""
        return self.kind in SHUFFLING and dict(self.fault).get("tag", "message") == "message"


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
    """Somebody sets WhatsApp up anew: another identity, no session left; `silent`: nobody is
    told of it."""

    who: str
    silent: bool = False


@dataclass(frozen=True)
class Read:
    """Somebody reads what came from the sender's account lately, and says so."""

    who: str


@dataclass(frozen=True)
class Arrive:
    """Somebody new moves in, of whom one address is known, lid or pn."""

    who: str
    known_by: str


@dataclass(frozen=True)
class Reveal:
    """Both addresses of a newcomer are told from now on: to one owner by a notification, to all
    by what comes next, which names the newcomer by `addressing`."""

    who: str
    owner: str
    notice: str
    addressing: str


Step = Act | Send | Break | Breathe | Kill | Cut | Reinstall | Read | Arrive | Reveal


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
        return frozenset(step.account for step in self._breaks if step.shuffles)

    @property
    def deafens(self) -> bool:
        """Whether a connection may be left that looks well and is deaf."""
        return any(step.kind in DEAFENING for step in self._breaks)

    @property
    def reinstalls(self) -> frozenset[str]:
        return frozenset(step.who for step in self.steps if isinstance(step, Reinstall))

    @property
    def newcomers(self) -> tuple[str, ...]:
        return tuple(step.who for step in self.steps if isinstance(step, Arrive))

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
    known_by: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The newcomers, and the kinds of addresses that are known of them."""
    count: int = 0

    def next_number(self) -> int:
        self.count += 1
        return self.number * 10_000 + self.count

    def write(self) -> tuple[Step, ...]:
        rng = self.rng
        harm = self._harm()
        places = sorted(rng.choices(range(self.acts), k=len(harm)))
        turns = self._turns()
        for position in range(self.acts):
            while places and places[0] <= position:
                places.pop(0)
                self.steps.append(harm.pop(0))
            for turn in turns.get(position, ()):
                turn()
            self._go_on()
        return tuple(self.steps)

    def _turns(self) -> dict[int, list[Callable[[], None]]]:
        """When newcomers come, when it is told who they are, when changes come too early."""
        rng = self.rng
        turns: dict[int, list[Callable[[], None]]] = {}
        for who, known_by in NEWCOMERS.items():
            if rng.random() < 0.6:
                comes = rng.randrange(self.acts // 2)
                told = rng.randrange(comes + 1, self.acts)
                name = f"{who} {self.number}"
                turns.setdefault(comes, []).append(partial(self._arrive, name, known_by))
                turns.setdefault(told, []).append(partial(self._reveal, name))
        if rng.random() < 0.4:
            account = rng.choice(list(ACCOUNTS))
            for fault in (OVERTAKEN, TWICE):
                change = partial(self._change_strangely, account, fault)
                turns.setdefault(rng.randrange(self.acts), []).append(change)
        return turns

    def _change_strangely(self, account: str, fault: FaultFields) -> None:
        """Say something and change it at once; to one account the change comes before what it
        changes, or twice."""
        rng = self.rng
        owner = ACCOUNTS[account]
        who = rng.choice(PEOPLE)
        if fault is OVERTAKEN:
            self.steps.append(_broken(rng, account, fault))
        said = self._add(who, rng.choice((owner, "Everybody")), "text")
        if fault is TWICE:
            self.steps.append(_broken(rng, account, fault))
        self.changed.add(said.number)
        self._add(who, said.to, rng.choice(("edit", "edit", "revoke")), said)

    def _arrive(self, who: str, known_by: str) -> None:
        self.known_by[who] = (known_by,)
        self.steps.append(Arrive(who, known_by))
        self._add(who, SENDER, "text")
        self._add(who, SENDER, "media")

    def _reveal(self, who: str) -> None:
        rng = self.rng
        self.known_by[who] = ("lid", "pn")
        notice = rng.choice(("devices", "contacts", "privacy_token"))
        addressing = rng.choice(("lid", "pn"))
        self.steps.append(Reveal(who, rng.choice(OWNERS), notice, addressing))
        for owner in OWNERS:
            self._add(who, owner, "text")

    def _harm(self) -> list[Step]:
        """What goes wrong: some of it for every 250 messages."""
        harm = [step for _ in range(max(1, self.acts // ACTS)) for step in self._some_harm()]
        if self.rng.random() < 0.25:
            harm.append(Reinstall(self.rng.choice(PEOPLE), silent=self.rng.random() < 0.3))
        elif self.rng.random() < 0.3:
            # not together: what is refused is not sent again to one who could not read it
            harm.append(_broken(self.rng, "default", {"kind": "nack", "code": 479}))
        self.rng.shuffle(harm)
        return harm

    def _some_harm(self) -> list[Step]:
        rng = self.rng
        accounts = list(ACCOUNTS)
        harm: list[Step] = [
            _broken(rng, rng.choice(accounts), rng.choice(HARM)) for _ in range(rng.randint(1, 3))
        ]
        if rng.random() < 0.7:
            harm.append(_broken(rng, "", rng.choice(MEDIA_HARM)))
        if rng.random() < 0.5:
            harm.append(_broken(rng, "default", rng.choice(RECEIPT_HARM)))
        if rng.random() < 0.4:
            harm.append(_broken(rng, rng.choice(accounts), rng.choice(AT_THE_DOOR)))
        if rng.random() < 0.3:
            harm.append(_broken(rng, "", PHONE_HARM))
        harm += [Kill() for _ in range(rng.choice((0, 0, 1, 1, 2)))]
        harm += [Cut(rng.choice(OWNERS)) for _ in range(rng.choice((0, 0, 1)))]
        return harm

    def _go_on(self) -> None:
        draw = self.rng.random()
        if draw < 0.07:
            self._send()
        elif draw < 0.10:
            self.steps.append(Breathe(self.rng.choice((0, 5, 40))))
        elif draw < 0.11:
            self.steps.append(Read(self.rng.choice((*PEOPLE, *self.known_by))))
        elif draw < 0.30 and self.said:
            self._change()
        else:
            self._say()

    def _send(self) -> None:
        rng = self.rng
        number = self.next_number()
        groups = [name for name, members in GROUPS.items() if SENDER in members]
        places: list[str] = [*PEOPLE, "Otto", *groups, *self.known_by]
        to = rng.choice([*places, STATUS] if rng.random() < 0.3 else places)
        with_file = rng.random() < 0.15 and to != STATUS
        by = rng.choice(self.known_by[to]) if to in self.known_by else ""
        self.steps.append(Send(number, to, f"sent {number}", with_file, by))

    def _say(self) -> None:
        rng = self.rng
        who = rng.choice((*PEOPLE, *PEOPLE, *OWNERS, *self.known_by))
        places = [name for name, members in GROUPS.items() if who in members]
        places += [name for name in (*OWNERS, *OWNERS, *OWNERS) if name != who]
        if who in OWNERS:
            places += (*PEOPLE, *self.known_by)
        if rng.random() < 0.15:
            places = [STATUS]
        to = rng.choice(places)
        kinds = ("text", "media", "lost", "poll", "location", "contact")
        kind = rng.choices(kinds, (80, 7, 1, 4, 4, 4))[0]
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

    def _add(self, who: str, to: str, kind: str, target: Act | None = None) -> Act:
        number = self.next_number()
        if target is not None and to not in GROUPS:
            to = target.to if who == target.who else target.who
        act = Act(number, who, to, kind, f"{kind} {number}", target.number if target else None)
        self.steps.append(act)
        if act.is_row:
            self.said.append(act)
        return act


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
