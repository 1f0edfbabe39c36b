"""Reading the archive as callers speak: any form of an address leads to the same place."""

from collections.abc import Collection, Sequence
from typing import Final, TypedDict, Unpack

import msgspec

from wigwag.core.identity import plain
from wigwag.core.rows import thumbnail_mime
from wigwag.model.archived import (
    ArchivedChat,
    ArchivedContact,
    ArchivedGroup,
    ArchivedLabel,
    ArchivedMessage,
    ArchivedNewsletter,
    ArchivedPost,
    ArchivedQuickReply,
    ArchivedReceipt,
    ArchivedSetting,
    ArchivedVote,
    HistoryProgress,
    MessageContext,
    MessageFilter,
    Page,
    Person,
    Version,
)
from wigwag.model.errors import AmbiguousId, InvalidInput, NotFound
from wigwag.model.jid import Jid, address_pair, parse_recipient
from wigwag.model.record import MediaState
from wigwag.ports import ArchiveReader

MAX_PAGE: Final = 200


class Where(TypedDict, total=False):
    """Which of the messages with one id: its chat and sender as callers write them.

    `chats` (canonical JIDs), where there are any, are the only ones to look into.
    """

    chat: str
    sender: str
    chats: Collection[str]


class Part(TypedDict, total=False):
    """Which part of a list."""

    cursor: str
    limit: int


class Library:
    """The archive to read from. Addresses are phone numbers, PNs, LIDs or groups."""

    def __init__(self, archive: ArchiveReader) -> None:
        self._archive = archive

    async def resolve(self, account: str, address: str) -> str:
        """The canonical JID of what a caller wrote. Raises MalformedJid."""
        jid = plain(parse_recipient(address))
        return await self._archive.resolve(account, jid) if jid.is_person else str(jid)

    async def resolve_all(
        self, accounts: Collection[str], addresses: Collection[str]
    ) -> frozenset[str]:
        """The canonical JIDs by which any of the accounts keeps these chats.

        Raises InvalidInput for chats without an account, MalformedJid.
        """
        if addresses and not accounts:
            raise InvalidInput("Say whose chats these are: name the accounts, too.")
        return frozenset(
            [await self.resolve(account, chat) for account in accounts for chat in addresses]
        )

    async def get_message(
        self, account: str, message_id: str, **where: Unpack[Where]
    ) -> ArchivedMessage:
        """The message with this id. Raises NotFound, AmbiguousId, MalformedJid."""
        chats = where.get("chats", ())
        found = await self._archive.find_messages(
            account,
            message_id,
            await self._maybe(account, where.get("chat", "")),
            await self._maybe(account, where.get("sender", "")),
        )
        if chats:
            found = [message for message in found if message.chat_jid in chats]
        if not found:
            raise NotFound("There is no such message here.")
        if len(found) > 1:
            raise AmbiguousId
        return found[0]

    async def find_by_file(
        self, sha256: bytes, accounts: Collection[str], chats: Collection[str] = ()
    ) -> ArchivedMessage:
        """A message with a file of this content, one whose file is here if there is one.

        `chats` are addresses, and where there are any, the only ones to look into. Raises
        NotFound, MalformedJid.
        """
        found: list[ArchivedMessage] = []
        if accounts:
            among = await self.resolve_all(accounts, chats)
            found = await self._archive.list_with_file(sha256, accounts, among)
        if not found:
            raise NotFound("There is no file with this SHA-256 here.")
        here = (message for message in found if _has_file(message))
        return next(here, found[0])

    async def list_messages(
        self, account: str, wanted: MessageFilter, *, cursor: str = "", limit: int = 50
    ) -> Page[ArchivedMessage]:
        """Messages, newest first. Raises MalformedJid, InvalidInput, QueryTimeout."""
        wanted = msgspec.structs.replace(
            wanted,
            chat=await self._maybe(account, wanted.chat),
            sender=await self._maybe(account, wanted.sender),
        )
        return await self._archive.list_messages(account, wanted, cursor, _checked(limit))

    async def get_thumbnail(
        self, account: str, message_id: str, **where: Unpack[Where]
    ) -> tuple[bytes, str]:
        """The small picture that a message carries, and its type. Raises as `get_message`."""
        message = await self.get_message(account, message_id, **where)
        thumbnail = await self._archive.find_thumbnail(message) or b""
        mime = thumbnail_mime(thumbnail)
        if not mime:
            raise NotFound("This message has no thumbnail.")
        return thumbnail, mime

    async def list_edits(
        self, account: str, message_id: str, **where: Unpack[Where]
    ) -> list[Version]:
        """Every version of a message, the first one first. Raises as `get_message`."""
        message = await self.get_message(account, message_id, **where)
        return await self._archive.list_versions(message)

    async def list_receipts(
        self, account: str, message_id: str, **where: Unpack[Where]
    ) -> list[ArchivedReceipt]:
        """Who got, read or played a message, and when. Raises as `get_message`."""
        message = await self.get_message(account, message_id, **where)
        return await self._archive.list_receipts(message)

    async def list_votes(self, poll: ArchivedMessage) -> list[ArchivedVote]:
        """The last vote of each person in a poll, the earliest first."""
        return await self._archive.list_votes(poll)

    async def get_context(
        self, account: str, message_id: str, before: int, after: int, **where: Unpack[Where]
    ) -> MessageContext:
        """The messages around one in its chat. Raises as `get_message`, and InvalidInput."""
        for limit in (before, after):
            if not 0 <= limit <= MAX_PAGE:
                raise InvalidInput(f"before and after must be from 0 to {MAX_PAGE}")
        message = await self.get_message(account, message_id, **where)
        place = (account, message.chat_jid, message.row)
        older = await self._archive.list_neighbours(*place, before, older=True)
        newer = await self._archive.list_neighbours(*place, after, older=False)
        return MessageContext(before=tuple(reversed(older)), message=message, after=tuple(newer))

    async def get_chat(self, account: str, chat: str) -> ArchivedChat:
        found = await self._archive.find_chat(account, await self.resolve(account, chat))
        if found is None:
            raise NotFound("There is no such chat here.")
        return found

    async def list_chats(
        self, account: str, *, query: str = "", among: Collection[str] = (), **part: Unpack[Part]
    ) -> Page[ArchivedChat]:
        """Chats, those with the latest message first."""
        return await self._archive.list_chats(account, query, *_checked_part(part), among=among)

    async def get_contact(self, account: str, jid: str) -> ArchivedContact:
        found = await self._archive.find_contact(account, await self.resolve(account, jid))
        if found is None:
            raise NotFound("There is no such contact here.")
        return found

    async def list_contacts(
        self, account: str, *, query: str = "", among: Collection[str] = (), **part: Unpack[Part]
    ) -> Page[ArchivedContact]:
        return await self._archive.list_contacts(account, query, *_checked_part(part), among=among)

    async def list_people(
        self, account: str, addresses: Sequence[tuple[Jid, Jid | None]]
    ) -> list[Person]:
        """Who is meant by these addresses, in their order; of each, both that WhatsApp told."""
        pairs = [address_pair(one, other) for one, other in addresses]
        asked = [
            pair[1] if pair is not None else one.home.bare
            for pair, (one, _) in zip(pairs, addresses, strict=True)
        ]
        return [
            msgspec.structs.replace(person, lid=person.lid or (str(pair[0]) if pair else ""))
            for person, pair in zip(
                await self._archive.list_people(account, asked), pairs, strict=True
            )
        ]

    async def get_group(self, account: str, chat: str) -> ArchivedGroup:
        found = await self._archive.find_group(account, await self.resolve(account, chat))
        if found is None:
            raise NotFound("There is no such group here.")
        return found

    async def list_groups(
        self, account: str, *, query: str = "", among: Collection[str] = (), **part: Unpack[Part]
    ) -> Page[ArchivedGroup]:
        """Groups and communities, without their participants."""
        return await self._archive.list_groups(account, query, *_checked_part(part), among=among)

    async def get_newsletter(self, account: str, chat: str) -> ArchivedNewsletter:
        found = await self._archive.find_newsletter(account, await self.resolve(account, chat))
        if found is None:
            raise NotFound("There is no such newsletter here.")
        return found

    async def list_newsletters(
        self, account: str, *, among: Collection[str] = (), **part: Unpack[Part]
    ) -> Page[ArchivedNewsletter]:
        return await self._archive.list_newsletters(account, *_checked_part(part), among=among)

    async def get_post(self, account: str, chat: str, message_id: str) -> ArchivedPost:
        """The number of a newsletter's message, and how it fares."""
        jid = await self.resolve(account, chat)
        found = await self._archive.find_post(account, jid, message_id)
        if found is None:
            raise NotFound("There is no such post here.")
        return found

    async def list_labels(self, account: str) -> list[ArchivedLabel]:
        return await self._archive.list_labels(account)

    async def list_quick_replies(self, account: str) -> list[ArchivedQuickReply]:
        return await self._archive.list_quick_replies(account)

    async def list_settings(self, account: str) -> list[ArchivedSetting]:
        """What the devices of the account share of its settings, by name."""
        return await self._archive.list_settings(account)

    async def list_history(self, account: str) -> list[HistoryProgress]:
        return await self._archive.list_history(account)

    async def counts(self) -> dict[str, int]:
        return await self._archive.counts()

    async def _maybe(self, account: str, address: str) -> str:
        return await self.resolve(account, address) if address else ""


def _has_file(message: ArchivedMessage) -> bool:
    return message.media is not None and message.media.state is MediaState.AVAILABLE


def _checked_part(part: Part) -> tuple[str, int]:
    return part.get("cursor", ""), _checked(part.get("limit", 50))


def _checked(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInput(f"limit must be from 1 to {MAX_PAGE}")
    return limit
