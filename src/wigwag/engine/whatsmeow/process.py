"""One child process: started by exec, never by fork; its errors logged, its end seen to."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Final

import structlog

from wigwag.engine.whatsmeow.frames import FRAME_LIMIT

MODULE: Final = "wigwag.engine.whatsmeow.child"
MOST_LINES: Final = 200
"""Lines of one child that are logged; the library can write many when it falls."""
_LINE_LENGTH: Final = 160
_READ_BYTES: Final = 65_536
_KILL_LIMIT_S: Final = 5.0
_PERSONAL: Final = re.compile(r"\S*@\S*|[0-9]{4,}|\"[^\"]*\"|'[^']*'")
"""Numbers, addresses and quoted texts."""

_SMALL_TALK: Final = (b"Press Ctrl+C", b"Login event:")
"""What the library prints in any case."""

_log = structlog.get_logger(__name__)


class Child:
    """A started child. `end` must be awaited in any case."""

    def __init__(
        self,
        account: str,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._account = account
        self._process = process
        self.reader = reader
        self.writer = writer
        self._log_task = asyncio.create_task(self._log_errors(), name=f"child-log-{account}")

    @classmethod
    async def start(cls, account: str, environment: Mapping[str, str]) -> "Child":
        """Raises OSError."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-s", "-P", "-m", MODULE, str(theirs.fileno())),
                    env=dict(environment),
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                    start_new_session=True,
                )
        except BaseException:
            ours.close()
            raise
        reader, writer = await asyncio.open_connection(sock=ours, limit=FRAME_LIMIT)
        return cls(account, process, reader, writer)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait(self, limit_s: float) -> bool:
        """Whether it has ended by itself within so long."""
        try:
            async with asyncio.timeout(limit_s):
                await self._process.wait()
        except TimeoutError:
            return False
        return True

    async def end(self) -> int:
        """Kill what still runs, and wait for it; its exit status."""
        self.writer.close()
        if self._process.returncode is None:
            # it may just have ended by itself
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            if not await self.wait(_KILL_LIMIT_S):
                _log.error("child_does_not_end", account=self._account)
        self._log_task.cancel()
        await asyncio.wait({self._log_task})
        return self._process.returncode or 0

    async def _log_errors(self) -> None:
        """Every line of the child's errors, without what it may tell of people."""
        stream = self._process.stderr
        if stream is None:
            raise AssertionError("the child was started with a pipe")
        logged, rest = 0, b""
        while chunk := await stream.read(_READ_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[-_LINE_LENGTH:]
            for line in lines:
                if logged < MOST_LINES and not line.startswith(_SMALL_TALK):
                    logged += 1
                    _log.warning("child_says", account=self._account, line=masked(line))


def masked(line: bytes) -> str:
    """A line that can be logged."""
    text = line[:_LINE_LENGTH].decode("utf-8", "replace")
    return _PERSONAL.sub("#", text)


def child_environment(inherited: Mapping[str, str], ca_file: str) -> dict[str, str]:
    """What a child may know: where Python is, how Go shall behave, whom to trust; no secret."""
    names = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "SSL_CERT_DIR")
    environment = {name: inherited[name] for name in names if name in inherited}
    environment |= {
        "NEONIZE_BOT_TAG": "off",
        "GOMAXPROCS": "2",
        "GOMEMLIMIT": "256MiB",
        "GOTRACEBACK": "single",
        "MALLOC_ARENA_MAX": "2",
    }
    if ca_file:
        environment["SSL_CERT_FILE"] = ca_file
    return environment
