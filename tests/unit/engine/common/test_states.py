"""What an ended connection means: a table."""

from datetime import UTC, datetime, timedelta

import pytest

from wigwag.engine.common.backoff import Redial
from wigwag.engine.common.states import (
    DialRefused,
    Ending,
    LoginRefused,
    PairingEnded,
    PairingRefused,
    StreamErrored,
    StreamLost,
    decide,
    read_ending,
)
from wigwag.model.account import TERMINAL, ConnectionState
from wigwag.wire.nodes import Node

NOW = datetime(2026, 1, 1, tzinfo=UTC)
S = ConnectionState


@pytest.mark.parametrize(
    ("ending", "state", "redial", "forget"),
    [
        (DialRefused(code="unreachable"), S.RECONNECTING, Redial.BACKOFF, False),
        (StreamLost(why="mute"), S.RECONNECTING, Redial.BACKOFF, False),
        (StreamErrored(code=515), S.CONNECTING, Redial.NOW, False),
        (StreamErrored(code=503), S.RECONNECTING, Redial.BACKOFF, False),
        (StreamErrored(code=0), S.RECONNECTING, Redial.BACKOFF, False),
        (StreamErrored(code=401), S.RECONNECTING, Redial.BACKOFF, False),
        (StreamErrored(code=401, conflict="device_removed"), S.LOGGED_OUT, Redial.NEVER, True),
        (StreamErrored(code=0, conflict="replaced"), S.REPLACED, Redial.NEVER, False),
        (LoginRefused(reason=401), S.LOGGED_OUT, Redial.NEVER, True),
        (LoginRefused(reason=403), S.LOGGED_OUT, Redial.NEVER, True),
        (LoginRefused(reason=406), S.LOGGED_OUT, Redial.NEVER, True),
        (LoginRefused(reason=402, expire_s=60), S.BANNED, Redial.NEVER, False),
        (LoginRefused(reason=405), S.OUTDATED, Redial.NEVER, False),
        (LoginRefused(reason=500), S.RECONNECTING, Redial.BACKOFF, False),
        (LoginRefused(reason=503), S.RECONNECTING, Redial.BACKOFF, False),
        (LoginRefused(reason=409), S.RECONNECTING, Redial.SLOW, False),
        (PairingEnded(), S.PAIRING_EXPIRED, Redial.NEVER, False),
        (PairingRefused(code="pairing"), S.RECONNECTING, Redial.BACKOFF, False),
    ],
)
def test_of_a_linked_device(
    ending: Ending, state: ConnectionState, redial: Redial, *, forget: bool
) -> None:
    verdict = decide(ending, paired=True, now=NOW)
    assert (verdict.state, verdict.redial, verdict.forget) == (state, redial, forget)
    assert verdict.reason
    assert (verdict.redial is Redial.NEVER) == (verdict.state in TERMINAL)


def test_an_identity_that_is_not_there_is_not_forgotten() -> None:
    assert not decide(LoginRefused(reason=401), paired=False, now=NOW).forget
    assert decide(StreamErrored(code=515), paired=False, now=NOW).redial is Redial.BACKOFF


@pytest.mark.parametrize(
    ("expire_s", "seconds"), [(3600, 3600), (0, 0), (-5, 0), (10**30, 400 * 86_400)]
)
def test_a_ban_has_an_end(expire_s: int, seconds: int) -> None:
    verdict = decide(LoginRefused(reason=402, expire_s=expire_s), paired=True, now=NOW)
    assert verdict.expires_at == (NOW + timedelta(seconds=seconds) if seconds else None)


@pytest.mark.parametrize(
    ("node", "ending"),
    [
        (Node("failure", {"reason": "401"}), LoginRefused(reason=401)),
        (Node("failure", {"reason": "402", "expire": "9"}), LoginRefused(reason=402, expire_s=9)),
        (Node("failure", {"reason": "what"}), LoginRefused(reason=0)),
        (Node("failure"), LoginRefused(reason=0)),
        (Node("stream:error", {"code": "515"}), StreamErrored(code=515)),
        (
            Node("stream:error", {}, [Node("conflict", {"type": "replaced"})]),
            StreamErrored(code=0, conflict="replaced"),
        ),
        (Node("success"), None),
    ],
)
def test_stanzas_are_read(node: Node, ending: Ending | None) -> None:
    assert read_ending(node) == ending
