"""Groups and communities of one account: reading them, changing them, coming and going."""

from collections.abc import Sequence
from typing import Protocol

from wigwag.model.chat import (
    Group,
    GroupSettings,
    Joined,
    JoinRequest,
    LinkedGroup,
    MemberChange,
    MemberResult,
    NewGroup,
)
from wigwag.model.jid import Jid


class GroupActions(Protocol):
    """What an account does with groups.

    What WhatsApp answers is recorded as events, too. Every method raises NotConnected,
    NotFound (no such group, or not in it), Forbidden (only admins may), Conflict, InvalidInput.
    """

    async def create(self, new: NewGroup) -> Group:
        """People that WhatsApp did not add are missing in the answer. The archive has it then."""
        ...

    async def get(self, group: Jid) -> Group:
        """A group as it is now; the archive has it then."""
        ...

    async def list_joined(self) -> list[Group]: ...

    async def leave(self, group: Jid) -> None: ...

    async def change_members(
        self, group: Jid, change: MemberChange, people: Sequence[Jid]
    ) -> list[MemberResult]:
        """One result for each person, as WhatsApp answers."""
        ...

    async def set_subject(self, group: Jid, subject: str) -> None: ...

    async def set_description(self, group: Jid, description: str) -> None:
        """An empty text removes it. Raises Conflict when somebody else changed it meanwhile."""
        ...

    async def set_settings(self, group: Jid, settings: GroupSettings) -> None: ...

    async def invite_link(self, group: Jid, *, reset: bool = False) -> str:
        """The link that leads into the group; `reset` voids the former one."""
        ...

    async def preview(self, link: str) -> Group:
        """The group that a link (or its code) leads to. Raises Gone when it was reset."""
        ...

    async def join(self, link: str) -> Joined:
        """Follow a link. Raises Gone when it was reset."""
        ...

    async def list_requests(self, group: Jid) -> list[JoinRequest]: ...

    async def answer_requests(
        self, group: Jid, people: Sequence[Jid], *, approve: bool
    ) -> list[MemberResult]: ...


class CommunityActions(Protocol):
    """What an account does with communities; errors as those of GroupActions."""

    async def list_groups(self, community: Jid) -> list[LinkedGroup]: ...

    async def list_members(self, community: Jid) -> list[Jid]:
        """Everybody in any group of the community."""
        ...

    async def link(self, community: Jid, group: Jid) -> None: ...

    async def unlink(self, community: Jid, group: Jid) -> None: ...
