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
    FaultKind.STALL,
    FaultKind.DROP,
    FaultKind.DELAY,
    FaultKind.DUPLICATE,
    FaultKind.REORDER,
    FaultKind.GARBLE,
    FaultKind.UNAVAILABLE,
    FaultKind.RECEIPT_FORM,
    FaultKind.RECEIPT_DEVICE,
    FaultKind.NO_ACK,
    FaultKind.ACK_DELAY,
    FaultKind.STREAM_ERROR,
    FaultKind.LOGIN_FAILURE,
    FaultKind.OFFLINE_ENDLESS,
    FaultKind.NO_PREKEYS,
    FaultKind.IDENTITY_SILENT,
    FaultKind.APP_STATE_MAC,
    FaultKind.APP_STATE_SNAPSHOT,
    FaultKind.APP_STATE_CONFLICT,
    FaultKind.HISTORY_REPEAT,
    FaultKind.HISTORY_REORDER,
    FaultKind.PHONE_LATE,
    FaultKind.MEDIA_STATUS,
    FaultKind.MEDIA_CUT,
    FaultKind.MEDIA_CORRUPT,
    FaultKind.MEDIA_HANG,
)
"""Faults after which nothing may be lost: what a random schedule is made of by default."""

LEFT_OUT: Final = {
    FaultKind.MUTE: "what is swallowed comes only with another connection",
    FaultKind.NACK: "what is refused has failed for good",
    FaultKind.HOLD: "lasts until it is removed",
    FaultKind.IGNORE: "what is swallowed comes only with another connection",
    FaultKind.APP_STATE_KEYS: "what a missing key seals is asked for once a day",
    FaultKind.APP_STATE_COPY: "a copy is asked for once a day, when nothing else helps",
    FaultKind.HISTORY_SKIP: "a part of the past is missing",
    FaultKind.PHONE_SILENT: "the phone is asked again after minutes, then hours",
    FaultKind.PHONE_EMPTY: "the phone says that it has nothing",
    FaultKind.PHONE_ASTRAY: "a request for older messages gets none",
    FaultKind.MEDIA_RETRY: "the phone says that it does not have the file",
}
"""The other kinds, and why they are in a schedule only when they are asked for."""

_CODES: Final = {
    FaultKind.REFUSE: (0, 503),
    FaultKind.RECEIPT_DEVICE: (1, 7, 99),
    FaultKind.STREAM_ERROR: (503, 515),
    FaultKind.LOGIN_FAILURE: (500, 503),
    FaultKind.MEDIA_STATUS: (500, 503),
}
_ANONYMOUS: Final = frozenset(
    {
        FaultKind.STALL,
        FaultKind.MEDIA_STATUS,
        FaultKind.MEDIA_CUT,
        FaultKind.MEDIA_CORRUPT,
        FaultKind.MEDIA_HANG,
    }
)
"""Kinds that act before anybody said who they are, so that only faults of everybody do."""


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
    target = "" if kind in _ANONYMOUS else rng.choice(targets)
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
