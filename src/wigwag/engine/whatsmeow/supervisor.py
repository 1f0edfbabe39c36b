"""Keeps a child running as long as its account is wanted: starts it, watches it, ends it.

One child lives for one attempt. Inside it the library connects again by itself; when the child
ends, or has to be ended, what comes next is decided as for any other connection.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import structlog

from wigwag.engine.common.backoff import Backoff
from wigwag.engine.common.failures import describe
from wigwag.engine.common.machine import Persistence, Signal
from wigwag.engine.common.reconnect import Reconnect
from wigwag.engine.common.statebook import StateBook
from wigwag.engine.common.states import (
    DialRefused,
    Ending,
    LoginRefused,
    PairingEnded,
    PairingRefused,
    StreamErrored,
    StreamLost,
)
from wigwag.engine.whatsmeow.channel import Channel
from wigwag.engine.whatsmeow.facts import (
    BannedSign,
    ConnectedSign,
    DisconnectedSign,
    LoggedOutSign,
    MeSign,
    PairingSign,
    QrSign,
    RefusedSign,
    ReplacedSign,
    Sign,
)
from wigwag.engine.whatsmeow.folder import SESSION_NAME
from wigwag.engine.whatsmeow.frames import FrameError, Over, Said, Start
from wigwag.engine.whatsmeow.process import Child
from wigwag.engine.whatsmeow.pump import Pump
from wigwag.model.account import ConnectionState
from wigwag.model.value import Value
from wigwag.ports import Clock

HALT_LIMIT_S: Final = 8.0
"""For a child to disconnect, to hand over what it has, and to end."""
LAST_FACTS_S: Final = 2.0
"""For the archive to take what an ended child had told."""
STOP_LIMIT_S: Final = 20.0

_WORDS: Final = frozenset({"timeout", "err-unexpected-state", "err-scanned-without-multidevice"})
_OUTDATED: Final = 405
_UNLINKED: Final = 401

_log = structlog.get_logger(__name__)


class ChildPolicy(Value):
    """How long a child may keep silent, and how a lost one is replaced."""

    beat_s: float = 10.0
    silence_s: float = 30.0
    """Without an answer to a heartbeat for so long, a child is ended."""
    pairing_s: float = 180.0
    """The library shows codes for 160 s, and does not always say that it has ended."""
    backoff: Backoff = Backoff()
    persistence: Persistence = Persistence()


class Supervisor:
    """The children of one account, one after the other. `start_frame` is what each begins with;
    `on_sign` hears what they say in passing."""

    def __init__(
        self,
        account: str,
        *,
        start_frame: Start,
        environment: Mapping[str, str],
        pump: Pump,
        book: StateBook,
        clock: Clock,
        policy: ChildPolicy,
        on_sign: Callable[[Sign], None],
        jitter: random.Random,
    ) -> None:
        self._account = account
        self._start_frame = start_frame
        self._environment = environment
        self._pump = pump
        self._book = book
        self._clock = clock
        self._policy = policy
        self._on_sign = on_sign
        self._jitter = jitter
        self._folder = Path(start_frame.folder)
        self._runner: asyncio.Task[None] | None = None
        self._loop: Reconnect | None = None
        self._channel: Channel | None = None
        self._ending: asyncio.Future[Ending] | None = None
        self._pairing = asyncio.Event()
        self._online_at: float | None = None
        self.me: MeSign | None = None
        """Whose account it is; None while it is not linked, as far as a child said."""
        self.pid = 0
        """The process of the newest child."""

    @property
    def channel(self) -> Channel | None:
        """The way to the child that runs."""
        return self._channel

    @property
    def running(self) -> bool:
        return self._runner is not None and not self._runner.done()

    # -- what the engine wants -------------------------------------------------------------

    def begin(self) -> None:
        """Connect, or pair; at once if it waits to do so."""
        self._book.signal(Signal.START)
        if self.running:
            if self._loop is not None:
                self._loop.hurry()
            return
        self._runner = asyncio.get_running_loop().create_task(
            self._run(), name=f"whatsmeow-{self._account}"
        )

    async def halt(self) -> None:
        """End the child, and start no other."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        runner.cancel()
        _, unfinished = await asyncio.wait({runner}, timeout=STOP_LIMIT_S)
        if unfinished:
            _log.error("child_not_ended", account=self._account)
        elif not runner.cancelled() and (error := runner.exception()) is not None:
            _log.error("supervisor_failed", account=self._account, **describe(error))

    async def forget(self, reason: str) -> None:
        """The identity is gone: nothing of the session is kept. No child may run."""
        _log.info("identity_forgotten", account=self._account, reason=reason)
        self.me = None
        self._book.know(None, None, "")
        await asyncio.to_thread(_remove_session, self._folder)

    async def pairing(self, limit_s: float) -> bool:
        """Whether codes are shown, now or soon."""
        try:
            async with asyncio.timeout(limit_s):
                await self._pairing.wait()
        except TimeoutError:
            return False
        return True

    # -- running ---------------------------------------------------------------------------

    async def _run(self) -> None:
        while await self._run_once():
            self._book.signal(Signal.START)

    async def _run_once(self) -> bool:
        policy = self._policy
        self._loop = Reconnect(
            self._account,
            self._attempt,
            book=self._book,
            is_paired=lambda: self.me is not None,
            online_s=self._online_s,
            looks_up=lambda: False,
            forget=self.forget,
            persistence=policy.persistence,
            backoff=policy.backoff,
            clock=self._clock,
            jitter=self._jitter,
        )
        try:
            return await self._loop.run()
        finally:
            self._loop = None

    async def _attempt(self) -> Ending:
        """One child, from its start to its end."""
        self._online_at = None
        self._ending = asyncio.get_running_loop().create_future()
        try:
            child = await Child.start(self._account, self._environment)
        except OSError:
            return DialRefused(code="child_not_started")
        self.pid = child.pid
        channel = self._channel = Channel(child.reader, child.writer, self._on_report)
        reading = asyncio.create_task(channel.run(), name=f"child-{self._account}")
        pumping = asyncio.create_task(self._pump.run(channel), name=f"pump-{self._account}")
        beating = asyncio.create_task(self._watch(channel), name=f"beat-{self._account}")
        try:
            channel.start(self._start_frame)
            tasks = {reading, beating, self._ending}
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if self._loop is not None:
                self._loop.stream_over()
            return self._judge(reading, beating)
        finally:
            self._channel = None
            self._pairing.clear()
            beating.cancel()
            await asyncio.shield(self._close(child, channel, reading, pumping))

    def _judge(self, reading: "asyncio.Task[None]", beating: "asyncio.Task[Ending]") -> Ending:
        if self._ending is not None and self._ending.done():
            return self._ending.result()
        if reading.done():
            error = reading.exception()
            if error is not None and not isinstance(error, FrameError):
                _log.error("channel_failed", account=self._account, **describe(error))
            return StreamLost(why="the engine's process ended")
        return beating.result()

    async def _close(
        self,
        child: Child,
        channel: Channel,
        reading: "asyncio.Task[None]",
        pumping: "asyncio.Task[None]",
    ) -> None:
        """What the child still has comes in while it disconnects; then it is ended."""
        try:
            channel.halt()
            if not await child.wait(HALT_LIMIT_S):
                _log.warning("child_killed", account=self._account)
            status = await child.end()
            if status not in (0, -9):
                _log.warning("child_fell", account=self._account, status=status)
        finally:
            channel.close()
            tasks = {reading, pumping}
            _, unfinished = await asyncio.wait(tasks, timeout=LAST_FACTS_S)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, channel: Channel) -> Ending:
        """Returns when the child keeps silent, or a pairing takes too long."""
        policy, number, pairing_s = self._policy, 0, 0.0
        most = max(1, round(policy.silence_s / policy.beat_s))
        while True:
            number += 1
            channel.beat(number)
            await self._clock.sleep(policy.beat_s)
            if number - channel.echoed >= most:
                return StreamLost(why="the engine's process hangs")
            shows = self._book.current.state is ConnectionState.PAIRING
            pairing_s = pairing_s + policy.beat_s if shows else 0.0
            if pairing_s >= policy.pairing_s:
                return PairingEnded()

    def _online_s(self) -> float:
        return 0.0 if self._online_at is None else self._clock.monotonic() - self._online_at

    # -- what a child says -----------------------------------------------------------------

    def _on_report(self, report: Said | Over) -> None:
        if isinstance(report, Over):
            _log.warning("child_over", account=self._account, why=report.why)
            self._end(StreamLost(why=f"the engine's process ended: {report.why}"))
            return
        self._take(report.sign)
        self._on_sign(report.sign)

    def _take(self, sign: Sign) -> None:
        match sign:
            case QrSign():
                self._pairing.set()
                self._book.signal(Signal.OFFER)
            case PairingSign():
                self._pairing_said(sign.word)
            case ConnectedSign():
                self._online_at = self._clock.monotonic()
                self._pairing.clear()
                if self._book.current.state is ConnectionState.PAIRING:
                    # after a pairing the library begins a new stream without a word
                    self._book.signal(Signal.DIAL)
                self._book.signal(Signal.ONLINE)
            case DisconnectedSign():
                self._book.signal(Signal.DIAL)
            case LoggedOutSign():
                if sign.reason:
                    self._end(LoginRefused(reason=sign.reason))
                else:
                    self._end(StreamErrored(code=_UNLINKED, conflict="device_removed"))
            case ReplacedSign():
                self._end(StreamErrored(code=0, conflict="replaced"))
            case BannedSign():
                self._end(LoginRefused(reason=402, expire_s=sign.expire_s))
            case RefusedSign():
                self._end(LoginRefused(reason=sign.reason))
            case _:
                pass

    def _pairing_said(self, word: str) -> None:
        if word == "success":
            return
        if word == "err-client-outdated":
            self._end(LoginRefused(reason=_OUTDATED))
        elif word == "timeout":
            self._end(PairingEnded())
        else:
            self._end(PairingRefused(code=word if word in _WORDS else "pairing_failed"))

    def _end(self, ending: Ending) -> None:
        if self._ending is not None and not self._ending.done():
            self._ending.set_result(ending)


def _remove_session(folder: Path) -> None:
    for path in folder.glob(f"{SESSION_NAME}*"):
        path.unlink(missing_ok=True)
