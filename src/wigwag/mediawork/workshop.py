"""The server's side: starts the child, gives it a job, and ends it whatever happens."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import structlog

from wigwag.mediawork.job import LIMITS, OUTCOME_LIMIT, Job, Limits, Outcome, Trouble
from wigwag.model.content import MediaKind
from wigwag.model.errors import MediaRefused, MediaToolMissing, MediaUnreadable, StorageFull
from wigwag.model.media import Prepared

AT_ONCE: Final = 2
"""Children that run at a time; further jobs wait."""

_log = structlog.get_logger(__name__)


class Workshop:
    """Implements ports.MediaWorkshop. `environment` is all that the child gets of it."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        limits: Mapping[MediaKind, Limits] = LIMITS,
        at_once: int = AT_ONCE,
    ) -> None:
        self._environment = dict(environment)
        self._limits = limits
        self._free = asyncio.Semaphore(at_once)
        self.jobs = 0
        """Files that wait for a child, or that one works on."""

    async def prepare(self, source: Path, target: Path, kind: MediaKind) -> Prepared:
        limits = self._limits.get(kind)
        if limits is None:
            return Prepared()
        job = Job(kind=kind, source=str(source), target=str(target), limits=limits)
        self.jobs += 1
        try:
            async with self._free:
                outcome = await self._run(job)
        finally:
            self.jobs -= 1
        return _prepared(outcome)

    async def _run(self, job: Job) -> Outcome:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-s", "-P", "-m", "wigwag.mediawork"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=self._environment,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(job.limits.wall_s):
                answer = await _talk(child, msgspec.json.encode(job))
                await child.wait()
        except TimeoutError:
            return Outcome(trouble=Trouble.REFUSED, detail="Reading the file takes too long.")
        finally:
            if child.returncode is None:
                child.kill()
                await asyncio.shield(child.wait())
        try:
            return msgspec.json.decode(answer, type=Outcome)
        except msgspec.DecodeError:
            # It was ended by one of its limits, or fell over the file.
            _log.warning("media_child_died", kind=job.kind, status=child.returncode)
            return Outcome(trouble=Trouble.REFUSED, detail="The file cannot be read safely.")


async def _talk(child: asyncio.subprocess.Process, job: bytes) -> bytes:
    """Hand over the job; what the child says, up to the limit of an answer."""
    if child.stdin is None or child.stdout is None:
        raise AssertionError("the child was started with pipes")
    try:
        child.stdin.write(job)
        await child.stdin.drain()
        child.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return b""
    answer = b""
    while chunk := await child.stdout.read(65_536):
        answer += chunk
        if len(answer) > OUTCOME_LIMIT:
            child.kill()
            return b""
    return answer


def _prepared(outcome: Outcome) -> Prepared:
    match outcome.trouble:
        case Trouble.MISSING:
            raise MediaToolMissing
        case Trouble.FULL:
            raise StorageFull
        case Trouble.REFUSED:
            raise MediaRefused(outcome.detail or None)
        case Trouble.UNREADABLE:
            raise MediaUnreadable(outcome.detail or None)
        case None:
            return outcome.prepared or Prepared()
