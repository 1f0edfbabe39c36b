"""Decoded Signal records over the store, and what a unit of work changes."""

import os
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from scripted.signal_peer import SignalPeer
from wigwag.engine.native.people import sessions as sessions_module
from wigwag.engine.native.people.addresses import signal_address
from wigwag.engine.native.people.sessions import Changes, Sessions
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import (
    DropPreKey,
    DropSession,
    PutIdentity,
    PutLid,
    PutSession,
)
from wigwag.model.jid import Jid
from wigwag.wire.errors import NoSession
from wigwag.wire.padding import pad
from wigwag.wire.signal.curve import generate_key_pair
from wigwag.wire.signal.keys import LocalIdentity, PreKeyBundle

ACCOUNT = "default"
LOCAL = LocalIdentity(generate_key_pair(), 7)
HER, HER_PN = Jid("100000000002", "lid"), Jid("15550000002", "s.whatsapp.net")
GROUP = Jid("120363000", "g.us")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[EngineStore]:
    found = EngineStore.open(tmp_path / "whatsapp.db")
    yield found
    found.close()


def make(store: EngineStore) -> Sessions:
    return Sessions(ACCOUNT, store, lambda: LOCAL, os.urandom)


def bundle(peer: SignalPeer) -> PreKeyBundle:
    one_time = peer.one_time[min(peer.one_time)]
    return PreKeyBundle(
        registration_id=peer.local.registration_id,
        identity=peer.local.identity.public,
        signed_id=peer.signed.id,
        signed_public=peer.signed.pair.public,
        signed_signature=peer.signed.signature,
        one_time_id=one_time.id,
        one_time_public=one_time.pair.public,
    )


async def test_a_session_begins_and_is_kept(store: EngineStore) -> None:
    sessions, changes, peer = make(store), Changes(ACCOUNT), SignalPeer(HER, HER_PN)
    assert not sessions.has_session(HER, changes)
    with pytest.raises(NoSession):
        sessions.encrypt(HER, b"x", changes)
    sessions.start(HER, bundle(peer), changes)
    sealed = [sessions.encrypt(HER, pad(b"hello", 1), changes) for _ in range(3)]
    kinds = [type(write) for write in changes.writes()]
    assert kinds == [PutIdentity, PutSession]
    await store.commit(changes.writes())
    again = make(store)
    assert again.has_session(HER, Changes(ACCOUNT))
    assert {each.kind for each in sealed} == {"pkmsg"}
    assert store.find_identity(ACCOUNT, signal_address(HER)) == peer.local.identity.public


async def test_the_session_of_the_number_becomes_that_of_the_lid(store: EngineStore) -> None:
    sessions, changes, peer = make(store), Changes(ACCOUNT), SignalPeer(HER, HER_PN)
    sessions.start(HER_PN, bundle(peer), changes)
    await store.commit(changes.writes())
    sessions, changes = make(store), Changes(ACCOUNT)
    assert not sessions.has_session(HER, changes)
    changes.link(HER.user, HER_PN.user)
    assert sessions.has_session(HER, changes)
    moved = changes.writes()
    assert any(isinstance(write, DropSession) for write in moved)
    await store.commit(moved)
    assert store.find_session(ACCOUNT, signal_address(HER_PN)) is None
    assert store.find_session(ACCOUNT, signal_address(HER)) is not None


@pytest.mark.parametrize("name", ["100000000002_129:99", "15550000002_128:99"])
async def test_the_session_of_a_hosted_device_is_that_of_its_ordinary_address(
    store: EngineStore, name: str
) -> None:
    sessions, changes = make(store), Changes(ACCOUNT)
    host = HER.with_device(99)
    sessions.start(host, bundle(SignalPeer(host, HER_PN)), changes)
    sealed = sessions.encrypt(host, pad(b"hello", 1), changes)
    (kept,) = [write for write in changes.writes() if isinstance(write, PutSession)]
    lid = PutLid(ACCOUNT, HER.user, HER_PN.user)
    await store.commit([lid, PutSession(ACCOUNT, name, kept.record)])
    sessions, changes = make(store), Changes(ACCOUNT)
    hosted = Jid(HER.user, "hosted.lid", 99)
    assert sessions.has_session(host, changes)
    assert sessions.encrypt(hosted, pad(b"again", 1), changes).kind == sealed.kind
    await store.commit(changes.writes())
    assert store.find_session(ACCOUNT, name) is None
    assert not make(store).has_session(HER.with_device(98), Changes(ACCOUNT))


async def test_what_was_forgotten_after_a_failure_is_read_again(store: EngineStore) -> None:
    sessions, changes, peer = make(store), Changes(ACCOUNT), SignalPeer(HER, HER_PN)
    sessions.start(HER, bundle(peer), changes)
    sessions.reset()
    assert sessions.generation == 1
    assert not sessions.has_session(HER, Changes(ACCOUNT))


async def test_a_stored_session_that_is_damaged_is_none(store: EngineStore) -> None:
    await store.commit([PutSession(ACCOUNT, signal_address(HER), b"garbage")])
    assert not make(store).has_session(HER, Changes(ACCOUNT))


async def test_all_devices_of_a_person_are_forgotten(store: EngineStore) -> None:
    sessions, changes = make(store), Changes(ACCOUNT)
    others = Jid("1000000000020", "lid")
    for jid in (HER, HER.with_device(2), others):
        sessions.start(jid, bundle(SignalPeer(jid, HER_PN)), changes)
    epoch = sessions.identity_epoch
    sessions.forget_user("100000000002_1", changes)
    assert sessions.identity_epoch > epoch
    await store.commit(changes.writes())
    assert [sessions.has_session(jid, Changes(ACCOUNT)) for jid in (HER, others)] == [False, True]


def test_what_a_batch_says_of_who_is_whom_is_found_both_ways() -> None:
    changes = Changes(ACCOUNT)
    changes.link("lid 1", "pn 1")
    changes.link("lid 2", "pn 1")
    changes.link("lid 2", "pn 2")
    changes.link("lid 3", "pn 3")
    assert [changes.pn_of(f"lid {n}") for n in range(1, 4)] == [None, "pn 2", "pn 3"]
    assert [changes.lid_of(f"pn {n}") for n in range(1, 4)] == [None, "lid 2", "lid 3"]


def test_twenty_thousand_people_in_one_batch_take_no_time() -> None:
    changes, began = Changes(ACCOUNT), time.process_time()
    for number in range(20_000):
        changes.link(f"lid {number}", f"pn {number}")
        assert changes.lid_of(f"pn {number // 2}") == f"lid {number // 2}"
    assert time.process_time() - began < 2


async def test_a_one_time_prekey_works_once_in_a_batch(store: EngineStore) -> None:
    changes = Changes(ACCOUNT)
    changes.used_prekeys.add(5)
    assert [type(write) for write in changes.writes()] == [DropPreKey]


async def test_memory_is_bounded(store: EngineStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_module, "MAX_SESSIONS", 3)
    monkeypatch.setattr(sessions_module, "MAX_SENDER_KEYS", 3)
    sessions, changes = make(store), Changes(ACCOUNT)
    jids = [Jid(str(number), "lid") for number in range(6)]
    for jid in jids:
        sessions.start(jid, bundle(SignalPeer(jid, HER_PN)), changes)
        sessions.sender_key(GROUP, jid, Changes(ACCOUNT))
    await store.commit(changes.writes())
    sessions.trim()
    assert sessions.in_memory == (3, 3)
    assert all(sessions.has_session(jid, Changes(ACCOUNT)) for jid in jids)


async def test_a_record_that_is_not_saved_yet_stays(
    store: EngineStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_module, "MAX_SESSIONS", 1)
    sessions, saved, unsaved = make(store), Changes(ACCOUNT), Changes(ACCOUNT)
    jids = [Jid(str(number), "lid") for number in range(4)]
    for jid in jids:
        sessions.start(jid, bundle(SignalPeer(jid, HER_PN)), saved)
    sessions.encrypt(jids[0], b"this makes the ratchet key", saved)
    await store.commit(saved.writes())
    first = sessions.encrypt(jids[0], b"the same", unsaved)
    assert all(sessions.has_session(jid, Changes(ACCOUNT)) for jid in jids[1:])
    sessions.trim()
    second = sessions.encrypt(jids[0], b"the same", unsaved)
    assert first.data != second.data, "one counter, used twice"
    assert sessions.in_memory[0] < len(jids)


async def test_a_fingerprint_changes_with_key_and_identity(store: EngineStore) -> None:
    sessions = make(store)
    address = signal_address(HER)
    empty = sessions.fingerprint(address, 1)
    await store.commit([PutIdentity(ACCOUNT, address, b"a" * 32)])
    known = sessions.fingerprint(address, 1)
    assert len({empty, known, sessions.fingerprint(address, 2)}) == 3
    assert sessions.fingerprint(address, 1, b"a" * 32) == known
