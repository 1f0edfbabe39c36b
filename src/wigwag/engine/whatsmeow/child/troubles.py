"""What the library's sentences mean: it has no codes (whatsmeow errors.go, send.go)."""

import re
from typing import Final

from wigwag.engine.whatsmeow.frames import Trouble

_SERVER_CODE: Final = re.compile(r"(?:server returned error|status) (\d{3})\b|\b(4\d\d|5\d\d)\b")

_TABLE: Final = (
    ("websocket not connected", Trouble.NOT_READY),
    ("websocket disconnected", Trouble.UNKNOWN),
    ("client is nil", Trouble.NOT_READY),
    ("doesn't contain a device jid", Trouble.NOT_READY),
    ("timed out waiting for message send response", Trouble.UNKNOWN),
    ("info query timed out", Trouble.UNKNOWN),
    ("no lid found", Trouble.NOT_ON_WHATSAPP),
    ("without pushname set", Trouble.NO_NAME),
    ("failed to get lid for pn", Trouble.FAILED),
    ("failed to get device list", Trouble.FAILED),
    ("failed to get user info", Trouble.FAILED),
    ("not participating in that group", Trouble.NOT_FOUND),
    ("that group does not exist", Trouble.NOT_FOUND),
    ("has been revoked", Trouble.GONE),
    ("invite link is not valid", Trouble.NOT_FOUND),
    ("does not have a profile picture", Trouble.NOT_FOUND),
    ("hidden their profile picture", Trouble.FORBIDDEN),
    ("don't have the permission", Trouble.FORBIDDEN),
    ("not a valid image", Trouble.INVALID),
    ("phone number too short", Trouble.INVALID),
    ("international phone number required", Trouble.INVALID),
    ("unknown server", Trouble.INVALID),
    ("must be a user jid", Trouble.INVALID),
    ("server returned error", Trouble.REFUSED),
    ("bad-request", Trouble.INVALID),
    ("not-authorized", Trouble.FORBIDDEN),
    ("forbidden", Trouble.FORBIDDEN),
    ("item-not-found", Trouble.NOT_FOUND),
    ("not-allowed", Trouble.FORBIDDEN),
    ("not-acceptable", Trouble.INVALID),
    ("conflict", Trouble.CONFLICT),
    ("gone", Trouble.GONE),
    ("resource-limit", Trouble.LIMITED),
    ("rate-overlimit", Trouble.LIMITED),
)

_BEFORE_LEAVING: Final = (
    "failed to get group members",
    "failed to get broadcast list members",
    "failed to get lid for pn",
    "failed to get user info",
    "failed to get device list",
    "failed to fetch lid mappings",
    "failed to prefetch sessions",
    "failed to create sender key",
    "failed to marshal",
    "failed to encrypt",
    "can't encrypt message",
)
"""What happens to a message before anything of it is written to the network."""

_WORDS_READ: Final = 500


class CallFailed(Exception):
    """A call came to nothing."""

    def __init__(self, trouble: Trouble, server_code: int = 0) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.server_code = server_code


def failure(sentence: str) -> CallFailed:
    """What a call failed with. What is not understood is REFUSED: an answer came."""
    words = sentence[:_WORDS_READ].lower()
    for part, trouble in _TABLE:
        if part in words:
            return CallFailed(trouble, _code_in(words))
    return CallFailed(Trouble.REFUSED, _code_in(words))


def send_failure(sentence: str) -> CallFailed:
    """What became of a message. What is not understood is UNKNOWN: it may have left."""
    words = sentence[:_WORDS_READ].lower()
    if "no lid found" in words:
        return CallFailed(Trouble.NOT_ON_WHATSAPP)
    if "websocket not connected" in words or "doesn't contain a device jid" in words:
        return CallFailed(Trouble.NOT_READY)
    if "server returned error" in words:
        return CallFailed(Trouble.REFUSED, _code_in(words))
    if any(part in words for part in _BEFORE_LEAVING):
        found = failure(sentence)
        named = (Trouble.NOT_FOUND, Trouble.FORBIDDEN)
        return found if found.trouble in named else CallFailed(Trouble.FAILED)
    if "unknown server" in words or "must be a user jid" in words:
        return CallFailed(Trouble.INVALID)
    return CallFailed(Trouble.UNKNOWN)


def _code_in(words: str) -> int:
    """WhatsApp's number in a sentence; 0 where there is none."""
    found = _SERVER_CODE.search(words)
    return int(next(filter(None, found.groups()), 0)) if found is not None else 0
