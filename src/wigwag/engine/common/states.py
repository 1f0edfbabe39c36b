"""What an ended connection means: pure decisions, as whatsmeow connectionevents.go takes them."""

from datetime import datetime, timedelta
from typing import Final

from wigwag.engine.common.backoff import Redial
from wigwag.model.account import ConnectionState
from wigwag.model.value import Value
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

MAX_BAN_S: Final = 400 * 86_400
_LOGGED_OUT: Final = {
    401: "logged out from another device",
    403: "the phone's own account was logged out or locked",
    406: "logged out, or the account is banned",
}
_TRANSIENT: Final = frozenset({500, 503})
_TEMPORARY_BAN: Final = 402
OUTDATED: Final = 405
_RESTART: Final = 515


class DialRefused(Value):
    """No stream came about."""

    code: str


class StreamLost(Value):
    """The stream ended without a word: closed, garbled, mute, no login in time."""

    why: str


class StreamErrored(Value):
    """<stream:error>; `conflict` is the type of its <conflict>."""

    code: int
    conflict: str = ""


class LoginRefused(Value):
    """<failure>; `expire_s` is the rest of a temporary ban."""

    reason: int
    expire_s: int = 0


class PairingEnded(Value):
    """Nobody scanned in time."""


class PairingRefused(Value):
    """What the phone sent does not verify."""

    code: str


class VersionRenewed(Value):
    """This client's version was refused, and a newer one was found."""


Ending = (
    DialRefused
    | StreamLost
    | StreamErrored
    | LoginRefused
    | PairingEnded
    | PairingRefused
    | VersionRenewed
)


class Verdict(Value):
    """The state to be in, why, and what to do. `forget` drops the identity."""

    state: ConnectionState
    reason: str
    redial: Redial
    forget: bool = False
    expires_at: datetime | None = None


def decide(ending: Ending, *, paired: bool, now: datetime) -> Verdict:
    """What to do after a connection ended so; `paired` says whether there is an identity now."""
    match ending:
        case StreamErrored():
            return _decide_stream_error(ending, paired=paired)
        case LoginRefused():
            return _decide_refusal(ending, paired=paired, now=now)
        case PairingEnded():
            return _terminal(ConnectionState.PAIRING_EXPIRED, "no phone scanned the code in time")
        case VersionRenewed():
            return Verdict(
                state=ConnectionState.RECONNECTING,
                reason="a newer version of WhatsApp was found",
                redial=Redial.NOW,
            )
        case DialRefused(code=reason) | StreamLost(why=reason) | PairingRefused(code=reason):
            return _again(reason)


def _decide_stream_error(ending: StreamErrored, *, paired: bool) -> Verdict:
    if ending.code == _RESTART:
        # after a pairing the server asks for a new stream, with a login this time
        redial = Redial.NOW if paired else Redial.BACKOFF
        return Verdict(state=ConnectionState.CONNECTING, reason="restart", redial=redial)
    if ending.code == 401 and ending.conflict == "device_removed":
        return _logged_out("unlinked on the phone", paired=paired)
    if ending.conflict == "replaced":
        return _terminal(ConnectionState.REPLACED, "this device connected somewhere else")
    return _again(f"stream error {ending.code}")


def _decide_refusal(ending: LoginRefused, *, paired: bool, now: datetime) -> Verdict:
    if ending.reason in _LOGGED_OUT:
        return _logged_out(f"{ending.reason}: {_LOGGED_OUT[ending.reason]}", paired=paired)
    if ending.reason == _TEMPORARY_BAN:
        return Verdict(
            state=ConnectionState.BANNED,
            reason="temporarily banned",
            redial=Redial.NEVER,
            expires_at=_end_of_ban(ending.expire_s, now),
        )
    if ending.reason == OUTDATED:
        return _terminal(
            ConnectionState.OUTDATED,
            "WhatsApp refuses this client version; update wigwag, or set a newer version",
        )
    redial = Redial.BACKOFF if ending.reason in _TRANSIENT else Redial.SLOW
    return Verdict(
        state=ConnectionState.RECONNECTING, reason=f"login refused {ending.reason}", redial=redial
    )


def _end_of_ban(expire_s: int, now: datetime) -> datetime | None:
    return now + timedelta(seconds=min(expire_s, MAX_BAN_S)) if expire_s > 0 else None


def _logged_out(reason: str, *, paired: bool) -> Verdict:
    return Verdict(
        state=ConnectionState.LOGGED_OUT, reason=reason, redial=Redial.NEVER, forget=paired
    )


def _terminal(state: ConnectionState, reason: str) -> Verdict:
    return Verdict(state=state, reason=reason, redial=Redial.NEVER)


def _again(reason: str) -> Verdict:
    return Verdict(state=ConnectionState.RECONNECTING, reason=reason, redial=Redial.BACKOFF)


def read_ending(node: Node) -> Ending | None:
    """What a <failure> or <stream:error> says; None for any other stanza."""
    if node.tag == "failure":
        return read_failure(node)
    return read_stream_error(node) if node.tag == "stream:error" else None


def read_stream_error(node: Node) -> StreamErrored:
    """A <stream:error> stanza; what it does not say is 0 or empty."""
    conflict = node.child("conflict")
    kind = conflict.attr("type") if conflict is not None else ""
    return StreamErrored(code=_number(node, "code"), conflict=kind[:40])


def read_failure(node: Node) -> LoginRefused:
    """A <failure> stanza."""
    return LoginRefused(reason=_number(node, "reason"), expire_s=_number(node, "expire"))


def _number(node: Node, name: str) -> int:
    try:
        return node.attr_int(name)
    except MalformedNode:
        return 0
