"""What others see of us: online or not, typing or not; and whom we want to see."""

from typing import Protocol

from wigwag.model.chat import ChatActivity
from wigwag.model.jid import Jid


class PresenceActions(Protocol):
    """Presence of one account."""

    @property
    def available(self) -> bool:
        """Whether the account wishes to be shown online; it does not, until it is asked to."""
        ...

    async def set_available(self, available: bool) -> None:
        """Be shown online, or no longer. The wish is kept, and said again after every login.

        While the account is online, its phone gets no push notifications, and others see ticks
        for what was delivered here.
        """
        ...

    async def set_activity(self, chat: Jid, activity: ChatActivity) -> None:
        """Show a person or group that we type or record, or no longer do.

        The receivers take it back by themselves after some 25 seconds without a word.
        Raises NotConnected, InvalidInput.
        """
        ...

    async def subscribe(self, person: Jid) -> None:
        """Be told when this person comes and goes, also after the next logins.

        WhatsApp tells it only to those who are available themselves, and as the person's privacy
        settings allow. Raises NotConnected, InvalidInput.
        """
        ...
