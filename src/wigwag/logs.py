"""How the log looks: one line an event on standard error, for people or as JSON.

Events are words with fields; a field never holds a message text, a number or a secret.
"""

import contextlib
import io
import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Final, TextIO, cast

import structlog

_MAX_FRAMES: Final = 30
_MAX_STACK_LINES: Final = 100


class UnfailingStream(io.TextIOBase):
    """Writes what can be written and drops the rest.

    A full disk under the log, or a reader that went away, must not stop the server.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str, /) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


def _stack_only(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Replaces an exception by its type and its stack: its text and its variables may hold a
    message, a number or a secret."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = cast("tuple[object, ...]", error)[1]
    if isinstance(error, BaseException):
        event["exception"] = stack_of(error)
    return event


def stack_of(error: BaseException) -> str:
    """The stack of an error and of its causes, with their types and without their texts."""
    lines: list[str] = []
    one: BaseException | None = error
    while one is not None and len(lines) < _MAX_STACK_LINES:
        lines += traceback.format_tb(one.__traceback__, _MAX_FRAMES)
        lines.append(f"{type(one).__module__}.{type(one).__qualname__}\n")
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "".join(lines).rstrip()


class _Formatter(logging.Formatter):
    """The same rules for the log of the standard library.

    Of a message the first line alone is told: what follows names objects with what they hold, as
    asyncio does where a task's error was never looked at.
    """

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        event = _first_line(record)
        exception = stack_of(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ""
        if not self._as_json:
            line = f"{record.levelname} {record.name} {event}"
            return f"{line}\n{exception}" if exception else line
        fields = {
            "event": event,
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        return json.dumps(fields | ({"exception": exception} if exception else {}))


def _first_line(record: logging.LogRecord) -> str:
    try:
        lines = record.getMessage().splitlines()
    except (TypeError, ValueError):  # its arguments do not fit it
        return str(record.msg)
    return lines[0] if lines else ""


def configure_logs(level: str, log_format: str) -> None:
    """Sets up structlog and sends the standard library's warnings through the same line."""
    number = logging.getLevelNamesMapping()[level.upper()]
    stream = UnfailingStream(sys.stderr)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _stack_only,
    ]
    if log_format == "json":
        tail: list[Any] = [structlog.processors.JSONRenderer()]
    else:
        tail = [structlog.dev.ConsoleRenderer(colors=stream.isatty())]
    structlog.configure(
        processors=[*shared, *tail],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", stream)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Formatter(as_json=log_format == "json"))
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler])
