"""How the log looks: one line an event on standard error, for people or as JSON.

Events are words with fields; a field never holds a message text, a number or a secret.
"""

import contextlib
import io
import logging
import sys
from typing import Any, TextIO, cast

import structlog


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


def configure_logs(level: str, log_format: str) -> None:
    """Sets up structlog and sends the standard library's warnings through the same line."""
    number = logging.getLevelNamesMapping()[level.upper()]
    stream = UnfailingStream(sys.stderr)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if log_format == "json":
        tail: list[Any] = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    else:
        tail = [structlog.dev.ConsoleRenderer(colors=stream.isatty())]
    structlog.configure(
        processors=[*shared, *tail],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", stream)),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=max(number, logging.WARNING),
        stream=stream,
        format="%(levelname)s %(name)s %(message)s",
    )
