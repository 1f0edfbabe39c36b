"""Limits that the child puts on itself before it decodes anything."""

import os
import sys
from typing import Final

from wigwag.mediawork.job import Limits

_SPARE_FILES: Final = 0
"""Descriptors that may be opened once the work begins: no file, and no socket."""


def confine(limits: Limits) -> None:
    """Limit memory, time and output of this process, as far as the system can; for good.

    Windows knows none of these limits, macOS not that of memory: there the parent's clock alone
    ends a job.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_CPU, limits.cpu_s)
    _lower(resource.RLIMIT_FSIZE, limits.target_bytes)
    if sys.platform == "linux":
        _lower(resource.RLIMIT_AS, limits.memory_bytes)


def close_the_door() -> None:
    """Open nothing any more, neither file nor socket; everything needed is open and imported."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    probe = os.open(os.devnull, os.O_RDONLY)
    os.close(probe)
    _lower(resource.RLIMIT_NOFILE, probe + _SPARE_FILES)


def _lower(kind: int, value: int) -> None:
    import resource  # noqa: PLC0415 - not on Windows

    hard = resource.getrlimit(kind)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (bound, bound))
