# Made by tools/generate_client.py; do not edit it.
"""What can be asked of scheduled."""

from collections.abc import AsyncIterator
from datetime import datetime

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import Call, given, path_of


class AsyncScheduledOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def list_scheduled(
        self,
        account: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        chat: str | None = None,
    ) -> shapes.ScheduledPage:
        """Messages that wait for their time."""
        return await self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/scheduled", account=account),
                query={"cursor": cursor, "limit": limit, "chat": chat},
            )
        )

    def each_scheduled(
        self, account: str, *, limit: int | None = None, chat: str | None = None
    ) -> AsyncIterator[shapes.Scheduled]:
        """Messages that wait for their time: page after page."""
        return self._each(
            lambda cursor: self.list_scheduled(account, limit=limit, chat=chat, cursor=cursor)
        )

    async def get_scheduled(self, account: str, message_id: str) -> shapes.Scheduled:
        """One message that waits for its time."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/scheduled/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
            )
        )

    async def move_scheduled(
        self, account: str, message_id: str, *, send_at: str | datetime
    ) -> shapes.Scheduled:
        """Give it another time."""
        return await self._json(
            Call(
                method="PATCH",
                path=path_of(
                    "/v1/accounts/{account}/scheduled/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
                body=given(send_at=send_at),
            )
        )

    async def cancel_scheduled(self, account: str, message_id: str) -> None:
        """Do not send it."""
        return await self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/scheduled/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
            )
        )
