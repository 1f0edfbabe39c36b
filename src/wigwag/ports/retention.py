"""Taking out what is kept no longer: in small steps, and its files after the rows."""

from collections.abc import Sequence
from typing import Protocol

from wigwag.model.record import MessageHead
from wigwag.model.retention import EventBounds, Leftover, Removal, StoredFileRow


class RetentionTable(Protocol):
    """What one write unit takes out, at most `limit` rows; how many those were."""

    def prune_events(self, bounds: EventBounds, limit: int) -> int:
        """Events from the beginning of the log, without leaving a hole in it."""
        ...

    def prune_messages(self, before_ms: int, limit: int) -> int:
        """Messages that were sent before this time, the oldest first, with all that hangs on them;
        none that waits to be sent. Their files become removals."""
        ...

    def prune_dead(self, before_ms: int, limit: int) -> int:
        """Deliveries of events before this time that were given up."""
        ...

    def expire_media(self, rows: Sequence[int]) -> int:
        """The files of these rows become removals; their rows say `expired`."""
        ...

    def remove_file(self, path: str, sha256: bytes) -> None:
        """A file that nothing names any more becomes a removal."""
        ...

    def remove_file_of(self, head: MessageHead) -> None:
        """The file of a row that is about to go becomes a removal, if it has one."""
        ...

    def remove_unnamed(self, files: Sequence[Leftover]) -> None:
        """Those become removals that no message names, neither one that waits to be sent or for
        its time; a content, if none names any file of it."""
        ...

    def drop_removals(self, removals: Sequence[Removal]) -> None:
        """These files are off the disk."""
        ...


class RetentionReader(Protocol):
    """What may be taken out."""

    async def list_stored_files(
        self, after_row: int, before_ms: int, limit: int
    ) -> list[StoredFileRow]:
        """Messages before this time whose file is here, after a row, the oldest first; none that
        waits to be sent."""
        ...

    async def list_removals(self, after_path: str, limit: int) -> list[Removal]:
        """In the order of their paths."""
        ...
