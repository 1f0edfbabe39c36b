# Made by tools/generate_client.py; do not edit it.
"""The synchronous client: every operation, and events without an end."""

from collections.abc import Generator, Iterable
from typing import Final

from wigwag.client.errors import ApiError, ConnectionFailed
from wigwag.client.shapes import Event
from wigwag.client.synchronous.operations import Operations

POLL_S: Final = 25.0
"""How long the server keeps a question for events open."""
OUTAGE_PAUSE_S: Final = 5.0


class Client(Operations):
    """A server, by its URL and with a key. Use it as a context manager, or close it.

    Methods raise ApiError for what the server refuses, and ConnectionFailed when it is not reached.
    """

    def events(
        self,
        after: int | str = "latest",
        *,
        account: str = "",
        types: Iterable[str] = (),
        chat: str = "",
    ) -> Generator[Event]:
        """What happens from a cursor on (`seq` of the last event that is known, 0 for the oldest
        that is kept), without an end: while the server is away it is asked again and again.

        Raises ApiError where asking again is of no use, with the code `cursor_expired` when events
        after the cursor are kept no longer.
        """
        cursor, wait_s = str(after), 0.0 if after == "latest" else POLL_S
        wanted = ",".join(types)
        while True:
            try:
                page = self.list_events(
                    after=cursor, wait_s=wait_s, account=account, types=wanted, chat=chat
                )
            except ApiError as error:
                if error.status < 500:
                    raise
                self._sleep(OUTAGE_PAUSE_S)
                continue
            except ConnectionFailed:
                self._sleep(OUTAGE_PAUSE_S)
                continue
            yield from page["items"]
            cursor, wait_s = str(page["next_after"]), POLL_S
