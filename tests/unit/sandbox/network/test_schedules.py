"""Random schedules: the same for the same seed, within their bounds, acceptable as faults."""

import pytest

from wigwag.sandbox.network.faults import FaultKind, Faults
from wigwag.sandbox.network.schedules import HARMLESS, LEFT_OUT, random_schedule


@pytest.mark.parametrize("seed", range(20))
def test_a_schedule_follows_from_its_seed_and_can_be_put_in_force(seed: int) -> None:
    targets = ("15550100001", "15550100002")
    made = random_schedule(seed, count=50, duration_s=30.0, targets=targets)
    assert made == random_schedule(seed, count=50, duration_s=30.0, targets=targets)
    assert made != random_schedule(seed + 1, count=50, duration_s=30.0, targets=targets)
    times = [timed.at_s for timed in made]
    assert times == sorted(times)
    assert 0.0 <= times[0] <= times[-1] <= 30.0
    faults = Faults()
    for timed in made:
        assert timed.fault.kind in HARMLESS
        faults.add(timed.fault)
    assert len(faults.list()) == 50


def test_kinds_and_targets_can_be_chosen() -> None:
    made = random_schedule(
        1, count=30, duration_s=1.0, targets=("15550100001",), kinds=(FaultKind.MUTE,)
    )
    assert {(t.fault.kind, t.fault.target) for t in made} == {(FaultKind.MUTE, "15550100001")}


def test_every_kind_is_in_the_default_schedule_or_has_a_reason_why_not() -> None:
    assert len(set(HARMLESS)) == len(HARMLESS)
    assert not set(HARMLESS) & set(LEFT_OUT)
    assert set(HARMLESS) | set(LEFT_OUT) == set(FaultKind)
