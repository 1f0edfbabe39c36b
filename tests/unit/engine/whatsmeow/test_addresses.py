"""Reading who is whom out of the library's database."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from wigwag.engine.whatsmeow.addresses import AddressMap
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import LID_SERVER, PN_SERVER, Jid


def linked(lid: str, pn: str) -> IdentityLinked:
    return IdentityLinked(lid=Jid(lid, LID_SERVER), pn=Jid(pn, PN_SERVER))


def add(session: Path, *pairs: tuple[str, str]) -> None:
    with closing(sqlite3.connect(session)) as database, database:
        database.execute(
            "CREATE TABLE IF NOT EXISTS whatsmeow_lid_map "
            "(lid TEXT PRIMARY KEY, pn TEXT UNIQUE NOT NULL)"
        )
        # as the library does (whatsmeow store/sqlstore/lidmap.go)
        database.executemany(
            "INSERT INTO whatsmeow_lid_map VALUES (?, ?) "
            "ON CONFLICT (lid) DO UPDATE SET pn = excluded.pn",
            pairs,
        )


def test_each_pair_is_read_once_until_the_database_is_another(tmp_path: Path) -> None:
    session = tmp_path / "session.db"
    addresses = AddressMap(session)
    assert addresses.read_new() == []
    add(session, ("111111", "4915550001"), ("nobody", "4915550002"))
    assert addresses.read_new() == [linked("111111", "4915550001")]
    add(session, ("222222", "4915550003"))
    assert addresses.read_new() == [linked("222222", "4915550003")]
    assert addresses.read_new() == []
    addresses.forget()
    assert len(addresses.read_new()) == 2


def test_who_has_another_number_is_told_when_all_are_read_again(tmp_path: Path) -> None:
    session = tmp_path / "session.db"
    addresses = AddressMap(session)
    add(session, ("111111", "4915550001"), ("222222", "4915550002"))
    assert len(addresses.read_new()) == 2
    for number in ("4915550003", "4915550001"):
        add(session, ("111111", number))
        assert addresses.read_new() == [], "it stands in its place still"
        assert addresses.read_new(anew=True) == [linked("111111", number)]
    assert addresses.read_new(anew=True) == []


def test_a_pair_in_the_place_of_the_last_one_is_told(tmp_path: Path) -> None:
    session = tmp_path / "session.db"
    addresses = AddressMap(session)
    add(session, ("111111", "4915550001"), ("222222", "4915550002"))
    assert len(addresses.read_new()) == 2
    with closing(sqlite3.connect(session)) as database, database:
        # the same number belongs to another LID now
        database.execute("DELETE FROM whatsmeow_lid_map WHERE lid = '222222'")
    add(session, ("333333", "4915550002"))
    assert addresses.read_new() == [linked("333333", "4915550002")]


def test_a_database_of_another_kind_is_an_error(tmp_path: Path) -> None:
    session = tmp_path / "session.db"
    session.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(sqlite3.Error):
        AddressMap(session).read_new()
