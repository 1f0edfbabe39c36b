"""What goes wrong in a story, as data: the faults of the network that its chapters are made of."""

from typing import Any, Final

from wigwag.sandbox.network.faults import FaultKind

FaultFields = dict[str, Any]

SHUFFLING: Final = frozenset({"reorder", "delay"})
DEAFENING: Final = frozenset({"mute", "no_ack", "ignore"})

HARM: Final[tuple[FaultFields, ...]] = (
    {"kind": "drop", "tag": "message"},
    {"kind": "drop", "tag": "message", "when": "after"},
    {"kind": "drop", "tag": "receipt", "count": 2},
    {"kind": "stream_error", "code": 503, "tag": "receipt"},
    {"kind": "stream_error", "code": 515, "tag": "receipt"},
    {"kind": "mute", "direction": "in", "count": 60},
    {"kind": "mute", "direction": "out", "count": None},
    {"kind": "duplicate", "count": 120, "probability": 0.5},
    {"kind": "reorder", "count": 25, "probability": 0.2},
    {"kind": "delay", "count": 15, "probability": 0.2, "delay_s": 0.3},
    {"kind": "garble", "count": 12, "probability": 0.15},
    {"kind": "unavailable", "count": 6, "probability": 0.2},
    {"kind": "unavailable", "count": 2, "tag": "view_once"},
    {"kind": "no_ack", "count": 2},
    {"kind": "ack_delay", "count": 10, "delay_s": 0.2},
    {"kind": "hold", "count": None},
    {"kind": "no_prekeys", "count": None},
    {"kind": "offline_endless", "count": 2},
)
"""For one account."""
RECEIPT_HARM: Final[tuple[FaultFields, ...]] = (
    {"kind": "receipt_form", "count": None},
    {"kind": "receipt_device", "count": None, "probability": 0.5},
    {"kind": "duplicate", "tag": "receipt", "count": None, "probability": 0.5},
    {"kind": "delay", "tag": "receipt", "count": None, "probability": 0.3, "delay_s": 0.2},
)
"""For the account that sends."""
AT_THE_DOOR: Final[tuple[FaultFields, ...]] = (
    {"kind": "refuse", "code": 503},
    {"kind": "login_failure", "code": 503},
    {"kind": "login_failure", "code": 500},
)
MEDIA_HARM: Final[tuple[FaultFields, ...]] = (
    {"kind": "media_status", "code": 500, "count": 1},
    {"kind": "media_cut", "at_bytes": 700, "count": 2},
    {"kind": "media_corrupt", "count": 1},
    {"kind": "media_hang", "delay_s": 0.3, "count": 2},
    {"kind": "media_status", "code": 404, "tag": "get", "count": 2},
    {"kind": "media_status", "code": 410, "tag": "get", "count": 1},
)
"""For everybody. What is not there any more, the phone uploads again."""
PHONE_HARM: Final[FaultFields] = {
    "kind": "phone_late",
    "tag": "resend",
    "count": None,
    "delay_s": 0.5,
}
"""For the phones of the accounts: what a companion could not read comes late."""
OVERTAKEN: Final[FaultFields] = {"kind": "delay", "tag": "message", "delay_s": 0.5}
"""The next message comes after those that follow it."""
TWICE: Final[FaultFields] = {"kind": "duplicate", "tag": "message"}

ELSEWHERE: Final = {
    FaultKind.STALL: "hits whoever connects next, and holds it for the whole connect limit",
    FaultKind.IDENTITY_SILENT: "is told with the new identity that it hides",
    FaultKind.APP_STATE_MAC: "a story changes no app state",
    FaultKind.APP_STATE_SNAPSHOT: "a story changes no app state",
    FaultKind.APP_STATE_CONFLICT: "a story changes no app state",
    FaultKind.HISTORY_REPEAT: "a story begins without a past",
    FaultKind.HISTORY_REORDER: "a story begins without a past",
}
"""Faults after which nothing may be lost that are in none of these tables, and why."""
