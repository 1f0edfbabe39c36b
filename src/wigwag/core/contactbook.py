"""Other people: who is on WhatsApp, what they show of themselves, and who is shut out."""

from collections.abc import Sequence
from typing import Final

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.identity import Recording
from wigwag.core.library import Library
from wigwag.core.recipients import Recipients
from wigwag.core.views import View, person_view
from wigwag.model.errors import Forbidden, InvalidInput, NotApplicable, NotFound
from wigwag.model.instant import ms_of
from wigwag.model.jid import Jid, parse_jid, parse_recipient
from wigwag.model.profile import BusinessProfile, Picture
from wigwag.model.record import NumberRecord
from wigwag.ports import Archive, ArchiveTx, Clock

MAX_CHECKED: Final = 100
"""Numbers that are asked for at once: whoever asks for very many looks like a harvester."""


class ContactBook:
    """Asked of WhatsApp at the moment, by addresses as callers write them.

    Every method raises NotFound (account), MalformedJid, NotApplicable (no person), NotPaired,
    NotConnected, LoggedOut, and what an engine's requests raise.
    """

    def __init__(
        self, archive: Archive, library: Library, accounts: Accounts, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._archive = archive
        self._library = library
        self._accounts = accounts
        self._clock = clock
        self._recipients = Recipients(archive, clock)

    async def check(self, account: str, numbers: Sequence[str]) -> list[View]:
        """Which numbers are on WhatsApp, and by which addresses: a view for each, in their order.

        Answers of the last days are taken from the archive. Raises InvalidInput.
        """
        engine = self._accounts.get(account)
        if not 1 <= len(numbers) <= MAX_CHECKED:
            raise InvalidInput(f"From 1 to {MAX_CHECKED} numbers can be checked at once.")
        phones = [_phone_of(number) for number in numbers]
        known = await self._recipients.look_up(engine, list(dict.fromkeys(phones)))

        now_ms = ms_of(self._clock.now())

        def unit(tx: ArchiveTx) -> list[View]:
            rec = Recording(tx, account, now_ms)
            asked = zip(numbers, phones, strict=True)
            return [_checked_view(rec, number, known[phone]) for number, phone in asked]

        return await self._archive.write(unit)

    async def picture(self, account: str, who: str, *, preview: bool) -> tuple[str, Picture]:
        """The canonical JID, and where the picture is for a while.

        Raises NotFound (has none), Forbidden (is not shown to this account).
        """
        jid = await self._jid(account, who)
        try:
            found = await self._accounts.get(account).profile.find_picture(jid, preview=preview)
        except Forbidden as error:
            raise Forbidden("This picture is not shown to this account.") from error
        if found is None:
            raise NotFound("There is no picture, or it is not shown to this account.")
        return str(jid), found

    async def about(self, account: str, who: str) -> tuple[str, str | None]:
        """The canonical JID, and what the person says; None for nothing, or nothing to us."""
        jid = await self._jid(account, who)
        return str(jid), await self._accounts.get(account).profile.find_about(jid)

    async def business(self, account: str, who: str) -> tuple[str, BusinessProfile]:
        """The canonical JID, and what a business says of itself. Raises NotFound for others."""
        jid = await self._jid(account, who)
        found = await self._accounts.get(account).profile.find_business(jid)
        if found is None:
            raise NotFound("This is no business account.")
        return str(jid), found

    async def set_blocked(self, account: str, who: str, *, blocked: bool) -> str:
        """Shut a person out, or no longer; the canonical JID. Raises NotOnWhatsApp."""
        jid = await self._jid(account, who)
        await self._accounts.get(account).profile.set_blocked(jid, blocked=blocked)
        return str(jid)

    async def list_blocked(self, account: str) -> list[View]:
        """Whom the account shuts out, by all their addresses."""
        blocked = await self._accounts.get(account).profile.list_blocked()
        people = await self._library.list_people(account, [(jid, None) for jid in blocked])
        return list({who.jid: person_view(who) for who in people}.values())

    async def _jid(self, account: str, who: str) -> Jid:
        jid = parse_jid(await self._library.resolve(account, who))
        if not (jid.is_person and jid.user.isdigit()):
            raise NotApplicable("That is no person: name one by a number, or a person's JID.")
        return jid


def _phone_of(number: str) -> str:
    jid = parse_recipient(number)
    if not jid.is_pn:
        raise InvalidInput("Only phone numbers can be checked; write them as 491701234567.")
    return jid.user


def _checked_view(rec: Recording, number: str, known: NumberRecord) -> View:
    """`number` is as the caller wrote it."""
    if not known.jid:
        nobody = dict.fromkeys(("jid", "lid", "phone", "name", "business_name"))
        return {"number": number, "is_on_whatsapp": False, **nobody}
    jid = rec.canonical(parse_jid(known.jid))
    contact = rec.tx.people.find_contact(rec.account, jid)
    return {
        "number": number,
        "is_on_whatsapp": True,
        **rec.person_view(jid),
        "business_name": (contact.business_name or None) if contact is not None else None,
    }
