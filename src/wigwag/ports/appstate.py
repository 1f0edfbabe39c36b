"""App state of one account: what its devices share of chats, messages, labels and settings."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from wigwag.model.appstate import AppStateChange, CollectionStatus


class AppStateActions(Protocol):
    """Changes that this device makes, and how far it follows those of the others."""

    async def change(self, changes: Sequence[AppStateChange]) -> None:
        """Make changes; returns when WhatsApp has them and the sink was told of them.

        They are told as `AppStateChanged`, like the changes of any other device. Changes of one
        collection are taken together or not at all. What WhatsApp took and could not be told
        before the connection ended is told after the next login. Raises NotConnected (nothing is
        queued: a change is a wish of its moment), AppStateUnavailable, AppStateConflict,
        InvalidInput.
        """
        ...

    def statuses(self) -> Sequence[CollectionStatus]:
        """Every collection, in a fixed order."""
        ...

    def ignored(self) -> Mapping[str, int]:
        """How often an action came that means nothing to us, by its name on the wire."""
        ...
