# Made by tools/generate_client.py; do not edit it.
"""What can be asked of events."""

from wigwag.client import shapes
from wigwag.client.calls import Call
from wigwag.client.synchronous.asking import Asker


class EventsOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def list_events(
        self,
        *,
        account: str | None = None,
        types: str | None = None,
        chat: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        wait_s: float | None = None,
    ) -> shapes.EventPage:
        """Events after a cursor."""
        return self._json(
            Call(
                method="GET",
                path="/v1/events",
                query={
                    "account": account,
                    "types": types,
                    "chat": chat,
                    "after": after,
                    "limit": limit,
                    "wait_s": wait_s,
                },
            )
        )
