"""The code that each account shows to its phone at the moment."""

from collections.abc import Sequence

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.model.account import ConnectionState
from wigwag.model.event import EngineEvent, PairingQr, StateChanged
from wigwag.ports import Clock


class Pairings:
    """The newest QR code by account, until it expires or the pairing ends."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._codes: dict[str, PairingQr] = {}

    def see(self, account: str, events: Sequence[EngineEvent]) -> None:
        """Take note of what an engine reports."""
        for event in events:
            if isinstance(event, PairingQr):
                self._codes[account] = event
            elif isinstance(event, StateChanged) and not _pairs(event):
                self._codes.pop(account, None)

    def find(self, account: str) -> PairingQr | None:
        """The code to show; None when there is none, or the next one is about to come."""
        code = self._codes.get(account)
        return code if code is not None and self._clock.now() < code.expires_at else None


def _pairs(event: StateChanged) -> bool:
    return event.state.state is ConnectionState.PAIRING
