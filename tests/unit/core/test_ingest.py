"""The door: what cannot be recorded is kept aside, what the storage refuses comes back."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from stored.desk import Desk
from stored.makers import ANN, CONNECTED, GROUP, T0, message, picture, received
from wigwag.core import incoming
from wigwag.core import ingest as ingest_module
from wigwag.core.ingest import MAX_BATCH, Ingest
from wigwag.model.account import AccountState
from wigwag.model.content import MediaRef
from wigwag.model.errors import MalformedJid, StorageBusy
from wigwag.model.event import (
    ChatPresenceChanged,
    HistoryReceived,
    MessageReceived,
    PairingCode,
    PairingQr,
    PresenceChanged,
)
from wigwag.model.jid import Jid

POISON = received("P1", "\ud800")
"""A text that no database takes."""


async def test_one_bad_event_does_not_stop_the_others(desk: Desk) -> None:
    await desk.take(received("A1"), POISON, received("A2"))
    assert {row[0] for row in desk.rows("SELECT id FROM messages")} == {"A1", "A2"}
    (row,) = desk.rows("SELECT reason, event FROM rejected")
    assert row["reason"] == "UnicodeEncodeError"
    assert row["event"]
    assert (await desk.archive.counts())["rejected"] == 1


async def test_one_bad_message_does_not_stop_history(desk: Desk) -> None:
    messages = (message("A1"), message("P1", "\ud800"), message("A2"))
    await desk.take(HistoryReceived(sync_type="full", progress=5, chunk=0, messages=messages))
    assert {row[0] for row in desk.rows("SELECT id FROM messages")} == {"A1", "A2"}
    assert desk.count("rejected") == 1
    assert "history.progress" in await desk.types()


async def test_a_bad_name_does_not_stop_history(desk: Desk) -> None:
    from wigwag.model.chat import Contact

    contacts = (Contact(jid=ANN, push_name="\ud800"),)
    history = HistoryReceived(
        sync_type="full", progress=5, chunk=0, contacts=contacts, messages=(message("A1"),)
    )
    await desk.take(history)
    assert desk.count("messages") == 1


async def test_an_event_that_is_an_error_of_ours_does_not_come_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = incoming.record_message

    def picky(rec: Any, message: Any) -> None:
        if message.key.id == "P1":
            raise MalformedJid
        record(rec, message)

    monkeypatch.setattr(ingest_module, "record_message", picky)
    await desk.take(received("A1"), received("P1"), received("A2"))
    assert {row[0] for row in desk.rows("SELECT id FROM messages")} == {"A1", "A2"}
    assert [row["reason"] for row in desk.rows("SELECT reason FROM rejected")] == ["MalformedJid"]


async def test_a_busy_database_gives_the_batch_back(desk: Desk) -> None:
    await desk.close()
    desk = await Desk.open(desk.folder, busy_timeout_ms=50)
    other = sqlite3.connect(desk.folder / "messages.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageBusy):
        await desk.take(received("A1"))
    assert desk.archive.trouble == "database_locked"
    other.execute("ROLLBACK")
    other.close()
    await desk.take(received("A1"))
    assert desk.archive.trouble == ""
    assert desk.count("messages") == 1
    await desk.close()


async def test_who_waits_for_states_and_files_is_woken_after_the_commit(desk: Desk) -> None:
    calls: list[Any] = []

    def state(account: str, told: AccountState) -> None:
        calls.append((account, told.state.value, desk.count("accounts")))

    def media(account: str) -> None:
        calls.append((account, desk.count("messages")))

    desk.ingest.on_state = state
    desk.ingest.on_media = media
    ref = MediaRef(
        direct_path="/v", media_key=b"", file_sha256=b"", file_enc_sha256=b"", size_bytes=1
    )
    await desk.take(CONNECTED, received("A1"))
    await desk.take(received("A2", picture(ref)), received("A3", picture(ref)))
    assert calls == [("default", "connected", 1), ("default", 3)]


async def test_large_batches_are_recorded_in_parts(desk: Desk) -> None:
    writes = 0
    write = desk.archive.write

    async def counted(unit: Callable[[Any], Any]) -> Any:
        nonlocal writes
        writes += 1
        return await write(unit)

    desk.archive.write = counted  # pyright: ignore
    await Ingest(desk.archive).ingest(
        "default", [received(f"A{number}") for number in range(2 * MAX_BATCH + 1)]
    )
    assert (writes, desk.count("messages")) == (3, 2 * MAX_BATCH + 1)


async def test_what_passes_is_told(desk: Desk) -> None:
    await desk.take(
        PairingQr(code="2@abc", expires_at=T0, sequence=1),
        PairingCode(code="ABCD1234"),
        PresenceChanged(jid=ANN, available=True),
        ChatPresenceChanged(chat=GROUP, sender=Jid(ANN.user, ANN.server, 4), activity="composing"),
    )
    events = await desk.events()
    assert [e["event"] for e in events] == [
        "pairing.qr",
        "pairing.code",
        "presence.updated",
        "chat.presence",
    ]
    assert events[0]["code"] == "2@abc"
    assert events[3]["sender"]["jid"] == str(ANN)


async def test_nothing_is_nothing(desk: Desk) -> None:
    await desk.take()
    await desk.take(HistoryReceived(sync_type="full", progress=100, chunk=9))
    assert await desk.types() == ["history.progress"]


async def test_an_event_is_one_of_the_closed_union(desk: Desk) -> None:
    assert MessageReceived(message=message("A1")) == received("A1")
    assert desk.archive.last_seq == 0
