"""The one client of a child: started, told of, asked, and brought to its end."""

import contextlib
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec

from wigwag.engine.whatsmeow.child.callee import UUID, Callee
from wigwag.engine.whatsmeow.child.calls import Calls
from wigwag.engine.whatsmeow.child.events import Events
from wigwag.engine.whatsmeow.child.gate import Happening, Stage, after, may_ask, may_disconnect
from wigwag.engine.whatsmeow.child.library import Library
from wigwag.engine.whatsmeow.child.spool import Spool
from wigwag.engine.whatsmeow.child.teller import Teller
from wigwag.engine.whatsmeow.child.troubles import CallFailed
from wigwag.engine.whatsmeow.facts import (
    ConnectedSign,
    Fact,
    LoggedOutSign,
    PairingSign,
    QrSign,
    Sign,
)
from wigwag.engine.whatsmeow.folder import SESSION_NAME
from wigwag.engine.whatsmeow.frames import (
    Answer,
    Refusal,
    Request,
    Start,
    Trouble,
    encode_fact,
)

SESSION_OPTIONS: Final = (
    "?_foreign_keys=on&_journal_mode=WAL&_busy_timeout=15000&_synchronous=NORMAL&_x="
)
"""Appended to the name of the session database; the library itself adds what follows `_x=`."""
THREADS: Final = 8
"""Calls at one time."""
MOST_CALLS: Final = 256
"""Calls that wait or run; more are refused."""
QUIET_S: Final = 0.3
"""Nothing told for so long after the connection was closed: nothing is left inside the library."""
DRAIN_LIMIT_S: Final = 5.0
_POLL_S: Final = 0.02
_DISK_TRIES: Final = 60
_DISK_PAUSE_S: Final = 0.5

_PUMP_DEAD: Final = "required field"


class Client:
    """`ended` is called with a word when the client has ended unasked."""

    def __init__(
        self,
        library: Library,
        start: Start,
        *,
        spool: Spool,
        teller: Teller,
        ended: Callable[[str], None],
    ) -> None:
        self._library = library
        self._start_frame = start
        self._spool = spool
        self._teller = teller
        self._ended = ended
        self._calls = Calls(Callee(library), spool)
        self._events = Events(library.pb)
        self._pool = ThreadPoolExecutor(THREADS, "call")
        self._gate = threading.Lock()
        self._stage = Stage.NEW
        self._open_calls = 0
        self._codes_shown = 0
        self._heard_at = time.monotonic()
        self._kept: tuple[Any, ...] = ()
        """What the library calls back as long as it lives."""

    # -- life ------------------------------------------------------------------------------

    def start(self) -> None:
        self._move(Happening.START)
        self._spool.begin_run()
        self._teller.spooled()
        me = self._spool.me()
        if me is not None:
            self._teller.identify(me)
        threading.Thread(target=self._run, name="client", daemon=True).start()

    def close(self) -> None:
        """Disconnect, and keep all that the library still has to tell."""
        with self._gate:
            stage = self._stage
            self._stage = after(stage, Happening.END)
        if not may_disconnect(stage):
            return
        self._heard_at = time.monotonic()
        self._calls.disconnect()
        deadline = time.monotonic() + DRAIN_LIMIT_S
        while time.monotonic() < deadline:
            if time.monotonic() - self._heard_at >= QUIET_S:
                self._spool.set_online(False)
                return
            time.sleep(_POLL_S)

    def _run(self) -> None:
        """The library's own thread: returns when its client has ended."""
        start, library = self._start_frame, self._library
        props = _device_props(library, start)
        codes = self._events.codes
        self._kept = (
            library.text_callback(self._on_code),
            library.text_callback(self._on_word),
            library.event_callback(self._on_event),
            library.log_callback(),
            library.proxy(start.proxy),
        )
        on_code, on_word, on_event, on_log, proxy = self._kept
        name = str(Path(start.folder) / SESSION_NAME) + SESSION_OPTIONS
        sentence = library.go.Neonize(
            name.encode(), UUID, b"", 0, 0, b"ERROR", on_code, on_word, on_event, on_log,
            codes, len(codes), props, len(props), b"", 0, proxy,
        )  # fmt: skip
        self._move(Happening.END)
        self._ended("pump_dead" if _PUMP_DEAD.encode() in sentence else "client_ended")

    def _move(self, happening: Happening) -> None:
        with self._gate:
            self._stage = after(self._stage, happening)

    # -- what the library tells ------------------------------------------------------------

    def _on_code(self, text: bytes) -> None:
        with _watched():
            self._move(Happening.CODE)
            self._codes_shown += 1
            code = text.decode("ascii", "replace")
            self._teller.say(QrSign(code=code, sequence=self._codes_shown))

    def _on_word(self, text: bytes) -> None:
        with _watched():
            self._teller.say(PairingSign(word=text.decode("ascii", "replace")[:80]))

    def _on_event(self, code: int, data: bytes) -> None:
        """Kept, on the disk, before the next one is taken."""
        with _watched():
            for news in self._events.read(code, data):
                if isinstance(news, Fact):
                    self._keep(encode_fact(news))
                    self._teller.spooled()
                else:
                    self._on_sign(news)
            self._heard_at = time.monotonic()

    def _keep(self, body: bytes) -> None:
        """Waits for a disk that is full; of one that stays so the server is told, by our end."""
        for _ in range(_DISK_TRIES):
            try:
                self._spool.append(body)
            except sqlite3.Error as error:
                _note("spool_failed", error)
                time.sleep(_DISK_PAUSE_S)
            else:
                return
        self._ended("spool_failed")

    def _on_sign(self, sign: Sign) -> None:
        if isinstance(sign, ConnectedSign):
            self._move(Happening.CONNECTED)
            self._spool.set_online(True)
            self._submit(self._greet)
            return
        if isinstance(sign, LoggedOutSign):
            self._move(Happening.END)
            self._spool.set_online(False)
            self._spool.forget_me()
        self._teller.say(sign)

    def _greet(self) -> None:
        """First whose account it is, then that it is there."""
        with self._gate:
            if self._stage is not Stage.LINKED:
                return
        try:
            self._learn_me()
        finally:
            self._teller.say(ConnectedSign())

    def _learn_me(self) -> None:
        me = self._calls.me()
        if me is not None and me != self._spool.me():
            self._spool.keep_me(me)
            self._teller.identify(me)

    # -- what it is asked ------------------------------------------------------------------

    def ask(self, request: Request) -> None:
        """Answers by the teller, from another thread."""
        with self._gate:
            allowed = may_ask(self._stage, request.ask) and self._open_calls < MOST_CALLS
            self._open_calls += allowed
        if not allowed:
            self._teller.answer(Refusal(number=request.number, trouble=Trouble.NOT_READY))
            return
        self._submit(lambda: self._answer(request))

    def _answer(self, request: Request) -> None:
        try:
            with self._gate:
                if not may_ask(self._stage, request.ask):
                    raise CallFailed(Trouble.NOT_READY)
            frame = Answer(number=request.number, value=msgspec.Raw(self._calls.run(request.ask)))
            self._teller.answer(frame)
        except CallFailed as failed:
            refusal = Refusal(
                number=request.number, trouble=failed.trouble, server_code=failed.server_code
            )
            self._teller.answer(refusal)
        except sqlite3.Error:
            self._teller.answer(Refusal(number=request.number, trouble=Trouble.DISK_FULL))
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller is answered
            _note("call_failed", error)
            self._teller.answer(Refusal(number=request.number, trouble=Trouble.UNKNOWN))
        finally:
            with self._gate:
                self._open_calls -= 1

    def _submit(self, work: Callable[[], None]) -> None:
        # a pool that is shutting down takes nothing more
        with contextlib.suppress(RuntimeError):
            self._pool.submit(_quietly, work)


def _device_props(library: Library, start: Start) -> bytes:
    props = library.reg.DeviceProps(
        os=start.device_os,
        platformType=library.reg.DeviceProps.CHROME,
        requireFullSync=start.full_history,
    )
    return bytes(props.SerializeToString())


def _quietly(work: Callable[[], None]) -> None:
    with _watched():
        work()


@contextlib.contextmanager
def _watched() -> Generator[None]:
    """No exception goes into the library, and none vanishes."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        _note("failed", error)


def _note(what: str, error: Exception) -> None:
    """A line for the server's log, without what the error carries."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{what} {type(error).__name__}\n")
        sys.stderr.flush()
