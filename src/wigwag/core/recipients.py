"""Whether a recipient exists, asked before anything is kept."""

from typing import Final, NamedTuple

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.identity import Recording, plain
from wigwag.core.numbers import other_forms
from wigwag.model.account import ConnectionState
from wigwag.model.errors import NotConnected, NotOnWhatsApp, WigwagError
from wigwag.model.instant import ms_of
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.record import NumberRecord
from wigwag.ports import Archive, ArchiveTx, Clock, Engine, NumberCheck

MAX_KNOWN: Final = 10_000
THERE_S: Final = 7 * 86_400
NOT_THERE_S: Final = 300
"""How long an answer of the server holds: that somebody is on WhatsApp, and that nobody is."""
REMEMBERED_S: Final = 600.0
"""How long an answer is taken from memory, without a look into the archive."""


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

    async def _first_contact(self, engine: Engine, to: Jid) -> Jid:
        account = engine.account
        address = await self._archive.resolve(account, to)
        chat = await self._archive.find_chat(account, address)
        if address == str(to) and chat is not None and chat.lid:
            return self._remember(account, to, to)
        if engine.state.state is not ConnectionState.CONNECTED:
            return parse_jid(address)
        try:
            found = await self._ask(engine, to.user)
        except NotConnected:
            return parse_jid(address)
        except WigwagError as error:
            raise NotConnected("WhatsApp did not answer whether this number exists.") from error
        return self._taken(to, await self._keep(account, to, found))

    def _taken(self, to: Jid, answer: NumberRecord) -> Jid:
        if not answer.jid:
            raise NotOnWhatsApp
        return self._remember(answer.account, to, parse_jid(answer.jid))

    async def _ask(self, engine: Engine, phone: str) -> NumberCheck:
        """The number as it was given; only when nobody has it, the other ways to write it."""
        (found,) = await engine.check_numbers([phone])
        if found.jid is None and (others := other_forms(phone)):
            answers = await engine.check_numbers(others)
            found = next((answer for answer in answers if answer.jid is not None), found)
        return found

    async def _keep(self, account: str, to: Jid, found: NumberCheck) -> NumberRecord:
        now_ms = ms_of(self._clock.now())
        jid = str(plain(found.jid)) if found.jid is not None else ""
        answer = NumberRecord(account, to.user, jid, now_ms)

        def unit(tx: ArchiveTx) -> None:
            tx.people.save_number(answer)
            if found.jid is not None:
                rec = Recording(tx, account, now_ms)
                told = to if found.jid.is_lid else found.jid
                rec.canonical(told, found.lid)
                rec.same_number(to, found.jid)

        await self._archive.write(unit)
        return answer

    def _is_fresh(self, answer: NumberRecord) -> bool:
        age_ms = ms_of(self._clock.now()) - answer.checked_ms
        return 0 <= age_ms < (THERE_S if answer.jid else NOT_THERE_S) * 1000

    def _remember(self, account: str, asked: Jid, address: Jid) -> Jid:
        while len(self._known) >= MAX_KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[account, asked] = _Known(address, self._clock.monotonic() + REMEMBERED_S)
        return address
