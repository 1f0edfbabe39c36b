# Made by tools/generate_client.py; do not edit it.
"""What can be asked of communities."""

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import Call, path_of


class AsyncCommunitiesOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def list_community_groups(self, account: str, chat: str) -> shapes.LinkedGroupPage:
        """The groups of a community."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/communities/{chat}/groups", account=account, chat=chat
                ),
            )
        )

    async def list_community_participants(
        self, account: str, chat: str
    ) -> shapes.CommunityMemberPage:
        """Everybody in any group of a community."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/communities/{chat}/participants",
                    account=account,
                    chat=chat,
                ),
            )
        )

    async def link_group(self, account: str, chat: str, group: str) -> shapes.Link:
        """Take a group into a community."""
        return await self._json(
            Call(
                method="PUT",
                path=path_of(
                    "/v1/accounts/{account}/communities/{chat}/groups/{group}",
                    account=account,
                    chat=chat,
                    group=group,
                ),
            )
        )

    async def unlink_group(self, account: str, chat: str, group: str) -> shapes.Link:
        """Take a group out of a community."""
        return await self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/communities/{chat}/groups/{group}",
                    account=account,
                    chat=chat,
                    group=group,
                ),
            )
        )
