"""Posts of newsletters by the ids of their messages: the numbers that WhatsApp wants are looked up.

Like `chatstate`, a wish of its moment: without a connection it is refused, not queued.
"""

from collections.abc import Sequence

from wigwag.core.accounts import Accounts
from wigwag.core.library import Library
from wigwag.model.errors import InvalidInput
from wigwag.model.jid import Jid, parse_jid


class Posts:
    """Every method raises NotFound (also where the number of a message was never told),
    InvalidInput, MalformedJid, NotPaired, NotConnected, LoggedOut and Forbidden."""

    def __init__(self, library: Library, accounts: Accounts) -> None:
        self._library = library
        self._accounts = accounts

    async def react(self, account: str, chat: str, message_id: str, emoji: str) -> None:
        """An empty emoji takes the reaction away."""
        newsletter = await self._newsletter(account, chat)
        post = await self._library.get_post(account, chat, message_id)
        actions = self._accounts.get(account).newsletters
        await actions.react(newsletter, post.server_id, emoji)

    async def mark_viewed(self, account: str, chat: str, message_ids: Sequence[str]) -> None:
        """Count messages as seen."""
        newsletter = await self._newsletter(account, chat)
        numbers = [
            (await self._library.get_post(account, chat, message_id)).server_id
            for message_id in message_ids
        ]
        await self._accounts.get(account).newsletters.mark_viewed(newsletter, numbers)

    async def _newsletter(self, account: str, chat: str) -> Jid:
        jid = parse_jid(await self._library.resolve(account, chat))
        if not jid.is_newsletter:
            raise InvalidInput("That is no newsletter.")
        return jid
