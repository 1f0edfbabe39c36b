"""Copies of app-state collections, and faults of the phone that keeps them."""

from datetime import UTC, datetime

import pytest

from scripted.neighbours import Companion, Neighbourhood
from wigwag.model.appstate import ChatPinned
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.residents.phone_appstate import PhoneAppState
from wigwag.wire.appstate_mutation import KeyRing
from wigwag.wire.appstate_recovery import Recovery
from wigwag.wire.protocol_messages import (
    AppStateKeyRequest,
    ProtocolPart,
    RecoveryRequest,
    RecoveryResponse,
    encode_protocol,
)

NOON = datetime(2026, 1, 1, tzinfo=UTC)


def asked(owner: Phone, companion: Companion, part: ProtocolPart) -> list[ProtocolPart]:
    """What the phone says to a question."""
    companion.device.parts.clear()
    companion.device.send_peer(owner.lid, encode_protocol(part))
    return list(companion.device.parts)


def test_a_copy_is_the_collection_as_it_is(hood: Neighbourhood) -> None:
    owner, bob, eve = hood.phone(), hood.person("Bob"), hood.person("Eve")
    companion = hood.companion(owner)
    pins = [ChatPinned(chat=bob.pn, pinned=True), ChatPinned(chat=eve.pn, pinned=True)]
    owner.app_state.change(pins)
    owner.app_state.change([ChatPinned(chat=bob.pn, pinned=False)])
    now = [ChatPinned(chat=bob.pn, pinned=False), pins[1]]
    assert owner.app_state.values("regular_low") == now
    (answer,) = asked(owner, companion, RecoveryRequest(collection="regular_low", asked_at=NOON))
    assert isinstance(answer, RecoveryResponse)
    recovery = Recovery(answer.snapshot, compressed=answer.compressed)
    keys = {key.key_id: key.data for key in owner.app_state.shared_keys()}
    applied = recovery.apply(KeyRing(keys.get))
    assert [mutation.action for mutation in applied.mutations] == now
    assert applied.state.version == 2
    restored = PhoneAppState(hood.surroundings, owner.lid, hood.chance.stream("again"))
    restored.restore(owner.app_state.export())
    assert restored.values("regular_low") == now


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        (FaultKind.APP_STATE_COPY, RecoveryRequest(collection="regular_low", asked_at=NOON)),
        (FaultKind.APP_STATE_KEYS, AppStateKeyRequest(key_ids=())),
    ],
)
def test_a_phone_that_does_not_answer(
    hood: Neighbourhood, kind: FaultKind, question: ProtocolPart
) -> None:
    owner = hood.phone()
    companion = hood.companion(owner)
    hood.network.faults.add(Fault(kind=kind, target=str(companion.device.lid)))
    assert asked(owner, companion, question) == []
    assert len(asked(owner, companion, question)) == 1


def test_a_collection_that_is_none_has_no_copy(hood: Neighbourhood) -> None:
    owner = hood.phone()
    companion = hood.companion(owner)
    assert asked(owner, companion, RecoveryRequest(collection="made_up", asked_at=NOON)) == []
