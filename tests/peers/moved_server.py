"""`wigwag`, but its webhooks live at another time: the machine's, moved by the seconds in a file.

Run as a script, with the file before the arguments of the command.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from wigwag.app import core
from wigwag.cli import main
from wigwag.deliver.couriers import Couriers

LOOK_S: Final = 0.05
"""How often a sleeper looks whether the time was moved."""


class MovedClock:
    """The machine's clock and a shift that another process writes."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def _shift_s(self) -> float:
        return float(self._file.read_text())

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._shift_s)

    def monotonic(self) -> float:
        return time.monotonic() + self._shift_s

    async def sleep(self, delay_s: float) -> None:
        end = self.monotonic() + delay_s
        while (left := end - self.monotonic()) > 0:  # noqa: ASYNC110 - another process moves it
            await asyncio.sleep(min(left, LOOK_S))


if __name__ == "__main__":
    core.Couriers = partial(Couriers, clock=MovedClock(Path(sys.argv.pop(1))))  # type: ignore[misc]
    main()
