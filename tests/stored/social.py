"""What an engine does about people, in memory: each keeps what it was asked for."""

from collections.abc import Mapping

from wigwag.model.chat import ChatActivity
from wigwag.model.jid import Jid
from wigwag.model.profile import BusinessProfile, Picture, PrivacySetting


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


class StoredProfile:
    """Implements ports.profile.ProfileActions: what people show is put into its fields.

    The next calls that ask for a picture raise `errors`, one each.
    """

    def __init__(self) -> None:
        self.pictures: dict[Jid, Picture] = {}
        self.abouts: dict[Jid, str] = {}
        self.businesses: dict[Jid, BusinessProfile] = {}
        self.settings: dict[PrivacySetting, str] = {PrivacySetting.LAST_SEEN: "all"}
        self.blocked: list[Jid] = []
        self.set_pictures: list[tuple[Jid, bytes | None]] = []
        self.own_about = ""
        self.default_ephemeral_s = 0
        self.errors: list[Exception] = []

    async def find_picture(self, who: Jid, *, preview: bool = False) -> Picture | None:
        del preview
        if self.errors:
            raise self.errors.pop(0)
        return self.pictures.get(who)

    async def set_picture(self, who: Jid, jpeg: bytes | None) -> str:
        self.set_pictures.append((who, jpeg))
        return "1"

    async def find_about(self, who: Jid) -> str | None:
        return self.abouts.get(who)

    async def set_about(self, about: str) -> None:
        self.own_about = about

    async def find_business(self, who: Jid) -> BusinessProfile | None:
        return self.businesses.get(who)

    async def privacy(self) -> Mapping[PrivacySetting, str]:
        return self.settings

    async def set_privacy(self, setting: PrivacySetting, value: str) -> None:
        self.settings[setting] = value

    async def list_blocked(self) -> list[Jid]:
        return self.blocked

    async def set_blocked(self, person: Jid, *, blocked: bool) -> None:
        if blocked:
            self.blocked.append(person)
        else:
            self.blocked.remove(person)

    async def set_default_ephemeral(self, seconds: int) -> None:
        self.default_ephemeral_s = seconds


class StoredCalls:
    """`rejected` is what was turned away; the next calls raise `errors`, one each."""

    def __init__(self) -> None:
        self.rejected: list[tuple[Jid, str]] = []
        self.errors: list[Exception] = []

    async def reject(self, caller: Jid, call_id: str) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.rejected.append((caller, call_id))
