"""Room on the disk: below a low-water mark files wait, so that messages never have to."""

from collections.abc import Callable
from typing import Final

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.model.errors import DiskLow
from wigwag.ports import Clock

LOOKED_S: Final = 1.0
"""How long a look at the disk counts."""
RELIEF: Final = 4
"""A quarter more than the mark must be free before files go on: else they would stop and go."""


def is_low(free_bytes: int, mark_bytes: int, *, was_low: bool) -> bool:
    """Whether files have to wait."""
    needed = mark_bytes + mark_bytes // RELIEF if was_low else mark_bytes
    return free_bytes < needed


class DiskRoom:
    """The disk of the store. `look` tells its free bytes, None when that cannot be known."""

    def __init__(
        self, look: Callable[[], int | None], mark_bytes: int, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._look = look
        self._mark_bytes = mark_bytes
        self._clock = clock
        self._looked_at: float | None = None
        self._free_bytes: int | None = None
        self._low = False

    @property
    def mark_bytes(self) -> int:
        return self._mark_bytes

    @property
    def free_bytes(self) -> int | None:
        """As it was at most a second ago; None when that cannot be known."""
        now = self._clock.monotonic()
        if self._looked_at is None or now - self._looked_at >= LOOKED_S:
            self._looked_at = now
            self._free_bytes = self._look()
            if self._free_bytes is not None:
                self._low = is_low(self._free_bytes, self._mark_bytes, was_low=self._low)
        return self._free_bytes

    @property
    def low(self) -> bool:
        """Whether files have to wait."""
        return self.free_bytes is not None and self._low

    def check(self) -> None:
        """Raises DiskLow where a file has to wait."""
        if self.low:
            raise DiskLow


ENDLESS_ROOM: Final = DiskRoom(lambda: None, 0)
"""Where nobody looks at the disk."""
