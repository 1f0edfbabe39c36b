"""One request before it is made, and whether it is made again: all that both clients share."""

import random
import uuid
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from typing import Final
from urllib.parse import quote

Scalar = str | int | float | bool | datetime
Argument = Scalar | Sequence[Scalar] | None
SyncContent = bytes | Iterable[bytes]
AsyncContent = bytes | AsyncIterable[bytes]
"""The bytes of a file: at once, or piece by piece."""

_AGAIN: Final = frozenset({0, 429, 502, 503, 504})
MAX_PAUSE_S: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request. With an `idempotency_key` it is done once, however often it is made."""

    method: str
    path: str
    query: Mapping[str, Argument] = field(default_factory=dict[str, Argument])
    body: object = None
    content: bytes | Iterable[bytes] | AsyncIterable[bytes] | None = None
    idempotency_key: str | None = None
    first_byte: int | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether it does no harm to make it twice."""
        return self.method == "GET" or self.idempotency_key is not None

    @property
    def parameters(self) -> list[tuple[str, str | int | float | bool | None]]:
        """The query as the server reads it; what is None is left out."""
        return [
            (name, _text(value)) for name, given in self.query.items() for value in _values(given)
        ]

    @property
    def headers(self) -> dict[str, str]:
        told: dict[str, str] = {}
        if self.idempotency_key is not None:
            told["Idempotency-Key"] = self.idempotency_key
        if self.first_byte is not None:
            told["Range"] = f"bytes={self.first_byte}-"
        if self.body is not None:
            told["Content-Type"] = "application/json"
        elif self.content is not None:
            told["Content-Type"] = "application/octet-stream"
        return told


def path_of(template: str, **names: str) -> str:
    """A path with its names in it; a dot or slash in one leads nowhere else.

    Raises ValueError for a name that no path can hold.
    """
    if bad := [name for name in names.values() if name in {"", ".", ".."}]:
        raise ValueError(f"{bad[0]!r} cannot be a part of a path")
    return template.format(**{name: quote(value, safe="") for name, value in names.items()})


def given(**fields: object) -> dict[str, object]:
    """The fields of a body that are not None."""
    return {name.rstrip("_"): value for name, value in fields.items() if value is not None}


def new_key() -> str:
    """An Idempotency-Key that nobody else makes."""
    return uuid.uuid4().hex


@dataclass(frozen=True, kw_only=True)
class Retries:
    """How often a request is made, and how long the pauses between are, in seconds.

    Only what does no harm is made again: reading, and what has an Idempotency-Key; what was refused
    for its rate (429) has not been done, and is made again in any case.
    """

    attempts: int = 4
    first_s: float = 0.25
    longest_s: float = MAX_PAUSE_S

    def pause_s(self, call: Call, attempt: int, status: int, retry_after: str = "") -> float | None:
        """How long to wait before the next attempt (the first one was 1); None: make no other.

        `status` is that of the answer, 0 when none came.
        """
        is_whole = call.content is None or isinstance(call.content, bytes)
        is_harmless = call.is_repeatable or status == 429
        if attempt >= self.attempts or not is_whole or not is_harmless:
            return None
        if status not in _AGAIN:
            return None
        if retry_after.isascii() and retry_after.isdigit():
            return min(float(retry_after[:9]), self.longest_s)
        step = min(self.first_s * 2 ** (attempt - 1), self.longest_s)
        return step * random.uniform(0.5, 1.0)


def name_of(disposition: str) -> str:
    """The file name that a Content-Disposition tells: text to show, never a path to write to."""
    message = Message()
    message["content-disposition"] = disposition
    told = message.get_filename("")
    return told.replace("\\", "/").rsplit("/", 1)[-1]


def _values(given: Argument) -> Sequence[Scalar]:
    if given is None:
        return ()
    return [given] if isinstance(given, Scalar) else given


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            if value.tzinfo is None:
                raise ValueError("a time needs its timezone")
            return value.isoformat()
        case _:
            return str(value)
