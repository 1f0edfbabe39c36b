# Made by tools/generate_client.py; do not edit it.
"""What can be asked of changes."""

from typing import Literal

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import Call, given, new_key, path_of


class AsyncChangesOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def edit_message(
        self,
        account: str,
        message_id: str,
        *,
        text: str,
        wait_s: float | None = None,
        chat: str | None = None,
        sender: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """Edit an own message."""
        return await self._json(
            Call(
                method="PATCH",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
                body=given(text=text, wait_s=wait_s),
                idempotency_key=idempotency_key or new_key(),
            )
        )

    async def delete_message(
        self,
        account: str,
        message_id: str,
        *,
        chat: str | None = None,
        sender: str | None = None,
        for_: Literal["everyone", "me"] | None = None,
        wait_s: float | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Message | shapes.Sent:
        """Delete a message, for everyone or for us alone."""
        return await self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender, "for": for_, "wait_s": wait_s},
                idempotency_key=idempotency_key or new_key(),
            )
        )

    async def react_to_message(
        self,
        account: str,
        message_id: str,
        *,
        emoji: str,
        wait_s: float | None = None,
        chat: str | None = None,
        sender: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """React to a message."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/reactions",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
                body=given(emoji=emoji, wait_s=wait_s),
                idempotency_key=idempotency_key or new_key(),
            )
        )

    async def pin_message(
        self,
        account: str,
        message_id: str,
        *,
        duration_seconds: Literal[86400, 604800, 2592000] | None = None,
        wait_s: float | None = None,
        chat: str | None = None,
        sender: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """Pin a message for everybody in its chat."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/pin",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
                body=given(duration_seconds=duration_seconds, wait_s=wait_s),
                idempotency_key=idempotency_key or new_key(),
            )
        )

    async def unpin_message(
        self,
        account: str,
        message_id: str,
        *,
        chat: str | None = None,
        sender: str | None = None,
        wait_s: float | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """Take a pinned message down."""
        return await self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/pin",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender, "wait_s": wait_s},
                idempotency_key=idempotency_key or new_key(),
            )
        )

    async def mark_as_read(
        self, account: str, *, chat: str, ids: list[str] | None = None
    ) -> shapes.Read:
        """Mark messages as read, and tell their senders."""
        return await self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/messages/read", account=account),
                body=given(chat=chat, ids=ids),
            )
        )

    async def star_message(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Message:
        """Star a message."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/star",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    async def unstar_message(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Message:
        """Take the star off a message."""
        return await self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/star",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    async def mark_as_played(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Played:
        """Tell that a voice note was played."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/played",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    async def retry_media(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Retried:
        """Fetch the file of a message again."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/media/retry",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )
