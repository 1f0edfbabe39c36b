"""Whose identity lies where in a store."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stored.engine import OWN
from wigwag.app.identities import Identities
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.whatsmeow.folder import SESSION_NAME
from wigwag.model.capability import EngineKind

WHATSMEOW, NATIVE = EngineKind.WHATSMEOW, EngineKind.NATIVE


@pytest.fixture
def identities(tmp_path: Path) -> Iterator[Identities]:
    store = EngineStore.open(tmp_path / "whatsapp.db")
    yield Identities(tmp_path, store)
    store.close()


def session(identities: Identities, *statements: str) -> Path:
    """What the library leaves of an account."""
    folder = identities.folder("work")
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / SESSION_NAME)) as database:
        for statement in ("PRAGMA journal_mode=WAL", *statements):
            database.execute(statement)
        database.commit()
    return folder / SESSION_NAME


DEVICES = "CREATE TABLE whatsmeow_device (jid TEXT PRIMARY KEY)"


def test_nobody_is_linked_at_first(identities: Identities) -> None:
    assert identities.find_any("work") is None
    assert not identities.folder("work").exists()


def test_a_linked_device_is_found_where_it_is(identities: Identities) -> None:
    jid = f"{OWN.user}:7@{OWN.server}"
    session(identities, DEVICES, f"INSERT INTO whatsmeow_device VALUES ('{jid}')")
    found = identities.find("work", WHATSMEOW)
    assert found is not None
    assert (found.bare, found.device) == (OWN, 7)
    assert identities.find("work", NATIVE) is None
    assert identities.find("other", WHATSMEOW) is None
    assert identities.find_any("work") == found


@pytest.mark.parametrize(
    "statements",
    [
        (),
        (DEVICES,),
        (DEVICES, "INSERT INTO whatsmeow_device VALUES ('no address')"),
        ("CREATE TABLE whatsmeow_device (id TEXT)",),
    ],
)
def test_a_pairing_that_was_broken_off_is_no_link(
    identities: Identities, statements: tuple[str, ...]
) -> None:
    session(identities, *statements)
    assert identities.find("work", WHATSMEOW) is None


def test_a_file_that_is_no_database_is_no_link(identities: Identities) -> None:
    session(identities).write_bytes(b"nothing" * 1000)
    assert identities.find("work", WHATSMEOW) is None
