# Made by tools/generate_client.py; do not edit it.
"""What can be asked of profile."""

from typing import Literal

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import Call, given, path_of


class AsyncProfileOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def get_profile(self, account: str) -> shapes.Profile:
        """How others see the account."""
        return await self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/profile", account=account),
            )
        )

    async def change_profile(
        self,
        account: str,
        *,
        name: str | None = None,
        about: str | None = None,
        picture: str | None = None,
        default_ephemeral_seconds: Literal[0, 86400, 604800, 7776000] | None = None,
    ) -> shapes.Profile:
        """Another name, about or picture."""
        return await self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/accounts/{account}/profile", account=account),
                body=given(
                    name=name,
                    about=about,
                    picture=picture,
                    default_ephemeral_seconds=default_ephemeral_seconds,
                ),
            )
        )

    async def get_privacy(self, account: str) -> shapes.Privacy:
        """Who may see and do what."""
        return await self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/privacy", account=account),
            )
        )

    async def change_privacy(
        self,
        account: str,
        *,
        last_seen: str | None = None,
        online: str | None = None,
        profile_picture: str | None = None,
        about: str | None = None,
        read_receipts: str | None = None,
        group_add: str | None = None,
        call_add: str | None = None,
        messages: str | None = None,
        defense: str | None = None,
        stickers: str | None = None,
    ) -> shapes.Privacy:
        """Change privacy settings."""
        return await self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/accounts/{account}/privacy", account=account),
                body=given(
                    last_seen=last_seen,
                    online=online,
                    profile_picture=profile_picture,
                    about=about,
                    read_receipts=read_receipts,
                    group_add=group_add,
                    call_add=call_add,
                    messages=messages,
                    defense=defense,
                    stickers=stickers,
                ),
            )
        )

    async def get_presence(self, account: str) -> shapes.Presence:
        """Whether the account wishes to be shown online."""
        return await self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/presence", account=account),
            )
        )

    async def set_presence(self, account: str, *, state: shapes.PresenceWord) -> shapes.Presence:
        """Be shown online, or no longer."""
        return await self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/presence", account=account),
                body=given(state=state),
            )
        )
