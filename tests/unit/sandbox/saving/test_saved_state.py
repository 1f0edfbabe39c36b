"""Files of the sandbox: replaced whole, and media that come back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from wigwag.sandbox.edge.mediahost import MediaHost, MediaLimits
from wigwag.sandbox.saving import saved_state
from wigwag.sandbox.saving.saved_state import (
    MEDIA_FOLDER,
    load_media,
    load_state,
    save_media,
    write_state,
)


def test_there_may_be_no_state(tmp_path: Path) -> None:
    assert load_state(tmp_path) is None


def test_the_file_is_private_and_replaced(tmp_path: Path) -> None:
    write_state(tmp_path, b"one")
    write_state(tmp_path, b"two")
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == b"two"
    assert file.stat().st_mode & 0o077 == 0


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[list[MediaHost]]:
    limits = MediaLimits(memory_file=10)
    made = [MediaHost(tmp_path / name, limits=limits) for name in ("first", "second")]
    yield made
    for host in made:
        host.close()


def test_media_come_back(tmp_path: Path, hosts: list[MediaHost]) -> None:
    first, second = hosts
    small, large = first.store("image", b"small"), first.store("document", b"larger than that")
    save_media(tmp_path, first)
    save_media(tmp_path, first)
    load_media(tmp_path, second)
    assert second.load(small.direct_path) == b"small"
    assert second.load(large.direct_path) == b"larger than that"


def test_only_the_newest_are_kept(
    tmp_path: Path, hosts: list[MediaHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = hosts
    monkeypatch.setattr(saved_state, "MAX_MEDIA_BYTES", 10)
    files = [first.store("image", text) for text in (b"four", b"five", b"six66")]
    save_media(tmp_path, first)
    load_media(tmp_path, second)
    assert [second.find(file.direct_path) is not None for file in files] == [False, True, True]


def test_what_left_the_host_leaves_the_folder(tmp_path: Path, hosts: list[MediaHost]) -> None:
    first, second = hosts
    file = first.store("image", b"short-lived")
    save_media(tmp_path, first)
    first.remove(file.direct_path)
    save_media(tmp_path, first)
    load_media(tmp_path, second)
    assert second.list() == []


def test_stray_files_do_no_harm(tmp_path: Path, hosts: list[MediaHost]) -> None:
    load_media(tmp_path, hosts[0])
    folder = tmp_path / MEDIA_FOLDER / "image"
    folder.mkdir(parents=True)
    (folder / "half.new").write_bytes(b"half")
    (folder / "nested").mkdir()
    (folder.parent / ("x" * 100)).mkdir()
    (folder.parent / ("x" * 100) / "y").write_bytes(b"bad type")
    load_media(tmp_path, hosts[0])
    assert hosts[0].list() == []
