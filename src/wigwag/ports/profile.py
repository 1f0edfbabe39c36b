"""The profile of one account, its privacy settings and its blocklist."""

from collections.abc import Mapping
from typing import Protocol

from wigwag.model.jid import Jid
from wigwag.model.profile import BusinessProfile, Picture, PrivacySetting


class ProfileActions(Protocol):
    """What WhatsApp answers is recorded as events, too.

    Every method raises NotConnected, InvalidInput, and Forbidden where WhatsApp refuses.
    """

    async def find_picture(self, who: Jid, *, preview: bool = False) -> Picture | None:
        """The picture of a person or group; None when there is none.

        Raises Forbidden when the person does not show it to this account.
        """
        ...

    async def set_picture(self, who: Jid, jpeg: bytes | None) -> str:
        """Set, or with None remove, the own picture or a group's; the new picture's id."""
        ...

    async def find_about(self, who: Jid) -> str | None:
        """What a person says of themselves; None when that is nothing, or not shown to us."""
        ...

    async def set_about(self, about: str) -> None: ...

    async def find_business(self, who: Jid) -> BusinessProfile | None:
        """None for whoever is no business."""
        ...

    async def privacy(self) -> Mapping[PrivacySetting, str]:
        """The settings that WhatsApp tells, each with its value: `all`, `contacts`, `none` ..."""
        ...

    async def set_privacy(self, setting: PrivacySetting, value: str) -> None: ...

    async def list_blocked(self) -> list[Jid]: ...

    async def set_blocked(self, person: Jid, *, blocked: bool) -> None:
        """Shut a person out, or no longer. Raises NotOnWhatsApp."""
        ...

    async def set_default_ephemeral(self, seconds: int) -> None:
        """How long the messages of new chats last; 0 for ever."""
        ...
