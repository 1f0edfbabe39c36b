"""Which call the library can bear now: a state machine, pure.

A call on a client that is not there yet, or no longer, ends the whole process (a nil pointer in
Go), and so does one that begins or ends a client while another runs. So nothing is called before
the client has said its first word, and nothing after it was told to go.
"""

from enum import Enum
from typing import Final

from wigwag.engine.whatsmeow.asks import Ask, PairCode


class Stage(Enum):
    NEW = "new"
    RUNNING = "running"
    """The client was started and has said nothing yet."""
    PAIRING = "pairing"
    """It shows codes."""
    LINKED = "linked"
    """It was logged in at least once; it may be reconnecting."""
    CLOSED = "closed"
    """It is about to go, or has gone."""


class Happening(Enum):
    START = "start"
    CODE = "code"
    CONNECTED = "connected"
    END = "end"


_TABLE: Final = {
    (Stage.NEW, Happening.START): Stage.RUNNING,
    (Stage.RUNNING, Happening.CODE): Stage.PAIRING,
    (Stage.RUNNING, Happening.CONNECTED): Stage.LINKED,
    (Stage.PAIRING, Happening.CONNECTED): Stage.LINKED,
}


def after(stage: Stage, happening: Happening) -> Stage:
    """The stage that follows. What is closed stays closed."""
    if happening is Happening.END:
        return Stage.CLOSED
    return _TABLE.get((stage, happening), stage)


def may_ask(stage: Stage, ask: Ask) -> bool:
    """Whether the library can be asked this now."""
    if isinstance(ask, PairCode):
        return stage is Stage.PAIRING
    return stage is Stage.LINKED


def may_disconnect(stage: Stage) -> bool:
    """Whether the client can be told to close its connection, which it cannot while it pairs:
    it never returns from that."""
    return stage is Stage.LINKED
