"""Where order matters: within a lane both clients say the same in the same order.

Across lanes both write from several tasks, and the order is left to chance.
"""

import re
from collections import Counter
from collections.abc import Iterable
from difflib import unified_diff
from typing import Final

LANES: Final = {
    "what a message needs is asked for before it": re.compile(
        r"<iq .* xmlns=(?:usync|encrypt)>.*<(?:usync|key)[ >].*|<message .*"
    ),
    "pairing is answered step by step": re.compile(
        r"<iq id=\S+ to=s\.whatsapp\.net type=result>.*"
    ),
    "a client is active before it asks for app state": re.compile(
        r"<iq .* xmlns=(?:passive|w:sync:app:state)>.*"
    ),
    "requests to resend": re.compile(r"<receipt .* type=retry.*"),
}


def disorder(ours: Iterable[str], theirs: Iterable[str]) -> list[str]:
    """The lanes in which the same was said in another order; what one side alone said is left
    out."""
    ours, theirs = list(ours), list(theirs)
    shared = Counter(ours) & Counter(theirs)
    ours, theirs = _only(shared, ours), _only(shared, theirs)
    report: list[str] = []
    for lane, pattern in LANES.items():
        mine = [line for line in ours if pattern.fullmatch(line)]
        yours = [line for line in theirs if pattern.fullmatch(line)]
        if mine != yours:
            report.append(f"{lane}:")
            report += unified_diff(yours, mine, "whatsmeow", "engine", lineterm="", n=9)
    return report


def _only(shared: Counter[str], lines: list[str]) -> list[str]:
    """The first of `lines` that both sides said, as often as both did."""
    left = Counter(shared)
    kept: list[str] = []
    for line in lines:
        if left[line] > 0:
            left[line] -= 1
            kept.append(line)
    return kept
