# Made by tools/generate_client.py; do not edit it.
"""What can be asked of calls."""

from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import Call, given, path_of


class AsyncCallsOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def reject_call(self, account: str, call_id: str, *, caller: str) -> None:
        """Turn a call away."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/calls/{call_id}/reject",
                    account=account,
                    call_id=call_id,
                ),
                body=given(caller=caller),
            )
        )
