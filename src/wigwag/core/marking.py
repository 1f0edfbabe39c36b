"""Reading: others learn that we read their messages, and our own count of unread ones falls."""

from collections.abc import Sequence
from typing import Final

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.identity import Recording
from wigwag.core.library import MAX_PAGE, Library
from wigwag.core.receipts import record_receipt
from wigwag.model.archived import ArchivedMessage, MessageFilter
from wigwag.model.content import Media, MediaKind
from wigwag.model.errors import NotApplicable
from wigwag.model.instant import ms_of
from wigwag.model.jid import parse_jid
from wigwag.model.receipt import Receipt, ReceiptKind
from wigwag.ports import Archive, Clock

MAX_UNREAD: Final = 1_000
"""Messages of a chat that are marked as read at once."""


class Marking:
    """Marks the messages of others. It is a wish of its moment: offline it is refused.

    Whether others are told is up to the account's privacy settings.
    """

    def __init__(
        self, archive: Archive, library: Library, accounts: Accounts, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._archive = archive
        self._library = library
        self._accounts = accounts
        self._clock = clock

    async def read(self, account: str, chat: str, ids: Sequence[str] = ()) -> int:
        """Mark these messages of a chat as read, or all that are unread; how many those were.

        Raises NotFound, AmbiguousId, MalformedJid, NotConnected, NotPaired, LoggedOut.
        """
        engine = self._accounts.get(account)
        jid = await self._library.resolve(account, chat)
        if ids:
            found = [await self._library.get_message(account, one, chat=jid) for one in ids]
            messages = [message for message in found if not message.from_me]
        else:
            messages = await self._unread(account, jid)
        by_sender: dict[str, list[str]] = {}
        for message in messages:
            by_sender.setdefault(message.sender.jid, []).append(message.id)
        for sender, theirs in by_sender.items():
            await engine.mark_read(parse_jid(jid), parse_jid(sender), theirs)
        if messages:
            await self._record(account, jid, [message.id for message in messages])
        return len(messages)

    async def played(self, message: ArchivedMessage) -> None:
        """Tell that we played a voice note. Raises NotApplicable, NotConnected."""
        content = message.content
        heard = isinstance(content, Media) and content.kind is MediaKind.VOICE
        if message.from_me or not heard:
            raise NotApplicable("Only voice notes of others are played.")
        engine = self._accounts.get(message.account)
        chat, sender = parse_jid(message.chat_jid), parse_jid(message.sender.jid)
        await engine.mark_read(chat, sender, [message.id], played=True)

    async def seen(self, message: ArchivedMessage) -> None:
        """Mark one message of somebody else as read. Raises NotApplicable, NotConnected."""
        if message.from_me:
            raise NotApplicable("Only what others sent is marked as read.")
        engine = self._accounts.get(message.account)
        chat, sender = parse_jid(message.chat_jid), parse_jid(message.sender.jid)
        await engine.mark_read(chat, sender, [message.id])
        await self._record(message.account, message.chat_jid, [message.id])

    async def _unread(self, account: str, chat: str) -> list[ArchivedMessage]:
        """The newest messages of others, as many as are unread."""
        wanted = min((await self._library.get_chat(account, chat)).unread, MAX_UNREAD)
        found: list[ArchivedMessage] = []
        cursor = ""
        only = MessageFilter(chat=chat, from_me=False)
        while len(found) < wanted:
            limit = min(MAX_PAGE, wanted - len(found))
            page = await self._library.list_messages(account, only, cursor=cursor, limit=limit)
            found += page.items
            cursor = page.next_cursor
            if not cursor:
                break
        return found

    async def _record(self, account: str, chat: str, ids: Sequence[str]) -> None:
        """As if another device of ours had read them."""
        now = self._clock.now()

        def unit(rec: Recording) -> None:
            jid = parse_jid(chat)
            record_receipt(
                rec,
                Receipt(
                    chat=jid,
                    sender=jid,
                    ids=tuple(ids),
                    kind=ReceiptKind.READ,
                    timestamp=now,
                    by_me=True,
                ),
            )

        await self._archive.write(lambda tx: unit(Recording(tx, account, ms_of(now))))
