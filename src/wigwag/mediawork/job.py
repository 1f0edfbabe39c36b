"""What the server asks of the child, and what the child answers: JSON over a pipe."""

from enum import StrEnum
from typing import Final

import msgspec

from wigwag.model.content import MediaKind
from wigwag.model.media import Prepared

OUTCOME_LIMIT: Final = 262_144
"""Bytes of an answer."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one job may take. Memory is address space, and holds where the system can limit it."""

    memory_bytes: int = 768 * 2**20
    cpu_s: int = 20
    wall_s: float = 40.0
    source_bytes: int = 64 * 2**20
    target_bytes: int = 64 * 2**20


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Prepare the file at `source` to be sent as `kind`; a converted one goes into `target`."""

    kind: MediaKind
    source: str
    target: str
    limits: Limits


class Trouble(StrEnum):
    """Why a job came to nothing.

    `unreadable`: no decoder here reads it. `refused`: it asks for more than the limits give.
    `missing`: the library for it is not installed. `full`: the disk is.
    """

    UNREADABLE = "unreadable"
    REFUSED = "refused"
    MISSING = "missing"
    FULL = "full"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`prepared`, or `trouble` with a sentence."""

    prepared: Prepared | None = None
    trouble: Trouble | None = None
    detail: str = ""


class Refused(Exception):
    """The file asks for more than is reasonable; the message is for the caller."""


class Unreadable(Exception):
    """The file cannot be decoded; the message is for the caller."""


LIMITS: Final[dict[MediaKind, Limits]] = {
    MediaKind.IMAGE: Limits(),
    MediaKind.STICKER: Limits(memory_bytes=2**30, cpu_s=60, wall_s=120.0, target_bytes=2**20),
    MediaKind.VIDEO: Limits(memory_bytes=2**30, source_bytes=2**32, target_bytes=0),
    MediaKind.GIF: Limits(memory_bytes=2**30, cpu_s=60, wall_s=120.0),
    MediaKind.AUDIO: Limits(source_bytes=2**32, target_bytes=0),
    MediaKind.VOICE: Limits(cpu_s=120, wall_s=240.0, source_bytes=2**31),
}
"""By kind. The kinds that are not here are sent as they are, without a look."""
