"""Labels: made, changed, and put on chats and messages, for every device of the account.

As with every change that the devices share, it is a wish of its moment: offline it is refused.
"""

from collections.abc import Sequence
from typing import Final

from wigwag.core.accounts import Accounts
from wigwag.core.library import Library
from wigwag.model.appstate import AppStateChange, ChatLabelled, LabelEdited, MessageLabelled
from wigwag.model.archived import ArchivedChat, ArchivedLabel, ArchivedMessage
from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import parse_jid

MAX_NAME: Final = 100
"""Characters of a label's name."""
COLORS: Final = 20
"""Colours of labels, counted from 0."""


class Labels:
    """Every method raises NotFound, MalformedJid, NotPaired, NotConnected, LoggedOut,
    AppStateUnavailable and AppStateConflict."""

    def __init__(self, library: Library, accounts: Accounts) -> None:
        self._library = library
        self._accounts = accounts

    async def make(self, account: str, name: str, color: int = 0) -> ArchivedLabel:
        """A new label, under the next free number. Raises InvalidInput."""
        labels = await self._library.list_labels(account)
        return await self._edit(account, _next_id(labels), name, color)

    async def change(
        self, account: str, label_id: str, *, name: str | None = None, color: int | None = None
    ) -> ArchivedLabel:
        """Another name or colour; None leaves it, and what is so already is no change.

        Raises InvalidInput.
        """
        label = await self.get(account, label_id)
        wanted = (label.name if name is None else name, label.color if color is None else color)
        if wanted == (label.name, label.color):
            return label
        return await self._edit(account, label.id, *wanted)

    async def delete(self, account: str, label_id: str) -> None:
        """It is taken off everything."""
        label = await self.get(account, label_id)
        gone = LabelEdited(id=label.id, name=label.name, color=label.color, deleted=True)
        await self._change(account, gone)

    async def on_chat(
        self, account: str, label_id: str, chat: str, *, labelled: bool
    ) -> ArchivedChat:
        """Put a label on a known chat, or take it off."""
        label = await self.get(account, label_id)
        found = await self._library.get_chat(account, chat)
        if (label.id in found.labels) is labelled:
            return found
        jid = parse_jid(found.jid)
        await self._change(account, ChatLabelled(label=label.id, chat=jid, labelled=labelled))
        return await self._library.get_chat(account, found.jid)

    async def on_message(self, message: ArchivedMessage, label_id: str, *, labelled: bool) -> None:
        """Put a label on a message, or take it off."""
        label = await self.get(message.account, label_id)
        change = MessageLabelled(
            label=label.id,
            chat=parse_jid(message.chat_jid),
            message_id=message.id,
            labelled=labelled,
        )
        await self._change(message.account, change)

    async def get(self, account: str, label_id: str) -> ArchivedLabel:
        for label in await self._library.list_labels(account):
            if label.id == label_id:
                return label
        raise NotFound("There is no such label here.")

    async def _edit(self, account: str, label_id: str, name: str, color: int) -> ArchivedLabel:
        if not 0 < len(name) <= MAX_NAME or not 0 <= color < COLORS:
            raise InvalidInput(f"a label has up to {MAX_NAME} characters, a colour below {COLORS}")
        await self._change(account, LabelEdited(id=label_id, name=name, color=color))
        return await self.get(account, label_id)

    async def _change(self, account: str, change: AppStateChange) -> None:
        await self._accounts.get(account).appstate.change([change])


def _next_id(labels: Sequence[ArchivedLabel]) -> str:
    numbers = [int(one.id) for one in labels if one.id.isascii() and one.id.isdigit()]
    return str(max(numbers, default=0) + 1)
