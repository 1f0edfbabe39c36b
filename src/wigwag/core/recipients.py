"""Whether a recipient exists, asked before anything is kept."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.identity import Recording, plain
from wigwag.core.naming import is_person
from wigwag.core.numbers import other_forms
from wigwag.model.account import ConnectionState
from wigwag.model.errors import NotConnected, NotOnWhatsApp, WigwagError
from wigwag.model.instant import ms_of
from wigwag.model.jid import PN_SERVER, Jid, parse_jid
from wigwag.model.record import NumberRecord
from wigwag.ports import Archive, ArchiveTx, Clock, Engine, NumberCheck

MAX_KNOWN: Final = 10_000
THERE_S: Final = 7 * 86_400
NOT_THERE_S: Final = 300
"""How long an answer of the server holds: that somebody is on WhatsApp, and that nobody is."""
REMEMBERED_S: Final = 600.0
"""How long an answer is taken from memory, without a look into the archive."""


def addressee(chat: str, to: Jid, leads_to: str) -> Jid:
    """Whom a message is for that waited: the person whose chat it is, wherever `to` leads now.

    A LID stays as it is while it leads to the chat. A number does not: it may be another
    person's by now, or be written otherwise than the server writes it.
    """
    if not is_person(chat) or str(to) == chat or (to.is_lid and leads_to == chat):
        return to
    return parse_jid(chat)


class _Known(NamedTuple):
    address: Jid
    until_s: float


class Recipients:
    """Numbers are checked with the server at first contact, and answers kept in the archive.

    Whom the archive knows by both addresses exists.
    """

    def __init__(self, archive: Archive, clock: Clock = SYSTEM_CLOCK) -> None:
        self._archive = archive
        self._clock = clock
        self._known: dict[tuple[str, Jid], _Known] = {}

    async def check(self, engine: Engine, to: Jid) -> Jid:
        """The address to send to, as the server writes it (Brazil, Mexico and Argentina differ).

        Raises NotOnWhatsApp. While the server cannot be asked the address is taken as it is: the
        message waits, and is checked before it leaves.
        """
        if not to.is_pn:
            return to
        account = engine.account
        known = self._known.get((account, to))
        if known is not None and known.until_s > self._clock.monotonic():
            return known.address
        answer = await self._archive.find_number(account, to.user)
        if answer is None or not self._is_fresh(answer):
            return await self._first_contact(engine, to)
        return self._taken(to, answer)

    async def look_up(self, engine: Engine, phones: Sequence[str]) -> dict[str, NumberRecord]:
        """What WhatsApp says of numbers (digits); an answer that is kept holds as in `check`.

        Raises NotConnected, and what an engine's requests raise.
        """
        known: dict[str, NumberRecord] = {}
        for phone in phones:
            answer = await self._archive.find_number(engine.account, phone)
            if answer is not None and self._is_fresh(answer):
                known[phone] = answer
        missing = [phone for phone in phones if phone not in known]
        if missing:
            known |= await self._keep(engine.account, await self._ask(engine, missing))
        return known

    async def _first_contact(self, engine: Engine, to: Jid) -> Jid:
        account = engine.account
        address = await self._archive.resolve(account, to)
        chat = await self._archive.find_chat(account, address)
        if address == str(to) and chat is not None and chat.lid:
            return self._remember(account, to, to)
        if engine.state.state is not ConnectionState.CONNECTED:
            return parse_jid(address)
        try:
            found = await self._ask(engine, [to.user])
        except NotConnected:
            return parse_jid(address)
        except WigwagError as error:
            raise NotConnected("WhatsApp did not answer whether this number exists.") from error
        kept = await self._keep(account, found)
        return self._taken(to, kept[to.user])

    def _taken(self, to: Jid, answer: NumberRecord) -> Jid:
        if not answer.jid:
            raise NotOnWhatsApp
        return self._remember(answer.account, to, parse_jid(answer.jid))

    async def _ask(self, engine: Engine, phones: Sequence[str]) -> dict[str, NumberCheck]:
        """The numbers as they were given; only where nobody has one, the other ways to write it."""
        found = dict(zip(phones, await engine.check_numbers(phones), strict=True))
        absent = [phone for phone in phones if found[phone].jid is None]
        forms = [(phone, form) for phone in absent for form in other_forms(phone)]
        if forms:
            answers = await engine.check_numbers([form for _, form in forms])
            for (phone, _), answer in zip(forms, answers, strict=True):
                if answer.jid is not None and found[phone].jid is None:
                    found[phone] = answer
        return found

    async def _keep(
        self, account: str, found: Mapping[str, NumberCheck]
    ) -> dict[str, NumberRecord]:
        """Keep what WhatsApp said, and who is whom by it."""
        now_ms = ms_of(self._clock.now())
        answers = {
            phone: NumberRecord(account, phone, _address_in(check), now_ms)
            for phone, check in found.items()
        }

        def unit(tx: ArchiveTx) -> None:
            rec = Recording(tx, account, now_ms)
            for phone, check in found.items():
                tx.people.save_number(answers[phone])
                if check.jid is not None:
                    asked = Jid(phone, PN_SERVER)
                    rec.canonical(asked if check.jid.is_lid else check.jid, check.lid)
                    rec.same_number(asked, check.jid)

        await self._archive.write(unit)
        return answers

    def _is_fresh(self, answer: NumberRecord) -> bool:
        age_ms = ms_of(self._clock.now()) - answer.checked_ms
        return 0 <= age_ms < (THERE_S if answer.jid else NOT_THERE_S) * 1000

    def _remember(self, account: str, asked: Jid, address: Jid) -> Jid:
        while len(self._known) >= MAX_KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[account, asked] = _Known(address, self._clock.monotonic() + REMEMBERED_S)
        return address


def _address_in(check: NumberCheck) -> str:
    return str(plain(check.jid)) if check.jid is not None else ""
