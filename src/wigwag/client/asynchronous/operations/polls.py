# Made by tools/generate_client.py; do not edit it.
"""What can be asked of polls."""

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import Call, given, new_key, path_of


class AsyncPollsOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def list_votes(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Tally:
        """Who voted for what in a poll."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/votes",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    async def vote(
        self,
        account: str,
        message_id: str,
        *,
        options: list[str],
        wait_s: float | None = None,
        chat: str | None = None,
        sender: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """Vote in a poll, or take our vote back."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/votes",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
                body=given(options=options, wait_s=wait_s),
                idempotency_key=idempotency_key or new_key(),
            )
        )
