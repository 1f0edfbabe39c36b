"""The engine's store: atomic, durable, shared commits; caches that never lie."""

import asyncio
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wigwag.engine.common.errors import StoreFailed, WriteRefused
from wigwag.engine.native.connection.pairing import new_device
from wigwag.engine.native.store import schema
from wigwag.engine.native.store.records import decode_event, encode_event
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import (
    AddInbox,
    AddSeen,
    AddSent,
    DropAppState,
    DropIdentity,
    DropPreKey,
    DropSession,
    DropSessionsOf,
    MarkPreKeysUploaded,
    PutAppStateKey,
    PutAppStateMac,
    PutAppStateVersion,
    PutDevice,
    PutDeviceList,
    PutIdentity,
    PutLid,
    PutNote,
    PutPreKey,
    PutSenderKey,
    PutSession,
    PutShared,
    PutSignedPreKey,
    PutToken,
    RemoveInbox,
    Write,
)
from wigwag.model.content import Edit, MessageKey, Text
from wigwag.model.event import MessageReceived
from wigwag.model.jid import Jid
from wigwag.model.message import Message

A = "default"


class BadWrite(Write, frozen=True):
    """A write that the database refuses."""

    address: str

    SQL = "INSERT INTO sessions (account, address, record) VALUES (?, ?, NULL)"

    def key(self) -> tuple[str, ...]:
        return ("sessions", self.account, self.address)

    def value(self) -> bytes:
        return b"lost"


class BrokenWrite(Write, frozen=True):
    """A write with a bug."""

    def statements(self) -> tuple[tuple[str, tuple[object, ...]], ...]:
        raise ZeroDivisionError


def inbox(store: EngineStore, id: str, *, account: str = A) -> AddInbox:  # noqa: A002
    return AddInbox(account, store.next_seq(), "message", "chat", "sender", id, b"payload")


async def test_everything_is_read_back_cached_and_from_the_file(path: Path) -> None:
    device = new_device(os.urandom)
    pair, signed = device.noise, device.signed_prekey
    jid, other = Jid("4915", "s.whatsapp.net", 3), Jid("99", "lid", 1)
    writes: list[Write] = [
        PutDevice(A, device),
        PutPreKey(A, 7, pair.private, pair.public),
        PutSignedPreKey(A, 1, signed.pair.private, signed.pair.public, signed.signature),
        PutSession(A, "99_1:1", b"session"),
        PutIdentity(A, "99_1:1", b"identity"),
        PutSenderKey(A, "1@g.us", "99_1:1", b"sender key"),
        PutShared(A, "1@g.us", {"99_1:1": 5}),
        PutDeviceList(A, other.bare, (other, other.bare), "2:x", 12.5),
        PutLid(A, "99", "4915"),
        PutToken(A, "99@lid", b"token", 4, 5),
        PutAppStateKey(A, b"\x00\x01", b"data", b"print", 3),
        PutAppStateVersion(A, "regular", 9, b"h" * 128),
        PutAppStateMac(A, "regular", b"index", b"value"),
        AddSeen(A, "message", "c", "s", "id"),
        AddSent(A, "c", "id", b"plain", 1.0),
        PutNote(A, "n", b"note"),
    ]

    def check(store: EngineStore) -> None:
        assert store.list_accounts() == [A]
        assert store.find_device(A) == device
        prekey, signed_prekey = store.find_prekey(A, 7), store.find_signed_prekey(A, 1)
        assert prekey is not None
        assert prekey.pair == pair
        assert signed_prekey == signed
        assert store.prekey_source(A).find_prekey(7) == prekey
        assert store.find_session(A, "99_1:1") == b"session"
        assert store.find_identity(A, "99_1:1") == b"identity"
        assert store.find_sender_key(A, "1@g.us", "99_1:1") == b"sender key"
        assert store.find_shared(A, "1@g.us") == {"99_1:1": 5}
        found = store.find_device_list(A, other.bare)
        assert found is not None
        assert found.devices == (other, other.bare)
        assert store.find_pn_user(A, "99") == "4915"
        assert store.find_lid_user(A, "4915") == "99"
        token, key = store.find_token(A, "99@lid"), store.find_appstate_key(A, b"\x00\x01")
        assert token is not None
        assert token.sent_at == 5
        assert key is not None
        assert store.latest_appstate_key(A) == key
        version = store.find_appstate_version(A, "regular")
        assert version is not None
        assert version.version == 9
        assert store.find_appstate_mac(A, "regular", b"index") == b"value"
        assert store.was_seen(A, "message", "c", "s", "id")
        assert not store.was_seen(A, "message", "c", "s", "other")
        assert store.find_sent(A, "c", "id") == b"plain"
        assert store.find_note(A, "n") == b"note"

    store = EngineStore.open(path)
    await store.commit(writes)
    check(store)
    store.close()
    store = EngineStore.open(path)
    check(store)
    # another account sees nothing of it
    assert store.find_session("other", "99_1:1") is None
    assert store.find_lid_user("other", "4915") is None
    assert jid.user == "4915"
    store.close()


async def test_pending_writes_are_read_before_they_are_durable(store: EngineStore) -> None:
    task = asyncio.ensure_future(store.commit([PutSession(A, "a:0", b"new")]))
    await asyncio.sleep(0)
    assert store.find_session(A, "a:0") == b"new"
    await task
    drop = asyncio.ensure_future(store.commit([DropSession(A, "a:0")]))
    await asyncio.sleep(0)
    assert store.find_session(A, "a:0") is None
    await drop
    assert store.find_session(A, "a:0") is None


async def test_a_refused_write_takes_its_own_commit_with_it_and_no_other(
    store: EngineStore,
) -> None:
    results = await asyncio.gather(
        store.commit([PutSession(A, "good:0", b"1")]),
        store.commit([PutSession(A, "half:0", b"2"), BadWrite(A, "bad:0")]),
        store.commit([PutSession(A, "fine:0", b"3")]),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), WriteRefused, type(None)]
    assert store.find_session(A, "good:0") == b"1"
    assert store.find_session(A, "fine:0") == b"3"
    assert store.find_session(A, "half:0") is None
    assert store.find_session(A, "bad:0") is None


async def test_a_bug_in_a_write_does_not_stop_the_writer(store: EngineStore) -> None:
    results = await asyncio.gather(
        store.commit([PutNote(A, "n", b"1")]),
        store.commit([BrokenWrite(A)]),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), StoreFailed]
    await store.commit([PutNote(A, "n", b"2")])


async def test_what_was_built_on_a_lost_write_is_lost_too(store: EngineStore) -> None:
    await store.commit([PutSession(A, "s:0", b"state 0")])
    failures: list[bytes | None] = []
    store.on_failure(A, lambda: failures.append(store.find_session(A, "s:0")))
    results = await asyncio.gather(
        store.commit([PutSession(A, "s:0", b"state 1"), BadWrite(A, "x:0")]),
        store.commit([PutSession(A, "s:0", b"state 2"), PutNote(A, "n", b"built on 1")]),
        store.commit([PutNote(A, "n", b"built on the note")]),
        store.commit([PutNote(A, "independent", b"fine")]),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [
        WriteRefused,
        StoreFailed,
        StoreFailed,
        type(None),
    ]
    assert failures == [b"state 0"], "the caches are right when the listener is called"
    assert store.find_note(A, "n") is None
    await store.commit([PutSession(A, "s:0", b"state 1 again")])
    assert store.find_session(A, "s:0") == b"state 1 again"


async def test_many_callers_share_transactions(store: EngineStore) -> None:
    async def caller(number: int) -> None:
        for turn in range(10):
            await store.commit([inbox(store, f"{number}-{turn}"), PutNote(A, "n", b"x")])

    await asyncio.gather(*(caller(number) for number in range(50)))
    rows = store.list_inbox(A, 0, 1000)
    assert len(rows) == 500
    assert [row.seq for row in rows] == sorted(row.seq for row in rows)
    for number in range(50):
        mine = [row.id for row in rows if row.id.startswith(f"{number}-")]
        assert mine == [f"{number}-{turn}" for turn in range(10)]


async def test_a_cancelled_caller_changes_nothing(store: EngineStore) -> None:
    task = asyncio.ensure_future(store.commit([PutNote(A, "n", b"written anyway")]))
    await asyncio.sleep(0)
    task.cancel()
    await store.commit([PutNote(A, "m", b"")])
    assert store.find_note(A, "n") == b"written anyway"


async def test_inbox_drops_redeliveries_and_keeps_its_numbers(path: Path) -> None:
    store = EngineStore.open(path)
    await store.commit([inbox(store, "1"), inbox(store, "1"), inbox(store, "2")])
    rows = store.list_inbox(A, 0, 10)
    assert [row.id for row in rows] == ["1", "2"]
    assert store.has_inbox(A, "message", "chat", "sender", "1")
    assert store.list_inbox(A, rows[0].seq, 10) == rows[1:]
    last = rows[-1].seq
    await store.commit([RemoveInbox(A, tuple(row.seq for row in rows))])
    assert not store.has_inbox(A, "message", "chat", "sender", "1")
    store.close()
    store = EngineStore.open(path)
    assert store.next_seq() > last
    store.close()


async def test_deferred_writes_ride_along_or_come_at_the_end(path: Path) -> None:
    store = EngineStore.open(path)
    await store.commit([inbox(store, "1"), inbox(store, "2")])
    first, second = store.list_inbox(A, 0, 10)
    store.defer([RemoveInbox(A, (first.seq,))])
    await store.commit([PutNote(A, "n", b"")])
    assert store.list_inbox(A, 0, 10) == [second]
    store.defer([RemoveInbox(A, (second.seq,))])
    store.close()
    store = EngineStore.open(path)
    assert store.list_inbox(A, 0, 10) == []
    store.close()


async def test_prekeys_are_counted_uploaded_and_used(store: EngineStore) -> None:
    await store.commit([PutPreKey(A, id, b"p" * 32, b"q" * 32) for id in range(1, 11)])  # noqa: A001
    assert store.count_uploaded_prekeys(A) == 0
    assert [key.id for key in store.list_prekeys_to_upload(A, 3)] == [1, 2, 3]
    await store.commit([MarkPreKeysUploaded(A, 8), DropPreKey(A, 2)])
    assert store.count_uploaded_prekeys(A) == 7
    assert store.find_prekey(A, 2) is None
    assert store.last_prekey_id(A) == 10
    assert store.last_prekey_id("other") == 0


async def test_all_devices_of_a_user_are_dropped_and_nobody_else(store: EngineStore) -> None:
    addresses = ["12_1:0", "12_1:33", "12:0", "123_1:0", "1_1:0"]
    await store.commit([PutSession(A, address, b"x") for address in addresses])
    task = asyncio.ensure_future(store.commit([DropSessionsOf(A, "12_1")]))
    await asyncio.sleep(0)
    left = [address for address in addresses if store.find_session(A, address)]
    assert left == addresses[2:]
    await task
    left = [address for address in addresses if store.find_session(A, address)]
    assert left == addresses[2:]


async def test_a_number_that_changed_hands_leaves_no_stale_mapping(store: EngineStore) -> None:
    await store.commit([PutLid(A, "L0", "P0")])
    await store.commit([PutLid(A, "L1", "P0")])
    assert store.find_lid_user(A, "P0") == "L1"
    assert store.find_pn_user(A, "L0") is None
    await store.commit([PutLid(A, "L1", "P1")])
    assert store.find_lid_user(A, "P0") is None
    assert store.find_pn_user(A, "L1") == "P1"


async def test_an_app_state_key_is_not_replaced_by_an_older_one(store: EngineStore) -> None:
    await store.commit([PutAppStateKey(A, b"k", b"new", b"", 10)])
    await store.commit([DropAppState(A, "regular"), PutAppStateMac(A, "regular", b"i", b"v")])
    await store.commit([DropAppState(A, "regular")])
    assert store.find_appstate_mac(A, "regular", b"i") is None
    assert store.find_appstate_version(A, "regular") is None


async def test_a_dropped_identity_is_remembered_and_its_inbox_stays(store: EngineStore) -> None:
    jid = Jid("4915", "s.whatsapp.net", 3)
    device = new_device(os.urandom)
    await store.commit(
        [
            PutDevice(A, device),
            PutDevice("other", device),
            PutSession(A, "x:0", b""),
            PutNote(A, "n", b"x"),
            inbox(store, "1"),
            AddSeen(A, "message", "c", "s", "id"),
        ]
    )
    await store.commit([DropIdentity(A, jid, None, 5.0, "device removed")])
    assert store.list_accounts() == ["other"]
    assert store.find_device(A) is None
    assert store.find_session(A, "x:0") is None
    assert store.find_note(A, "n") is None
    assert len(store.list_inbox(A, 0, 10)) == 1
    assert store.was_seen(A, "message", "c", "s", "id")
    [former] = store.list_former_devices(A)
    assert (former.jid, former.reason, former.ended_at) == (jid, "device removed", 5.0)
    # in one commit with a new identity, the new one stays
    await store.commit([DropIdentity(A, None, None, 0.0, ""), PutDevice(A, device)])
    assert store.find_device(A) == device


async def test_the_recent_past_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schema.KEPT, "seen", 100)  # pyright: ignore[reportArgumentType]
    store = EngineStore.open(path, cache_bytes=0)
    for start in range(0, 2048, 128):
        await store.commit(
            [AddSeen(A, "message", "c", "s", str(id)) for id in range(start, start + 128)]  # noqa: A001
        )
    await store.commit([AddSeen("other", "message", "c", "s", "1")])
    with closing(sqlite3.connect(path)) as reader:
        [[count]] = reader.execute("SELECT count(*) FROM seen WHERE account = 'default'")
    assert 100 <= count <= 100 + 512
    assert store.was_seen(A, "message", "c", "s", "2047")
    assert not store.was_seen(A, "message", "c", "s", "0")
    assert store.was_seen("other", "message", "c", "s", "1")
    store.close()


def test_events_survive_their_encoding() -> None:
    key = MessageKey(chat=Jid("1", "lid"), sender=Jid("2", "lid", 4), id="A")
    content = Edit(target=key, content=Text(text="x"))
    event = MessageReceived(message=Message(key=key, timestamp=datetime.now(UTC), content=content))
    assert decode_event(encode_event(event)) == event
