"""Erasing a person: messages from and to them, names, files, what the event log says of them."""

from collections.abc import Callable
from typing import Final

from wigwag.core.library import Library
from wigwag.core.retention import Retention
from wigwag.model.errors import Conflict, NotApplicable
from wigwag.model.jid import parse_jid
from wigwag.model.value import Value
from wigwag.ports import Archive, ArchiveTx

STEP: Final = 200
"""Messages of one step."""
LOOKED_AT: Final = 2_000
"""Events or deliveries of one step."""


class Erased(Value):
    """What was removed. `events` were emptied: they keep their place in the log."""

    messages: int = 0
    events: int = 0
    deliveries: int = 0
    others: int = 0


class Erasing:
    """Takes a person out of the archive of an account."""

    def __init__(self, archive: Archive, library: Library, retention: Retention) -> None:
        self._archive = archive
        self._library = library
        self._retention = retention

    async def erase(self, account: str, address: str) -> Erased:
        """All that the archive has of a person, step by step; what others wrote stays.

        It may be asked for again, after an error or where something came meanwhile. Raises
        MalformedJid, NotApplicable (no person), Conflict (a message to them waits to be sent),
        StorageFull, StorageBusy.
        """
        jid = await self._library.resolve(account, address)
        if not parse_jid(jid).is_person:
            raise NotApplicable("Only a person can be erased: name a number or a person's JID.")

        def look(tx: ArchiveTx) -> tuple[tuple[str, ...], bool]:
            found = tx.erasure.addresses(account, jid)
            return found, tx.erasure.waits(account, found)

        addresses, waits = await self._archive.write(look)
        if waits:
            raise Conflict(
                "A message to this person waits to be sent; let it go out, or delete it, first."
            )
        marks = marks_of(addresses)
        messages = await self._all(lambda tx: tx.erasure.erase_messages(account, addresses, STEP))
        events = await self._ranged(
            lambda tx, after: tx.erasure.erase_events(account, marks, after, LOOKED_AT)
        )
        deliveries = await self._ranged(
            lambda tx, after: tx.erasure.erase_deliveries(account, marks, after, LOOKED_AT)
        )
        others = await self._archive.write(
            lambda tx: tx.erasure.erase_traces(account, addresses, marks)
        )
        await self._retention.remove_files()
        return Erased(messages=messages, events=events, deliveries=deliveries, others=others)

    async def _all(self, step: Callable[[ArchiveTx], int]) -> int:
        total = 0
        while done := await self._archive.write(step):
            total += done
        return total

    async def _ranged(self, step: Callable[[ArchiveTx, int], tuple[int, int]]) -> int:
        total = after = 0
        while True:
            at = after
            done, after = await self._archive.write(lambda tx, at=at: step(tx, at))
            total += done
            if not after:
                return total


def marks_of(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """The words by which events name a person: addresses, and numbers as `phone` has them."""
    found = list(addresses)
    for address in addresses:
        jid = parse_jid(address)
        if jid.is_pn:
            found.append(f"+{jid.user}")
    return tuple(found)
