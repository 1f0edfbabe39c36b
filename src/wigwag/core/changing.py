"""Messages changed after they were sent: edited, taken back, reacted to."""

from datetime import timedelta
from typing import Final

import msgspec

from wigwag.core.accounts import Accounts
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.drafts import Draft
from wigwag.core.identity import plain
from wigwag.core.library import Library
from wigwag.core.naming import is_group
from wigwag.core.rows import with_text
from wigwag.core.sending import Idempotency, Sending, Submitted
from wigwag.model.archived import ArchivedMessage
from wigwag.model.content import (
    Content,
    Context,
    Edit,
    Media,
    MediaKind,
    MessageKey,
    Pin,
    Reaction,
    Revoke,
    Text,
)
from wigwag.model.errors import Conflict, Forbidden, NotApplicable, NotFound
from wigwag.model.jid import parse_jid
from wigwag.model.value import Value
from wigwag.ports import Clock

EDIT_WINDOW: Final = timedelta(minutes=20)
"""How long after it was sent a message can be edited (whatsmeow send.go, EditWindow)."""
_CAPTIONED: Final = frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.GIF, MediaKind.DOCUMENT})


class Asked(Value):
    """How a caller asks for a change: how long to wait, and under which key it happens once."""

    wait_s: float = 10.0
    idempotency: Idempotency | None = None


class Changing:
    """Changes are messages of their own, kept and sent like all others.

    Every method raises what `Sending.submit` does.
    """

    def __init__(
        self, library: Library, accounts: Accounts, sending: Sending, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._library = library
        self._accounts = accounts
        self._sending = sending
        self._clock = clock

    async def edit(self, message: ArchivedMessage, text: str, asked: Asked) -> Submitted:
        """Give an own message another text or caption.

        Raises Forbidden (of somebody else), NotApplicable (has neither), Conflict (too late, taken
        back, or not sent).
        """
        earlier = await self.find_earlier(message, asked)
        if earlier is not None:
            return earlier
        if not message.from_me:
            raise Forbidden("Only own messages can be edited.")
        self.check_standing(message)
        if self._clock.now() - message.timestamp > EDIT_WINDOW:
            minutes = int(EDIT_WINDOW.total_seconds() // 60)
            raise Conflict(f"WhatsApp lets a message be edited for {minutes} minutes only.")
        content = _edited(message.content, text)
        return await self.submit(message, Edit(target=key_of(message), content=content), asked)

    async def revoke(self, message: ArchivedMessage, asked: Asked) -> Submitted:
        """Delete a message for everyone. Raises Forbidden, Conflict (not sent)."""
        earlier = await self.find_earlier(message, asked)
        if earlier is not None:
            return earlier
        self.check_standing(message, revoked=True)
        if not message.from_me:
            await self._check_admin(message)
        return await self.submit(message, Revoke(target=key_of(message)), asked)

    async def react(self, message: ArchivedMessage, emoji: str, asked: Asked) -> Submitted:
        """React to a message; an empty emoji takes that back.

        Raises NotApplicable (a post of a channel), Conflict (taken back, or not sent).
        """
        earlier = await self.find_earlier(message, asked)
        if earlier is not None:
            return earlier
        if parse_jid(message.chat_jid).is_newsletter:
            raise NotApplicable("Reactions to posts of channels cannot be sent this way.")
        self.check_standing(message)
        return await self.submit(message, Reaction(target=key_of(message), emoji=emoji), asked)

    async def pin(self, message: ArchivedMessage, duration_s: int, asked: Asked) -> Submitted:
        """Pin a message for everybody in its chat, for so long; with 0 take it down.

        Raises NotApplicable (a post of a channel, a status), Conflict (taken back, or not sent).
        """
        earlier = await self.find_earlier(message, asked)
        if earlier is not None:
            return earlier
        chat = parse_jid(message.chat_jid)
        if chat.is_newsletter or chat.is_status:
            raise NotApplicable("Messages are pinned in chats with people and in groups only.")
        self.check_standing(message)
        change = Pin(target=key_of(message), pinned=duration_s > 0, duration_s=duration_s)
        return await self.submit(message, change, asked)

    def check_standing(self, message: ArchivedMessage, *, revoked: bool = False) -> None:
        if message.revoked_at is not None and not revoked:
            raise Conflict("This message was deleted for everyone.")
        if message.from_me and message.error_code:
            raise Conflict("This message was never sent.")

    async def _check_admin(self, message: ArchivedMessage) -> None:
        """In groups, admins delete the messages of others, too."""
        if not is_group(message.chat_jid):
            raise Forbidden("Only own messages can be deleted for everyone.")
        try:
            group = await self._library.get_group(message.account, message.chat_jid)
        except NotFound:
            return  # nothing is known of its members: WhatsApp decides
        own = self._accounts.get(message.account).state.jid
        me = str(plain(own)) if own is not None else ""
        if any(
            member.person.jid == me and not (member.admin or member.superadmin)
            for member in group.participants
        ):
            raise Forbidden("Only admins delete the messages of others.")

    async def find_earlier(self, message: ArchivedMessage, asked: Asked) -> Submitted | None:
        """A repeated request has the answer of the first one, whatever has changed since."""
        if asked.idempotency is None:
            return None
        return await self._sending.find_earlier(message.account, asked.idempotency, asked.wait_s)

    async def submit(self, message: ArchivedMessage, change: Content, asked: Asked) -> Submitted:
        return await self._sending.submit(
            message.account,
            message.chat_jid,
            Draft(content=change),
            wait_s=asked.wait_s,
            idempotency=asked.idempotency,
        )


def key_of(message: ArchivedMessage) -> MessageKey:
    """The message as its chat names it: people of a group by their hidden address, if it is
    known."""
    by_lid = is_group(message.chat_jid) and not message.from_me
    sender = (message.sender.lid if by_lid else "") or message.sender.jid
    return MessageKey(
        chat=parse_jid(message.chat_jid),
        sender=parse_jid(sender),
        id=message.id,
        from_me=message.from_me,
    )


def _edited(content: Content | None, text: str) -> Content:
    """The whole content with another text or caption, without what surrounded it."""
    if isinstance(content, Text) or (isinstance(content, Media) and content.kind in _CAPTIONED):
        changed = with_text(content, text)
        assert isinstance(changed, Text | Media)  # noqa: S101 - with_text keeps the kind
        context = Context(ephemeral_s=content.context.ephemeral_s)
        return msgspec.structs.replace(changed, context=context)
    raise NotApplicable("Only texts and captions can be edited.")
