"""What an engine does about people, in memory: each keeps what it was asked for."""

from wigwag.model.chat import ChatActivity
from wigwag.model.jid import Jid


class StoredPresence:
    """Implements ports.presence.PresenceActions; the next calls raise `errors`, one each."""

    def __init__(self) -> None:
        self.available = False
        self.shown: list[tuple[Jid, ChatActivity]] = []
        self.subscribed: list[Jid] = []
        self.errors: list[Exception] = []

    async def set_available(self, available: bool) -> None:
        self.available = available

    async def set_activity(self, chat: Jid, activity: ChatActivity) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.shown.append((chat, activity))

    async def subscribe(self, person: Jid) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.subscribed.append(person)
