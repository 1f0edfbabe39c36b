"""Groups, communities and newsletters that are made once, however often they are asked for.

A request with a key is kept before it goes to WhatsApp, and what was made of it after the answer.
What was kept and has no outcome may have been made or not: that is said, and nothing is made again.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from wigwag.core.accounts import Accounts
from wigwag.core.channels import Channels
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.grouping import Grouping, Made
from wigwag.core.library import Library
from wigwag.core.outgoing import Idempotency, find_request
from wigwag.model.archived import ArchivedNewsletter
from wigwag.model.chat import NewGroup
from wigwag.model.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotConnected,
    NotFound,
    NotSupportedByEngine,
    OutcomeUnknown,
)
from wigwag.model.instant import ms_of
from wigwag.model.newsletter import NewNewsletter
from wigwag.model.record import IdempotencyRecord
from wigwag.ports import Archive, Clock

_REFUSALS: Final = (Conflict, Forbidden, InvalidInput, NotFound, NotSupportedByEngine)
"""After one of these WhatsApp has made nothing."""


class Makings:
    """Every method raises what the making itself raises; and with a key IdempotencyConflict (it was
    another request), Conflict (the first request is under way) and OutcomeUnknown."""

    def __init__(
        self,
        archive: Archive,
        library: Library,
        accounts: Accounts,
        *,
        grouping: Grouping,
        channels: Channels,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._archive = archive
        self._library = library
        self._accounts = accounts
        self._grouping = grouping
        self._channels = channels
        self._clock = clock
        self._under_way: set[tuple[str, str]] = set()

    async def group(
        self,
        account: str,
        new: NewGroup,
        people: Sequence[str],
        *,
        parent: str = "",
        key: Idempotency | None = None,
    ) -> Made:
        """See `Grouping.create`. A repeated request is answered with the group as it is now."""
        made: list[Made] = []

        async def make() -> str:
            made.append(await self._grouping.create(account, new, people, parent=parent))
            return made[0].group.jid

        jid = await self._once(account, key, make)
        return made[0] if made else await self._grouping.find_made(account, jid, people)

    async def newsletter(
        self,
        account: str,
        new: NewNewsletter,
        *,
        accept_terms: bool = False,
        key: Idempotency | None = None,
    ) -> ArchivedNewsletter:
        """See `Channels.create`. A repeated request is answered with it as it is now."""
        made: list[ArchivedNewsletter] = []

        async def make() -> str:
            made.append(await self._channels.create(account, new, accept_terms=accept_terms))
            return made[0].jid

        jid = await self._once(account, key, make)
        return made[0] if made else await self._library.get_newsletter(account, jid)

    async def _once(
        self, account: str, key: Idempotency | None, make: Callable[[], Awaitable[str]]
    ) -> str:
        """The JID of what is made under this key, now or before."""
        if key is None:
            return await make()
        name = (account, key.key)
        if name in self._under_way:
            raise Conflict("A request with this key is under way; repeat it in a moment.")
        self._under_way.add(name)
        try:
            return await self._find(account, key) or await self._make(account, key, make)
        finally:
            self._under_way.discard(name)

    async def _find(self, account: str, key: Idempotency) -> str:
        """What was made under the key; empty where nobody has used it yet."""
        known = await self._archive.write(lambda tx: find_request(tx, account, key))
        if known is None:
            return ""
        if not known.chat_jid:
            raise OutcomeUnknown
        return known.chat_jid

    async def _make(
        self, account: str, key: Idempotency, make: Callable[[], Awaitable[str]]
    ) -> str:
        # what cannot go out at all leaves no doubt behind
        if not self._accounts.is_connected(account):
            raise NotConnected
        begun = IdempotencyRecord(
            account=account,
            key=key.key,
            fingerprint=key.fingerprint,
            chat_jid="",
            sender="",
            message_id="",
            created_ms=ms_of(self._clock.now()),
        )
        await self._archive.write(lambda tx: tx.outbox.add_idempotency(begun))
        try:
            jid = await make()
        except _REFUSALS:
            await self._archive.write(lambda tx: tx.outbox.forget_idempotency(account, key.key))
            raise
        await self._archive.write(lambda tx: tx.outbox.settle_idempotency(account, key.key, jid))
        return jid
