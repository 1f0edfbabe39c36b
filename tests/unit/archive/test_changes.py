"""That a chat has no receipts is remembered only as long as it is so."""

import pytest

from stored.desk import Desk
from wigwag.archive import changes
from wigwag.model.record import ReceiptRecord
from wigwag.ports import ArchiveTx

ONE, OTHER = "491700000001@s.whatsapp.net", "491700000002@s.whatsapp.net"
READ = ReceiptRecord("default", ONE, "M1", ONE, "read", 1)


def listed(tx: ArchiveTx, chat: str) -> list[ReceiptRecord]:
    return tx.changes.list_receipts("default", chat, "M1")


async def test_a_receipt_in_a_silent_chat_is_seen_at_once(desk: Desk) -> None:
    def unit(tx: ArchiveTx) -> list[ReceiptRecord]:
        assert listed(tx, ONE) == []
        assert tx.changes.list_receipts("default", ONE, "M2") == []
        tx.changes.add_receipt(READ)
        return listed(tx, ONE)

    assert await desk.archive.write(unit) == [READ]
    assert await desk.archive.write(lambda tx: listed(tx, ONE)) == [READ]


async def test_receipts_that_move_to_a_silent_chat_are_seen(desk: Desk) -> None:
    def unit(tx: ArchiveTx) -> list[ReceiptRecord]:
        tx.changes.add_receipt(READ)
        assert listed(tx, OTHER) == []
        tx.merge("default", ONE, OTHER)
        return listed(tx, OTHER)

    assert len(await desk.archive.write(unit)) == 1


async def test_receipts_that_move_back_are_seen(desk: Desk) -> None:
    await desk.archive.write(lambda tx: tx.changes.add_receipt(READ))

    def unit(tx: ArchiveTx) -> None:
        tx.merge("default", ONE, OTHER)
        assert listed(tx, ONE) == []
        raise RuntimeError("undone")

    with pytest.raises(RuntimeError):
        await desk.archive.write(unit)
    assert await desk.archive.write(lambda tx: listed(tx, ONE)) == [READ]


async def test_silent_chats_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "SILENT_MAX", 2)

    def unit(tx: ArchiveTx) -> list[ReceiptRecord]:
        for number in range(5):
            assert listed(tx, f"{number}@lid") == []
        tx.changes.add_receipt(READ)
        return listed(tx, ONE)

    assert await desk.archive.write(unit) == [READ]
