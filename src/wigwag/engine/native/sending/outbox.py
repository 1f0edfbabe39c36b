"""The way out: what was encrypted is made durable, and only then written, in the order of calls.

Everything that was encrypted while the former batch was committing shares the next commit.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog

from wigwag.engine.common.errors import StoreFailed
from wigwag.engine.native.connection.connection import Pending
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.sessions import Changes, Sessions
from wigwag.model.errors import NotConnected
from wigwag.wire.nodes import Node

MAX_WAITING: Final = 1024
"""Stanzas that wait to be written before `room` makes callers wait."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Job:
    """A stanza, what writes it, and what tells its owner the outcome."""

    node: Node
    write: Callable[[Node], Awaitable[Pending | None]]
    written: "asyncio.Future[Any]"
    login: int
    """During which login it was put here."""


class _Load:
    """Jobs that share a commit."""

    __slots__ = ("changes", "generation", "jobs")

    def __init__(self, account: str, generation: int) -> None:
        self.changes = Changes(account)
        self.generation = generation
        self.jobs: list[_Job] = []


class Outbox:
    """Writes stanzas of one account after their changes are durable.

    Take `changes`, encrypt into it and `post` without an await in between.
    """

    def __init__(self, link: Link, sessions: Sessions) -> None:
        self._link = link
        self._sessions = sessions
        self._load = _Load(link.account, sessions.generation)
        self._wakeup = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closed = False

    @property
    def changes(self) -> Changes:
        """Where the changes of the next posted stanzas go."""
        load = self._load
        if load.generation != self._sessions.generation and not load.jobs:
            self._load = load = _Load(self._link.account, self._sessions.generation)
        return load.changes

    async def room(self) -> None:
        """Wait while too much waits to be written."""
        await self._room.wait()

    def post(self, node: Node) -> "asyncio.Future[Pending]":
        """Queue a stanza that is answered; the future resolves when it is written.

        It fails with NotConnected when nothing left (it never leaves in a later login than this
        one), or with the error of the store.
        """
        connection = self._link.connection
        future: asyncio.Future[Pending] = asyncio.get_running_loop().create_future()
        self._put(_Job(node, connection.begin, future, connection.login))
        return future

    def post_unanswered(self, node: Node) -> "asyncio.Future[None]":
        """Like `post`, for a stanza whose answer nobody waits for."""
        connection = self._link.connection
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(_Job(node, connection.send, future, connection.login))
        return future

    def _put(self, job: _Job) -> None:
        if self._closed:
            job.written.set_exception(NotConnected())
            return
        self._load.jobs.append(job)
        if len(self._load.jobs) >= MAX_WAITING:
            self._room.clear()
        self._wakeup.set()

    async def run(self) -> None:
        """Write for ever; ends by cancellation, what waits then fails with NotConnected."""
        load = self._load
        try:
            while True:
                while not self._load.jobs:
                    self._wakeup.clear()
                    await self._wakeup.wait()
                load, self._load = self._load, _Load(self._link.account, self._sessions.generation)
                self._room.set()
                await self._write(load)
        finally:
            _fail([*load.jobs, *self._load.jobs])

    def close(self) -> None:
        """What waits, and whatever comes later, fails with NotConnected: nobody writes any more."""
        self._closed = True
        self._room.set()
        _fail(self._load.jobs)

    async def _write(self, load: _Load) -> None:
        error = await self._commit(load)
        for job in load.jobs:
            if error is None:
                await self._write_one(job)
            elif not job.written.done():
                job.written.set_exception(error)

    async def _commit(self, load: _Load) -> Exception | None:
        turn: asyncio.Future[asyncio.Future[None]] = asyncio.get_running_loop().create_future()

        def submit() -> None:
            if turn.done():
                return
            try:
                turn.set_result(self._submit(load))
            except Exception as error:  # noqa: BLE001 - told where it is awaited
                turn.set_exception(error)

        self._sessions.when_saved(load.changes, submit)
        try:
            await (await turn)
        except Exception as error:  # noqa: BLE001 - the callers get it, the outbox goes on
            _log.error("send_commit_failed", kind=type(error).__name__, stanzas=len(load.jobs))
            return error
        return None

    def _submit(self, load: _Load) -> "asyncio.Future[None]":
        if load.generation != self._sessions.generation:
            raise StoreFailed("A commit failed before this message was written; send it again.")
        submitted = self._link.store.submit(load.changes.writes())
        self._sessions.trim()
        return submitted

    async def _write_one(self, job: _Job) -> None:
        if job.written.done():
            return
        if not job.login or job.login != self._link.connection.login:
            # what the former login left unanswered goes first
            job.written.set_exception(NotConnected())
            return
        try:
            outcome = await job.write(job.node)
        except Exception as error:  # noqa: BLE001 - the caller gets it, the outbox goes on
            if not job.written.done():
                job.written.set_exception(error)
            # the error holds this frame; together they would wait for the collector
            del job
        else:
            if not job.written.done():
                job.written.set_result(outcome)


def _fail(jobs: list[_Job]) -> None:
    for job in jobs:
        if not job.written.done():
            job.written.set_exception(NotConnected())
