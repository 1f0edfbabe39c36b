# Made by tools/generate_client.py; do not edit it.
"""What can be asked of statuses."""

from collections.abc import AsyncIterator
from typing import Literal

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import Call, given, new_key, path_of


class AsyncStatusesOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def list_statuses(
        self,
        account: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        sender: str | None = None,
        expired: bool | None = None,
    ) -> shapes.StatusPage:
        """Status updates, the newest first."""
        return await self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/statuses", account=account),
                query={"cursor": cursor, "limit": limit, "sender": sender, "expired": expired},
            )
        )

    def each_statuses(
        self,
        account: str,
        *,
        limit: int | None = None,
        sender: str | None = None,
        expired: bool | None = None,
    ) -> AsyncIterator[shapes.Status]:
        """Status updates, the newest first: page after page."""
        return self._each(
            lambda cursor: self.list_statuses(
                account, limit=limit, sender=sender, expired=expired, cursor=cursor
            )
        )

    async def post_status(
        self,
        account: str,
        message: shapes.TextStatus | shapes.PictureStatus | shapes.VoiceStatus,
        *,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """Post a status."""
        return await self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/statuses", account=account),
                body=message,
                idempotency_key=idempotency_key or new_key(),
            )
        )

    async def get_status_privacy(self, account: str) -> shapes.Audience:
        """Who sees the account's statuses."""
        return await self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/statuses/privacy", account=account),
            )
        )

    async def set_status_privacy(
        self,
        account: str,
        *,
        mode: Literal["allow_list", "deny_list", "contacts"],
        people: list[str] | None = None,
    ) -> shapes.Audience:
        """Say who sees the account's statuses."""
        return await self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/accounts/{account}/statuses/privacy", account=account),
                body=given(mode=mode, people=people),
            )
        )

    async def mark_as_viewed(
        self, account: str, message_id: str, *, sender: str | None = None
    ) -> shapes.Viewed:
        """Tell the owner of a status that it was seen."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/statuses/{message_id}/viewed",
                    account=account,
                    message_id=message_id,
                ),
                query={"sender": sender},
            )
        )
