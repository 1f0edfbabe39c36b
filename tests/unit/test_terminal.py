"""What a person at the terminal sees, whatever the network says."""

import io
from datetime import UTC, datetime

from wigwag.model.event import PairingCode, PairingQr
from wigwag.terminal import Terminal

SOON = datetime(2026, 3, 1, tzinfo=UTC)


def shown(*events: PairingQr | PairingCode) -> str:
    stream = io.StringIO()
    Terminal(stream).show("default", events)
    return stream.getvalue()


def test_a_code_is_drawn() -> None:
    assert shown(PairingQr(code="2@abc,def", expires_at=SOON, sequence=1)).count("\n") > 10


def test_a_code_that_cannot_be_drawn_is_said() -> None:
    told = shown(PairingQr(code="2@" + "x" * 10_000, expires_at=SOON, sequence=1))
    assert "too long" in told


def test_nothing_commands_the_terminal() -> None:
    told = shown(PairingCode(code="\x1b]0;owned\x07\u202e\r"))
    assert told.count("\n") == 1
    assert told.rstrip("\n").isprintable()
