"""HTTP requests as lines: method, host, form of the path, query, and every header."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from peers.parity.ears import HttpHead

_FORMS: Final = (
    (re.compile(r"[A-Za-z0-9_\-]{40,}={0,2}"), "<token>"),
    (re.compile(r"\d{10,}\.\d+"), "<auth>"),
)
_ANY: Final = frozenset({"sec-websocket-key"})
_PATH_TOKEN: Final = re.compile(r"(?<=/)[A-Za-z0-9_\-=]{20,}")


def request_lines(heads: Iterable[HttpHead]) -> list[str]:
    return [_line(head) for head in heads]


def _line(head: HttpHead) -> str:
    parts = urlsplit(head.target)
    path = _PATH_TOKEN.sub("<token>", parts.path)
    query = "&".join(
        f"{name}={_form(value)}" for name, value in parse_qsl(parts.query, keep_blank_values=True)
    )
    headers = ", ".join(
        f"{name}: {'*' if name in _ANY else value}" for name, value in sorted(head.headers)
    )
    return f"{head.method} {path}?{query} {{{headers}}}"


def _form(value: str) -> str:
    for form, word in _FORMS:
        if form.fullmatch(value):
            return word
    return value
