"""Fault schedules: which faults come when, made from a seed; the same for the same seed."""

import random
from collections.abc import Sequence
from typing import Final

from wigwag.model.value import Value
from wigwag.sandbox.network.faults import Fault, FaultKind

MAX_FAULTS: Final = 1_000
MAX_DURATION_S: Final = 86_400.0

HARMLESS: Final = (
    FaultKind.REFUSE,
    FaultKind.DROP,
    FaultKind.DELAY,
    FaultKind.DUPLICATE,
    FaultKind.REORDER,
    FaultKind.GARBLE,
    FaultKind.NO_ACK,
    FaultKind.ACK_DELAY,
    FaultKind.STREAM_ERROR,
    FaultKind.NO_PREKEYS,
    FaultKind.MEDIA_STATUS,
    FaultKind.MEDIA_CUT,
)
"""Faults after which nothing may be lost: what a random schedule is made of by default."""

_CODES: Final = {
    FaultKind.REFUSE: (0, 503),
    FaultKind.STREAM_ERROR: (503, 515),
    FaultKind.MEDIA_STATUS: (500, 503),
}


class TimedFault(Value):
    """A fault that is put in force `at_s` seconds after the schedule begins."""

    at_s: float
    fault: Fault


def random_schedule(
    seed: int,
    *,
    count: int,
    duration_s: float,
    targets: Sequence[str] = ("",),
    kinds: Sequence[FaultKind] = HARMLESS,
) -> list[TimedFault]:
    """`count` faults within `duration_s`, each on one of `targets`, in the order of time."""
    rng = random.Random(seed)
    times = sorted(rng.uniform(0.0, duration_s) for _ in range(count))
    return [TimedFault(at_s=at_s, fault=_fault(rng, targets, kinds)) for at_s in times]


def _fault(rng: random.Random, targets: Sequence[str], kinds: Sequence[FaultKind]) -> Fault:
    kind = rng.choice(kinds)
    # downloads are anonymous, so only faults of everybody hit them
    target = "" if kind.startswith("media_") else rng.choice(targets)
    return Fault(
        kind=kind,
        target=target,
        count=rng.randint(1, 5),
        probability=rng.choice((1.0, 0.5)),
        seed=rng.getrandbits(32),
        code=rng.choice(_CODES.get(kind, (0,))),
        delay_s=round(rng.uniform(0.01, 0.5), 3),
        when=rng.choice(("before", "after")),
        at_bytes=rng.randrange(1, 2_000),
    )
