"""The phone's app state: what companions can verify, and what it takes over from them."""

from datetime import UTC, datetime

import msgspec
import pytest

from scripted.neighbours import Neighbourhood
from wigwag.model.appstate import ChatArchived, ContactNamed, MessageRange, PushNameSet
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.sandbox.network.faults import Fault, FaultKind
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.residents.phone_appstate import EXTERNAL_FROM, PhoneAppState
from wigwag.wire.appstate import (
    EMPTY_STATE,
    CollectionState,
    Patch,
    apply_patch,
    apply_snapshot,
    make_patch,
    parse_blob,
)
from wigwag.wire.appstate_actions import Action
from wigwag.wire.appstate_mutation import Change, KeyRing
from wigwag.wire.errors import AppStateMacMismatch
from wigwag.wire.media import ServiceKind
from wigwag.wire.nodes import Node

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Reader:
    """A companion that has the phone's keys and follows one collection."""

    def __init__(self, hood: Neighbourhood, owner: Phone, collection: str) -> None:
        self.network = hood.network
        self.account = owner.account
        self.collection = collection
        keys = {key.key_id: key.data for key in owner.app_state.shared_keys()}
        self.ring = KeyRing(keys.get)
        self.state: CollectionState = EMPTY_STATE
        self.macs: dict[bytes, bytes] = {}

    def read(self) -> list[Action]:
        asked = {"name": self.collection, "version": str(self.state.version)}
        iq = {"id": "1", "type": "set", "xmlns": "w:sync:app:state", "to": SERVER_JID}
        sync = Node("sync", {}, [Node("collection", {**asked})])
        answer = self.network.collections.answer(self.account.primary, Node("iq", {**iq}, [sync]))
        actions: list[Action] = []
        for node in answer.kids[0].kids[0].kids[0].kids:
            applied = apply_patch(
                self.collection, self.state, Patch(node.data), self.ring, self.macs.get
            )
            self.state = applied.state
            self.macs |= applied.set_macs
            actions += [mutation.action for mutation in applied.mutations]
        return actions

    def write(self, action: Action, key_id: bytes) -> None:
        self.read()
        made = make_patch(
            self.collection,
            self.state,
            [Change(action=action, timestamp=NOW)],
            key_id,
            self.ring,
            find_mac=self.macs.get,
        )
        self.network.collections.append(self.account, self.collection, made.raw)
        self.read()


def contact(number: int) -> ContactNamed:
    return ContactNamed(
        jid=Jid(f"49151{number:06d}", "s.whatsapp.net"),
        full_name=f"Contact {number}",
        first_name="Contact",
    )


def test_a_new_phone_names_itself(hood: Neighbourhood) -> None:
    owner = hood.phone("Alex")
    assert Reader(hood, owner, "critical_block").read() == [PushNameSet(name="Alex")]


def test_contacts_are_told_once_each(hood: Neighbourhood) -> None:
    owner = hood.phone()
    reader = Reader(hood, owner, "critical_unblock_low")
    owner.app_state.name_contacts([contact(1), contact(2)])
    assert reader.read() == [contact(1), contact(2)]
    renamed = ContactNamed(jid=contact(1).jid, full_name="Renamed", first_name="R")
    owner.app_state.name_contacts([renamed])
    assert reader.read() == [renamed]
    assert len(reader.macs) == 2
    assert list(owner.app_state.contacts.values()) == [renamed, contact(2)]


def test_changes_of_companions_are_followed(hood: Neighbourhood) -> None:
    owner, bob = hood.phone(), hood.person("Bob")
    (key,) = owner.app_state.shared_keys()
    reader = Reader(hood, owner, "regular_low")
    archived = ChatArchived(chat=bob.pn, archived=True, range=MessageRange(last_at=NOW))
    reader.write(archived, key.key_id)
    again = ChatArchived(chat=bob.pn, archived=False, range=MessageRange(last_at=NOW))
    owner.app_state.change([again])
    assert [mutation.action for mutation in owner.app_state.seen] == [archived]
    assert reader.read() == [again]


def test_a_damaged_patch_of_a_companion_is_left_out(hood: Neighbourhood) -> None:
    owner = hood.phone()
    hood.network.collections.append(owner.account, "regular_low", b"")
    owner.app_state.pull("regular_low")
    assert owner.app_state.seen == []


def test_a_rotated_key_is_used_from_then_on(hood: Neighbourhood) -> None:
    owner = hood.phone()
    new = owner.app_state.rotate_key()
    owner.app_state.name_contacts([contact(1)])
    assert Reader(hood, owner, "critical_unblock_low").read() == [contact(1)]
    assert new in owner.app_state.shared_keys()


def snapshot_of(hood: Neighbourhood, owner: Phone, name: str) -> bytes:
    """The snapshot that the server has, opened."""
    reference = hood.network.collections.all()[owner.lid, name].snapshot
    return hood.surroundings.media.fetch(parse_blob(reference), ServiceKind.APP_STATE)


def ring_of(owner: Phone) -> KeyRing:
    return KeyRing({key.key_id: key.data for key in owner.app_state.shared_keys()}.get)


def test_a_new_companion_finds_snapshots(hood: Neighbourhood) -> None:
    owner = hood.phone("Alex")
    owner.app_state.name_contacts([contact(1), contact(2)])
    renamed = ContactNamed(jid=contact(1).jid, full_name="Renamed", first_name="R")
    owner.app_state.name_contacts([renamed])
    hood.companion(owner)
    raw = snapshot_of(hood, owner, "critical_unblock_low")
    applied = apply_snapshot("critical_unblock_low", raw, ring_of(owner))
    assert applied.state.version == 2
    assert {mutation.action for mutation in applied.mutations} == {renamed, contact(2)}
    assert owner.app_state.pull("critical_unblock_low").state == applied.state
    count = len(hood.host.list())
    hood.companion(owner)
    assert len(hood.host.list()) == count  # nothing has changed since


def test_a_spoilt_snapshot_is_mended_by_the_next(hood: Neighbourhood) -> None:
    owner = hood.phone("Alex")
    hood.network.faults.add(Fault(kind=FaultKind.APP_STATE_SNAPSHOT, target=owner.phone))
    hood.companion(owner)
    with pytest.raises(AppStateMacMismatch):
        apply_snapshot("critical_block", snapshot_of(hood, owner, "critical_block"), ring_of(owner))
    hood.companion(owner)
    apply_snapshot("critical_block", snapshot_of(hood, owner, "critical_block"), ring_of(owner))


def test_many_changes_lie_on_the_media_host(hood: Neighbourhood) -> None:
    owner = hood.phone()
    owner.app_state.name_contacts([contact(number) for number in range(EXTERNAL_FROM)])
    (raw,) = hood.network.collections.all()[owner.lid, "critical_unblock_low"].patches
    patch = Patch(raw)
    assert not patch.mutations
    restored = PhoneAppState(hood.surroundings, owner.lid, hood.chance.stream("again"))
    saved = owner.app_state.export()
    restored.restore(msgspec.structs.replace(saved, collections=()))
    assert len(restored.values("critical_unblock_low")) == EXTERNAL_FROM


def test_saving_keeps_keys_versions_and_contacts(hood: Neighbourhood) -> None:
    owner = hood.phone()
    owner.app_state.name_contacts([contact(1)])
    saved = owner.app_state.export()
    restored = PhoneAppState(hood.surroundings, owner.lid, hood.chance.stream("again"))
    restored.restore(saved)
    assert restored.export() == saved
    restored.name_contacts([contact(2)])
    reader = Reader(hood, owner, "critical_unblock_low")
    assert reader.read() == [contact(1), contact(2)]
