"""When files wait for room on the disk, and when they go on."""

import pytest

from scripted.waiting import JumpingClock
from wigwag.core.diskroom import ENDLESS_ROOM, DiskRoom, is_low
from wigwag.model.errors import DiskLow


@pytest.mark.parametrize(
    ("free", "was_low", "low"),
    [
        (0, False, True),
        (999, False, True),
        (1000, False, False),
        (1000, True, True),
        (1249, True, True),
        (1250, True, False),
    ],
)
def test_a_quarter_more_than_the_mark_ends_the_waiting(free: int, was_low: bool, low: bool) -> None:
    assert is_low(free, 1000, was_low=was_low) is low


def test_no_mark_is_never_low() -> None:
    assert not is_low(0, 0, was_low=False)
    assert not is_low(0, 0, was_low=True)


def test_the_disk_is_looked_at_once_a_second() -> None:
    clock, free, looks = JumpingClock(), [1000], [0]

    def look() -> int:
        looks[0] += 1
        return free[0]

    disk = DiskRoom(look, 1000, clock=clock)
    assert (disk.low, disk.free_bytes, looks[0]) == (False, 1000, 1)
    free[0] = 999
    assert not disk.low
    clock.time = clock.time.replace(second=1)
    assert disk.low
    with pytest.raises(DiskLow):
        disk.check()
    assert looks[0] == 2
    free[0] = 1100
    clock.time = clock.time.replace(second=2)
    assert disk.low, "it is not enough to begin again"
    free[0] = 1250
    clock.time = clock.time.replace(second=3)
    disk.check()


def test_a_disk_that_cannot_be_looked_at_stops_nothing() -> None:
    assert DiskRoom(lambda: None, 1 << 40).free_bytes is None
    DiskRoom(lambda: None, 1 << 40).check()
    ENDLESS_ROOM.check()
