"""Chats, messages and settings, changed from here for every device of the account.

A change is handed to WhatsApp, and comes into the archive by the one door, as if another device
had made it. It is a wish of its moment: without a connection it is refused, not queued.
"""

from datetime import datetime
from typing import Final

from wigwag.core.accounts import Accounts
from wigwag.core.chatwishes import ChatWishes, checked_wishes, missing_changes
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.library import Library
from wigwag.core.naming import is_group
from wigwag.model.appstate import (
    UNTOLD,
    AppMessage,
    AppStateChange,
    ChatArchived,
    ChatCleared,
    ChatDeleted,
    ChatMarkedRead,
    ChatMuted,
    ChatPinned,
    ContactNamed,
    MessageDeleted,
    MessageRange,
    MessageStarred,
    PushNameSet,
    RangeMessage,
    SettingChanged,
    SettingName,
    StatusMode,
    StatusPrivacySet,
)
from wigwag.model.archived import ArchivedChat, ArchivedMessage, MessageFilter
from wigwag.model.errors import InvalidInput
from wigwag.model.jid import Jid, parse_jid
from wigwag.ports import Clock

MAX_NAME: Final = 100
"""Characters of the account's own name."""


class ChatState:
    """Every method raises NotFound, MalformedJid, NotPaired, NotConnected, LoggedOut,
    AppStateUnavailable and AppStateConflict. Addresses are written as callers write them."""

    def __init__(self, library: Library, accounts: Accounts, clock: Clock = SYSTEM_CLOCK) -> None:
        self._library = library
        self._accounts = accounts
        self._clock = clock

    # -- chats ------------------------------------------------------------------------------

    async def change(self, account: str, chat: str, wishes: ChatWishes) -> ArchivedChat:
        """Make a known chat as it is wished, all at once; what is so already is no change.

        Raises InvalidInput for wishes that do not go together.
        """
        found = await self._library.get_chat(account, chat)
        checked_wishes(wishes, found, self._clock.now())
        if not missing_changes(found, wishes):
            return found
        _, reach = await self._reach(account, found.jid)
        changes = missing_changes(found, wishes, reach)
        await self._accounts.get(account).appstate.change(changes)
        return await self._library.get_chat(account, found.jid)

    async def archive(self, account: str, chat: str, *, archived: bool) -> ArchivedChat:
        """An archived chat is not pinned any more."""
        jid, reach = await self._reach(account, chat)
        return await self._on_chat(account, ChatArchived(chat=jid, archived=archived, range=reach))

    async def pin(self, account: str, chat: str, *, pinned: bool) -> ArchivedChat:
        return await self._on_chat(
            account, ChatPinned(chat=await self._jid(account, chat), pinned=pinned)
        )

    async def mute(
        self, account: str, chat: str, *, muted: bool, until: datetime | None = None
    ) -> ArchivedChat:
        """Until an aware time, or for ever."""
        jid = await self._jid(account, chat)
        return await self._on_chat(account, ChatMuted(chat=jid, muted=muted, until=until))

    async def mark_read(self, account: str, chat: str, *, read: bool) -> ArchivedChat:
        """For our own devices alone; read receipts are another matter."""
        jid, reach = await self._reach(account, chat)
        return await self._on_chat(account, ChatMarkedRead(chat=jid, read=read, range=reach))

    async def clear(
        self, account: str, chat: str, *, keep_starred: bool = False, delete_media: bool = False
    ) -> None:
        """Its messages so far are gone for us; in the archive they are hidden."""
        jid, reach = await self._reach(account, chat)
        cleared = ChatCleared(
            chat=jid, range=reach, keep_starred=keep_starred, delete_media=delete_media
        )
        await self._change(account, cleared)

    async def delete(self, account: str, chat: str, *, delete_media: bool = False) -> None:
        """Cleared, and gone from the list until its next message."""
        jid, reach = await self._reach(account, chat)
        await self._change(account, ChatDeleted(chat=jid, range=reach, delete_media=delete_media))

    # -- messages ---------------------------------------------------------------------------

    async def star(
        self, account: str, message_id: str, *, starred: bool, chat: str = "", sender: str = ""
    ) -> ArchivedMessage:
        """Raises AmbiguousId."""
        message = await self._library.get_message(account, message_id, chat=chat, sender=sender)
        await self._change(account, MessageStarred(message=_named(message), starred=starred))
        return await self._again(message)

    async def delete_for_me(
        self,
        account: str,
        message_id: str,
        *,
        chat: str = "",
        sender: str = "",
        delete_media: bool = False,
    ) -> ArchivedMessage:
        """Raises AmbiguousId."""
        message = await self._library.get_message(account, message_id, chat=chat, sender=sender)
        deleted = MessageDeleted(
            message=_named(message), delete_media=delete_media, sent_at=message.timestamp
        )
        await self._change(account, deleted)
        return await self._again(message)

    # -- the account ------------------------------------------------------------------------

    async def set_push_name(self, account: str, name: str) -> None:
        """The account's own display name. Raises InvalidInput."""
        if not 0 < len(name) <= MAX_NAME:
            raise InvalidInput(f"a name has from 1 to {MAX_NAME} characters")
        await self._change(account, PushNameSet(name=name))

    async def name_contact(
        self, account: str, person: str, full_name: str, first_name: str = ""
    ) -> None:
        """Write a person into the address book. Raises InvalidInput."""
        jid = await self._jid(account, person)
        if not jid.is_person or not 0 < len(full_name) <= MAX_NAME:
            raise InvalidInput(f"a person has a name of up to {MAX_NAME} characters")
        named = ContactNamed(jid=jid, full_name=full_name, first_name=first_name[:MAX_NAME])
        await self._change(account, named)

    async def set_status_privacy(
        self, account: str, mode: StatusMode, people: tuple[str, ...] = ()
    ) -> None:
        """Who sees status updates: the people of the list, or all but them."""
        listed = tuple([await self._jid(account, one) for one in people])
        await self._change(account, StatusPrivacySet(mode=mode, people=listed))

    async def set_setting(self, account: str, name: SettingName, value: str | bool) -> None:
        """Raises InvalidInput."""
        if isinstance(value, str) != (name is SettingName.LOCALE):
            raise InvalidInput("a locale is a text, every other setting is on or off")
        await self._change(account, SettingChanged(name=name, value=value))

    # -- inside -----------------------------------------------------------------------------

    async def _change(self, account: str, change: AppStateChange) -> None:
        await self._accounts.get(account).appstate.change([change])

    async def _on_chat(
        self,
        account: str,
        change: ChatArchived | ChatPinned | ChatMuted | ChatMarkedRead,
    ) -> ArchivedChat:
        await self._change(account, change)
        return await self._library.get_chat(account, str(change.chat))

    async def _again(self, message: ArchivedMessage) -> ArchivedMessage:
        return await self._library.get_message(
            message.account, message.id, chat=message.chat_jid, sender=message.sender.jid
        )

    async def _jid(self, account: str, address: str) -> Jid:
        return parse_jid(await self._library.resolve(account, address))

    async def _reach(self, account: str, chat: str) -> tuple[Jid, MessageRange]:
        """The chat, and how far it goes: its newest message."""
        jid = await self._jid(account, chat)
        newest = await self._library.list_messages(account, MessageFilter(chat=str(jid)), limit=1)
        if not newest.items:
            return jid, UNTOLD
        last = newest.items[0]
        named = RangeMessage(message=_named(last), at=last.timestamp)
        return jid, MessageRange(last_at=last.timestamp, messages=(named,))


def _named(message: ArchivedMessage) -> AppMessage:
    told = is_group(message.chat_jid) and not message.from_me
    return AppMessage(
        chat=parse_jid(message.chat_jid),
        id=message.id,
        from_me=message.from_me,
        sender=parse_jid(message.sender.jid) if told else None,
    )
