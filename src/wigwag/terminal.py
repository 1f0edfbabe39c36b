"""What a person at the terminal sees: the QR code, the pairing code, and how the link stands."""

import io
from collections.abc import Sequence
from typing import TextIO

import segno

from wigwag.logs import UnfailingStream
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.event import EngineEvent, PairingCode, PairingPasskey, PairingQr, StateChanged

_SENTENCES = {
    ConnectionState.CONNECTED: "Successfully connected and authenticated!",
    ConnectionState.RECONNECTING: "Connection lost; reconnecting.",
    ConnectionState.REPLACED: (
        "Another program connected with this identity, so this one stepped back; it comes back "
        "a few times, then rests. Stop the other one, then restart."
    ),
    ConnectionState.LOGGED_OUT: "Unlinked from the phone; restart to pair again.",
    ConnectionState.BANNED: "WhatsApp has banned this account for a time; it is tried again after.",
    ConnectionState.OUTDATED: (
        "WhatsApp refuses this client version; set WIGWAG_WA_VERSION to a newer one."
    ),
    ConnectionState.PAIRING_EXPIRED: "No phone scanned the QR code in time; restart for a new one.",
}


class Terminal:
    """Writes to a text stream; several accounts are told apart by their name."""

    def __init__(self, stream: TextIO, *, show_qr: bool = True) -> None:
        self._stream = UnfailingStream(stream)
        self._show_qr = show_qr
        self._told: dict[str, ConnectionState] = {}

    def show(self, account: str, events: Sequence[EngineEvent]) -> None:
        for event in events:
            match event:
                case PairingQr() if self._show_qr:
                    self._say(account, "scan this with WhatsApp > Settings > Linked devices:")
                    self._show_code(event.code)
                case PairingCode():
                    self._say(account, f"or link with the phone number and this code: {event.code}")
                case PairingPasskey():
                    self._say(account, event.advice)
                case StateChanged():
                    self._show_state(account, event.state)
                case _:
                    pass

    def say(self, sentence: str) -> None:
        self._stream.write(_plain(sentence) + "\n")
        self._stream.flush()

    def _show_code(self, code: str) -> None:
        try:
            drawing = render_qr(code)
        except ValueError:
            # The server's part of a code may be anything; who shows it must not fail for it.
            self._say("default", "the code is too long to be drawn.")
            return
        self._stream.write(drawing)
        self._stream.flush()

    def _show_state(self, account: str, state: AccountState) -> None:
        sentence = _SENTENCES.get(state.state)
        if sentence is None or self._told.get(account) is state.state:
            return
        self._told[account] = state.state
        self._say(account, sentence)

    def _say(self, account: str, sentence: str) -> None:
        self.say(sentence if account == "default" else f"[{account}] {sentence}")


def _plain(sentence: str) -> str:
    """The sentence without what a terminal would take for a command."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in sentence)


def render_qr(code: str) -> str:
    """The QR code in half blocks, two modules a character high."""
    drawing = io.StringIO()
    segno.make_qr(code, error="l").terminal(drawing, compact=True)
    return drawing.getvalue()
