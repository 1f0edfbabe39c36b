# Made by tools/generate_client.py; do not edit it.
"""What can be asked of scheduled."""

from collections.abc import Iterator
from datetime import datetime

from wigwag.client import shapes
from wigwag.client.calls import Call, given, path_of
from wigwag.client.synchronous.asking import Asker


class ScheduledOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def list_scheduled(
        self,
        account: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        chat: str | None = None,
    ) -> shapes.ScheduledPage:
        """Messages that wait for their time."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/scheduled", account=account),
                query={"cursor": cursor, "limit": limit, "chat": chat},
            )
        )

    def each_scheduled(
        self, account: str, *, limit: int | None = None, chat: str | None = None
    ) -> Iterator[shapes.Scheduled]:
        """Messages that wait for their time: page after page."""
        return self._each(
            lambda cursor: self.list_scheduled(account, limit=limit, chat=chat, cursor=cursor)
        )

    def get_scheduled(self, account: str, message_id: str) -> shapes.Scheduled:
        """One message that waits for its time."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/scheduled/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
            )
        )

    def move_scheduled(
        self, account: str, message_id: str, *, send_at: str | datetime
    ) -> shapes.Scheduled:
        """Give it another time."""
        return self._json(
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

    def cancel_scheduled(self, account: str, message_id: str) -> None:
        """Do not send it."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/scheduled/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
            )
        )
