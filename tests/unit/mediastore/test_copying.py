"""Copies of the media of a store that goes on being used."""

import hashlib
from pathlib import Path

import pytest

from wigwag.mediastore import copying
from wigwag.mediastore.copying import copy_media

DATA = (b"first", b"second", b"third")


def files(store: Path) -> list[tuple[str, bytes]]:
    """Files in a store, with their hashes."""
    (store / "chat").mkdir(parents=True)
    found: list[tuple[str, bytes]] = []
    for data in DATA:
        (store / "chat" / data.decode()).write_bytes(data)
        found.append((f"chat/{data.decode()}", hashlib.sha256(data).digest()))
    return found


def test_a_file_that_goes_meanwhile_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, backup = tmp_path / "store", tmp_path / "backup"
    listed = files(store)
    backup.mkdir()
    copy = copying._copy  # pyright: ignore[reportPrivateUsage]

    def after_a_removal(source: Path, target: Path) -> None:
        if source.name == "second":
            source.unlink()
        copy(source, target)

    monkeypatch.setattr(copying, "_copy", after_a_removal)
    assert copy_media(store, backup, listed) == (2, 1)
    assert {path.name for path in (backup / "chat").iterdir()} == {"first", "third"}
    assert len(list((backup / "media").iterdir())) == 2
