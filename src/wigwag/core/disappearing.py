"""Disappearing messages, switched on and off from here."""

from wigwag.core.drafts import Draft
from wigwag.core.grouping import GroupChanges, Grouping
from wigwag.core.library import Library
from wigwag.core.sending import Sending
from wigwag.model.archived import ArchivedChat
from wigwag.model.chat import GroupSettings
from wigwag.model.content import TimerSet
from wigwag.model.errors import NotApplicable, SendRejected
from wigwag.model.jid import parse_jid
from wigwag.model.message import SendState


class Disappearing:
    """In a chat of two by a message, in a group as one of its settings."""

    def __init__(self, library: Library, sending: Sending, grouping: Grouping) -> None:
        self._library = library
        self._sending = sending
        self._grouping = grouping

    async def set_timer(self, chat: ArchivedChat, seconds: int) -> ArchivedChat:
        """Let the messages of a chat last so long from now on; what is so already is no change.

        A wish of its moment: without a connection it is refused. Raises NotApplicable (a channel,
        the statuses), SendRejected, and what `Sending.submit` and `Grouping` do.
        """
        if chat.ephemeral_s == seconds:
            return chat
        jid = parse_jid(chat.jid)
        if jid.is_group:
            settings = GroupSettings(ephemeral_s=seconds)
            await self._grouping.change(chat.account, chat.jid, GroupChanges(settings=settings))
        elif jid.is_person:
            await self._say(chat, seconds)
        else:
            raise NotApplicable("Messages disappear in chats with people and in groups only.")
        return await self._library.get_chat(chat.account, chat.jid)

    async def _say(self, chat: ArchivedChat, seconds: int) -> None:
        draft = Draft(content=TimerSet(seconds=seconds))
        said = await self._sending.submit(chat.account, chat.jid, draft, require_connected=True)
        if said.state is SendState.FAILED:
            raise SendRejected(said.error or None)
