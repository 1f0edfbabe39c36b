"""How long things are kept, and what is taken out."""

from typing import NamedTuple

from wigwag.model.value import Value


class RetentionPolicy(Value):
    """Days and limits; 0 keeps for ever."""

    event_days: int = 0
    event_max: int = 0
    message_days: int = 0
    media_days: int = 0
    media_bytes: int = 0


class EventBounds(NamedTuple):
    """Which events go: those sent before `before_ms` and those up to `upto_seq`.

    Of them, those after `floor_seq` are still waited for by a webhook, and go by the bounds that
    begin with `held` alone.
    """

    before_ms: int
    upto_seq: int
    floor_seq: int
    held_before_ms: int
    held_upto_seq: int

    def covers(self, seq: int, at_ms: int) -> bool:
        if at_ms >= self.before_ms and seq > self.upto_seq:
            return False
        is_free = seq <= self.floor_seq
        return is_free or at_ms < self.held_before_ms or seq <= self.held_upto_seq


class StoredFileRow(NamedTuple):
    """A message whose file is here, by its row."""

    row: int
    path: str
    size_bytes: int


class Removal(NamedTuple):
    """A file whose row is gone, or says that it is; it is to be taken from the disk."""

    path: str
    sha256: bytes


class Leftover(NamedTuple):
    """A file on the disk of which it is not known whether the archive names it.

    Without `has_name` it is a content that has no name in a chat's folder.
    """

    path: str
    sha256: bytes
    has_name: bool = False
