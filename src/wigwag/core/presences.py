"""What others see of us at this moment, and whose coming and going we follow."""

from wigwag.core.accounts import Accounts
from wigwag.core.library import Library
from wigwag.model.chat import ChatActivity
from wigwag.model.errors import NotApplicable
from wigwag.model.jid import parse_jid


class Presences:
    """Nothing of it is kept or queued. Addresses are written as callers write them.

    Every method raises NotFound (account), MalformedJid, NotApplicable, NotPaired, NotConnected,
    LoggedOut.
    """

    def __init__(self, library: Library, accounts: Accounts) -> None:
        self._library = library
        self._accounts = accounts

    def is_available(self, account: str) -> bool:
        """Whether the account wishes to be shown online."""
        return self._accounts.get(account).presence.available

    async def set_available(self, account: str, *, available: bool) -> None:
        """Be shown online, or no longer; the wish outlives restarts."""
        await self._accounts.get(account).presence.set_available(available)

    async def set_activity(self, account: str, chat: str, activity: ChatActivity) -> str:
        """Show a chat that we type, record, or no longer do; the chat's canonical JID."""
        presence = self._accounts.get(account).presence
        jid = await self._library.resolve(account, chat)
        if not (parse_jid(jid).is_person or parse_jid(jid).is_group):
            raise NotApplicable("Typing is shown to people and groups only.")
        await presence.set_activity(parse_jid(jid), activity)
        return jid

    async def subscribe(self, account: str, person: str) -> str:
        """Be told when a person comes and goes; the person's canonical JID."""
        presence = self._accounts.get(account).presence
        jid = await self._library.resolve(account, person)
        if not parse_jid(jid).is_person:
            raise NotApplicable("Only people come and go; a group has no presence.")
        await presence.subscribe(parse_jid(jid))
        return jid
