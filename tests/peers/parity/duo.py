"""The real whatsmeow and the native engine in the same scenes on one sandbox.

A scene is played by both sides, and then both must have said the same: stanza by stanza, what
every recipient decrypted, and the order where it matters (`orders.LANES`). What may differ is a
row of docs/decisions/0005 (`differences`).

How to write a scene, in a test of `tests/wire/parity/` that takes the fixture `duo`::

    pytestmark = [pytest.mark.whatsmeow, pytest.mark.asyncio(loop_scope="module")]

    async def test_a_reaction(duo: Duo):
        await duo.meet("stranger")                     # a person in each side's world
        await duo.gather("team", "friend", "stranger") # a group of them and the client
        await duo.each(lambda side: side.hear("hi"))   # the friend writes, the client takes it
        await duo.say("friend", lambda side: {...}, lambda side: Reaction(...))
        await duo.play(                                # anything else
            lambda: duo.ada.call("op", ...), lambda: duo.wig.engine.do(...)
        )

`ada` is whatsmeow (`call` runs an operation of peers.whatsmeow_operations), `wig` the engine;
`theirs` and `ours` are their sides. `do` runs an operation beside what ours does. `play`, `do`,
`each` and `say` end with `agree`, which waits until both have said the same since the last time,
and fails with the difference. A side has a `friend`,
a `bystander` and a `group` of the three from the start; `side.jid(name)` is an address by its
word, `side.call(kind, id)` gives an id a word, `side.nodes()` are the raw stanzas of the scene.
`fetch` plays one side after the other and compares their HTTP requests. Tests of a module share
their duo, in any order: a test makes the people that must be new, and leaves nothing half done.

A difference is mended in the engine. One that is meant becomes a row of docs/decisions/0005 with
its reason, and a rule in `differences` that names the row and is as narrow as it can be.
"""

import asyncio
import platform
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest

from peers.native import NativePeer
from peers.parity.differences import OURS, THEIRS, said, unexplained
from peers.parity.ears import Ears
from peers.parity.orders import disorder
from peers.parity.requests import request_lines
from peers.parity.side import Side
from peers.reporting_switch import MACHINE
from peers.stage import Companion, Stage, until
from wigwag.model.content import Content

AGREE_S = 10.0

Act = Callable[[], Awaitable[object]]
Deed = Callable[[Side, NativePeer], Awaitable[object]]


@dataclass
class Duo:
    """The real client and ours, and what each has said."""

    stage: Stage
    ears: Ears
    ada: Companion
    wig: NativePeer
    theirs: Side
    ours: Side

    @classmethod
    async def open(
        cls, stage: Stage, ears: Ears, before: Callable[[str], None] | None = None
    ) -> "Duo":
        """Both are linked, with a friend, a bystander and a group, and have agreed on the login.

        `before` is called with the name of each phone, before it has a companion.
        """
        if platform.machine() != MACHINE:
            pytest.skip(f"whatsmeow's reporting tokens can be switched on for {MACHINE} only")
        ada, wig = stage.companion("Ada"), stage.native("Wig", through_proxy=True)
        ada.reporting = True
        if before is not None:
            for client in (ada, wig):
                before(client.phone.name)
        await asyncio.gather(ada.link(), wig.link())
        await ada.wait_app_state()
        duo = cls(stage, ears, ada, wig, Side(ada, stage, ears), Side(wig, stage, ears))
        await duo.meet("friend", "bystander")
        await duo.gather("group", "friend", "bystander")
        assert len(duo.theirs.stanzas()) > 15
        await duo.agree()
        return duo

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.theirs, self.ours

    # -- who is there --

    async def meet(self, *names: str) -> None:
        """People of these names come into both worlds; nobody has heard of them before."""
        for side in self.sides:
            for name in names:
                assert name not in side.people, f"{name} is there already"
                side.people[name] = self.stage.sandbox.add_person(name=name.title())

    async def meet_phone(self, name: str) -> None:
        """The owner of a phone with one companion, which nobody uses, comes into both worlds."""
        for side in self.sides:
            phone = self.stage.sandbox.add_phone(name=name.title())
            guest = NativePeer(self.stage.directory, self.stage.sandbox, phone)
            await guest.link()
            await guest.close()
            side.people[name] = phone

    async def gather(self, name: str, creator: str, *others: str, addressing: str = "lid") -> None:
        """A group in both worlds: made by `creator`, with the client and others in it."""
        for side in self.sides:
            members = [side.jid(creator), side.client.pn, *map(side.jid, others)]
            made = self.stage.sandbox.create_group(
                name.title(), members, creator=members[0], addressing=addressing
            )
            side.groups[name] = made.jid
        await until(self._settled)

    # -- scenes --

    async def play(self, theirs: Act, ours: Act) -> None:
        """Both act at once, and agree."""
        await asyncio.gather(theirs(), ours())
        await self.agree()

    async def do(self, op: str, ours: Deed, **arguments: Callable[[Side], Any]) -> None:
        """An operation of whatsmeow, its arguments made from its side; and what ours does."""

        async def theirs() -> None:
            await self.ada.call(op, **{name: make(self.theirs) for name, make in arguments.items()})

        await self.play(theirs, lambda: ours(self.ours, self.wig))

    async def each(self, scene: Callable[[Side], Awaitable[object]]) -> None:
        """A scene that reads the same for both."""
        await self.play(lambda: scene(self.theirs), lambda: scene(self.ours))

    async def say(
        self,
        chat: str,
        theirs: Callable[[Side], dict[str, Any]],
        ours: Callable[[Side], Content],
    ) -> None:
        """Both send a message: a waE2E.Message in its JSON form, and a content."""

        async def one() -> None:
            side = self.theirs
            side.call("said", await self.ada.send(side.jid(chat), theirs(side)))

        async def other() -> None:
            side = self.ours
            side.call("said", (await self.wig.send(side.jid(chat), ours(side))).id)

        await self.play(one, other)

    async def fetch(self, theirs: Act, ours: Act) -> None:
        """One after the other; their HTTP requests are the same, too."""
        lines: list[list[str]] = []
        for act in (theirs, ours):
            begin = len(self.ears.requests)
            await act()
            # A history file of the login may be deleted as late as this.
            heads = [head for head in self.ears.requests[begin:] if "/md-" not in head.target]
            lines.append(request_lines(heads))
        left = unexplained(lines[1], lines[0])
        if left:
            fail("HTTP requests differ", left)
        await self.agree()

    # -- agreement --

    async def agree(self) -> None:
        """Until both have said the same since the last agreement. Fails with what is left."""

        async def same() -> bool:
            return await self._settled() and not self.left()

        try:
            await until(same, timeout_s=AGREE_S)
        except TimeoutError:
            left = self.left()
            self._begin()
            fail("stanzas and bodies differ", left)
        muddled = disorder(said(self.ours.stanzas(), OURS), said(self.theirs.stanzas(), THEIRS))
        wrong = [line for side in self.sides for line in side.wrong_tokens()]
        self._begin()
        if wrong:
            fail("reporting tokens do not fit their messages", wrong)
        if muddled:
            fail("the order differs", muddled)

    def left(self) -> list[str]:
        """What one side said and the other did not, as far as it is not explained."""
        ours = [*self.ours.stanzas(), *self.ours.bodies()]
        theirs = [*self.theirs.stanzas(), *self.theirs.bodies()]
        return unexplained(ours, theirs)

    async def _settled(self) -> bool:
        return all(side.settled for side in self.sides)

    def _begin(self) -> None:
        for side in self.sides:
            side.begin()


def fail(title: str, lines: list[str]) -> NoReturn:
    """End a test with a difference."""
    report = f"{title}: engine (+), whatsmeow (-)\n" + "\n".join(lines)
    pytest.fail(report, pytrace=False)
