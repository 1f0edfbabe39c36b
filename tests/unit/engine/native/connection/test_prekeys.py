"""Prekeys that go out with retry receipts: few are kept, and the server's stock is not of them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from scripted.traffic_stage import ACCOUNT, TrafficStage
from wigwag.engine.native.connection import prekeys as prekeys_module
from wigwag.engine.native.connection.prekeys import PreKeys, new_prekey
from wigwag.engine.native.store.schema import MIGRATIONS, migrate
from wigwag.engine.native.store.writes import MarkPreKeysUploaded
from wigwag.wire.nodes import Node


async def test_only_the_newest_handed_prekeys_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prekeys_module, "KEPT_HANDED", 5)
    async with TrafficStage(tmp_path) as stage:
        made: list[int] = []
        for _ in range(12):
            key, writes = new_prekey(stage.link)
            made.append(key.id)
            await stage.store.commit(writes)
        assert made == list(range(made[0], made[0] - 12, -1))
        kept = [number for number in made if stage.store.find_prekey(ACCOUNT, number) is not None]
        assert kept == made[-5:]


async def test_handed_prekeys_are_not_counted_as_the_servers(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        await stage.store.commit([MarkPreKeysUploaded(ACCOUNT, 100)])
        _, writes = new_prekey(stage.link)
        await stage.store.commit(writes)
        assert stage.store.count_uploaded_prekeys(ACCOUNT) == 100
        assert stage.store.last_prekey_id(ACCOUNT) == 100
        assert stage.store.list_prekeys_to_upload(ACCOUNT, 10) == []


async def test_a_notification_without_a_valid_sender_is_nobodys_count(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        PreKeys(stage.link)
        for sender in ("1@nowhere", "", "100000000002@lid"):
            attrs = {"from": sender, "type": "encrypt", "id": "N1"}
            stage.deliver(Node("notification", {**attrs}, [Node("count", {"value": "0"})]))
        await stage.until_sent("ack", 3)
        assert not stage.all_sent("iq")


def test_an_older_store_keeps_the_newest_of_those_it_gathered() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, MIGRATIONS[:1])
        rows = [("a", number, 1) for number in (*range(1, 11), *range(0xFFFFFF - 1499, 0x1000000))]
        connection.executemany("INSERT INTO prekeys VALUES (?, ?, x'', x'', ?)", rows)
        migrate(connection, MIGRATIONS)
        left = connection.execute(
            "SELECT uploaded, count(*), min(id) FROM prekeys GROUP BY uploaded"
        ).fetchall()
        assert left == [(1, 10, 1), (2, 1000, 0xFFFFFF - 1499)]
