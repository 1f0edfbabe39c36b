"""The child: reads one job, limits itself, does it, and says what came of it.

Importing a decoder, trying it on a file of its own making (libraries import more when they are
used), opening the files and closing the door come in this order, so that a file that takes over a
decoder finds nothing left to open.
"""

import errno
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, Final

import msgspec

from wigwag.mediawork.confinement import close_the_door, confine
from wigwag.mediawork.job import Job, Outcome, Refused, Trouble, Unreadable
from wigwag.model.content import MediaKind
from wigwag.model.media import Prepared

_JOB_LIMIT: Final = 65_536
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

_MODULES: Final = {
    MediaKind.IMAGE: "pictures",
    MediaKind.STICKER: "stickers",
    MediaKind.VIDEO: "films",
    MediaKind.GIF: "films",
    MediaKind.AUDIO: "sounds",
    MediaKind.VOICE: "sounds",
}


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(_JOB_LIMIT), type=Job)
    outcome = run(job)
    sys.stdout.buffer.write(msgspec.json.encode(outcome))
    sys.stdout.buffer.flush()
    # Decoders that were fed nonsense may fall over their own clearing up.
    os._exit(0)


def run(job: Job) -> Outcome:
    """Do one job in this process, and limit the process for it."""
    try:
        module = importlib.import_module(f"wigwag.mediawork.{_MODULES[job.kind]}")
    except ImportError as error:
        return Outcome(trouble=Trouble.MISSING, detail=error.name or "")
    module.warm_up()
    try:
        return Outcome(prepared=_prepared(module, job))
    except Exception as error:  # noqa: BLE001 - decoders raise whatever a strange file makes them
        return _failed(error)


def _prepared(module: ModuleType, job: Job) -> Prepared:
    with Path(job.source).open("rb") as source, Path(job.target).open("r+b") as target:
        if os.fstat(source.fileno()).st_size > job.limits.source_bytes:
            raise Refused(f"The file is larger than {job.limits.source_bytes >> 20} MB.")
        confine(job.limits)
        close_the_door()
        return _worker(module, job.kind)(source, target)


def _worker(module: ModuleType, kind: MediaKind) -> Callable[[BinaryIO, BinaryIO], Prepared]:
    match kind:
        case MediaKind.IMAGE:
            return lambda source, _: module.prepare_picture(source)
        case MediaKind.STICKER:
            return module.prepare_sticker
        case MediaKind.VIDEO:
            return lambda source, _: module.prepare_video(source)
        case MediaKind.GIF:
            return module.prepare_gif
        case MediaKind.AUDIO:
            return lambda source, _: module.prepare_audio(source)
        case _:
            return module.prepare_voice


def _failed(error: Exception) -> Outcome:
    match error:
        case Refused():
            return Outcome(trouble=Trouble.REFUSED, detail=str(error))
        case Unreadable():
            return Outcome(trouble=Trouble.UNREADABLE, detail=str(error))
        case MemoryError():
            return Outcome(trouble=Trouble.REFUSED, detail="The file needs too much memory.")
        case OSError() if error.errno in _FULL:
            return Outcome(trouble=Trouble.FULL)
        case OSError() if error.errno == errno.EFBIG:
            return Outcome(trouble=Trouble.REFUSED, detail="The converted file becomes too large.")
        case _:
            return Outcome(trouble=Trouble.UNREADABLE, detail="The file cannot be read.")


if __name__ == "__main__":
    main()
