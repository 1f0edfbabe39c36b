"""The account and the state of its connection."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final

from wigwag.model.jid import Jid
from wigwag.model.value import Value

NAME_PATTERN: Final = "^[a-z0-9][a-z0-9_-]{0,31}$"
_NAME: Final = re.compile(NAME_PATTERN)
NAME_RULE: Final = "1 to 32 of a-z, 0-9, - and _, and begins with a letter or digit"


def is_account_name(name: str) -> bool:
    """Whether an account may be called so: names become folders, and parts of URLs."""
    return _NAME.fullmatch(name) is not None


class ConnectionState(StrEnum):
    STARTING = "starting"
    PAIRING = "pairing"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    REPLACED = "replaced"
    LOGGED_OUT = "logged_out"
    BANNED = "banned"
    OUTDATED = "outdated"
    PAIRING_EXPIRED = "pairing_expired"
    STOPPED = "stopped"


TERMINAL = frozenset(
    {
        ConnectionState.REPLACED,
        ConnectionState.LOGGED_OUT,
        ConnectionState.BANNED,
        ConnectionState.OUTDATED,
        ConnectionState.PAIRING_EXPIRED,
        ConnectionState.STOPPED,
    }
)
"""States in which nothing is connected or about to be, unless `next_attempt` says when."""


class CatchUp(Value):
    """What had waited on the server while this device was away: how much of it is here.

    `completed_at` is None while it is under way.
    """

    expected: int
    received: int
    began_at: datetime
    completed_at: datetime | None = None


class AccountState(Value):
    """Where the connection of an account stands, derived from traffic."""

    state: ConnectionState
    since: datetime
    reason: str = ""
    jid: Jid | None = None
    lid: Jid | None = None
    push_name: str = ""
    last_frame_in: datetime | None = None
    last_frame_out: datetime | None = None
    expires_at: datetime | None = None
    """End of a temporary ban."""
    next_attempt: datetime | None = None
    """When the engine connects by itself again; None while it is connected, or rests."""
    awaited: int = 0
    """Stanzas that WhatsApp has not answered yet; many for long mean a connection in trouble."""
    catch_up: CatchUp | None = None
    """That of the last connection; None before there was one."""
    last_message_at: datetime | None = None
    """Time of the newest message that arrived since the start and is durable here."""

    gap_since: datetime | None = None
    """What came after this time may be missing: an engine ended without warning."""

    @property
    def rests(self) -> bool:
        """Whether nothing happens any more until somebody starts it."""
        return self.state in TERMINAL and self.next_attempt is None
