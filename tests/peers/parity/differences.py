"""The differences from whatsmeow that are intended: each stands in docs/decisions/0005.

A difference is explained when a rule drops its line, or rewrites it to what the other side said.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

OURS: Final = "+"
THEIRS: Final = "-"


@dataclass(frozen=True)
class Extra:
    """Lines that only `side` has. `row` is the first column of the decision's table."""

    row: str
    side: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Rewrite:
    """What a line of `side` says in another way; `pattern` is replaced before comparing."""

    row: str
    side: str
    pattern: re.Pattern[str]
    replacement: str


EXTRAS: Final = (
    # Others see our name although we never go online.
    Extra("after a login", OURS, re.compile(r"<presence name=<my name> type=unavailable>")),
    # The archive knows every group from the first login on.
    Extra(
        "after a login",
        OURS,
        re.compile(r"<iq .* xmlns=w:g2>\[<participating>\[<participants><description>\]\]"),
    ),
    # A collection whose first fetch is under way at the end of the login is fetched once more.
    Extra(
        "after a login",
        OURS,
        re.compile(
            r"<iq .* xmlns=w:sync:app:state>"
            r"\[<sync>\[<.* (?:return_snapshot=false version=\d+|return_snapshot=true)>\]\]"
        ),
    ),
    # Pings come by the clock.
    *(
        Extra(
            "silence",
            side,
            re.compile(r"<iq id=<request id> to=s\.whatsapp\.net type=get xmlns=w:p>"),
        )
        for side in (OURS, THEIRS)
    ),
    # whatsmeow does not take up what the answer to a creation says of the group.
    Extra(
        "a group that was just made",
        THEIRS,
        re.compile(r"<iq .* to=own type=get xmlns=w:g2>\[<query request=interactive>\]"),
    ),
    # The names of newsletters are learnt when one speaks.
    Extra(
        "a message of a newsletter of which nothing is known",
        OURS,
        re.compile(
            r"<iq .* xmlns=w:mex>\[<query query_id=6388546374527196>'\{\"variables\":\{\}\}'\]"
        ),
    ),
    # whatsmeow encrypts a note to oneself twice for each own device.
    Extra(
        "notes to oneself",
        THEIRS,
        re.compile(
            r"body for me\.lid in me\.lid: \{deviceSentMessage: \{destinationJID: 'me\.lid'.*"
        ),
    ),
)

REWRITES: Final = (
    Rewrite(
        "HTTP headers",
        THEIRS,
        re.compile(
            r"accept-encoding: gzip, |sec-websocket-extensions: permessage-deflate, "
            r"|, user-agent: Go-\S+(?=})"
        ),
        "",
    ),
    Rewrite("HTTP headers", OURS, re.compile(r"(DELETE .*)content-length: 0, "), r"\1"),
    Rewrite(
        "messages to the own phone",
        THEIRS,
        re.compile(
            r"(body for me\.lid in me\.lid: \{protocolMessage: .*\}), "
            r"messageContextInfo: \{messageSecret: 32 bytes\}\}"
        ),
        r"\1}",
    ),
    Rewrite(
        "messages to newsletters",
        THEIRS,
        re.compile(r"(<plaintext[^>]*>\{.*), messageContextInfo: \{messageSecret: 32 bytes\}\}"),
        r"\1}",
    ),
    Rewrite(
        "notes to oneself",
        THEIRS,
        re.compile(r"(<to jid=me\.lid(?::\d+)?>\[[^\]]*\])\1"),
        r"\1",
    ),
    Rewrite("notes to oneself", THEIRS, re.compile(r"(<user jid=me\.lid>)\1"), r"\1"),
)


def said(lines: Iterable[str], side: str) -> list[str]:
    """The lines of a side as the other one would have said them."""
    return [_rewritten(line, side) for line in lines]


def _rewritten(line: str, side: str) -> str:
    for rule in REWRITES:
        if rule.side == side:
            line = rule.pattern.sub(rule.replacement, line)
    return line


def is_extra(line: str, side: str) -> bool:
    return any(rule.side == side and rule.pattern.fullmatch(line) for rule in EXTRAS)


def unexplained(ours: Iterable[str], theirs: Iterable[str]) -> list[str]:
    """What one side said more often than the other, without what is explained.

    `+` is ours, `-` theirs; lines that are much alike stand under one another.
    """
    mine, yours = Counter(said(ours, OURS)), Counter(said(theirs, THEIRS))
    more = [line for line in (mine - yours).elements() if not is_extra(line, OURS)]
    less = [line for line in (yours - mine).elements() if not is_extra(line, THEIRS)]
    return list(_paired(more, less))


def _paired(more: list[str], less: list[str]) -> Iterable[str]:
    left = list(less)
    for line in more:
        yield f"{OURS} {line}"
        alike = max(left, key=lambda other: _likeness(line, other), default=None)
        if alike is not None and _likeness(line, alike) > 0.6:
            left.remove(alike)
            yield f"{THEIRS} {alike}"
            yield f"  {' ' * _common(line, alike)}^"
    for line in left:
        yield f"{THEIRS} {line}"


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).quick_ratio()


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
