"""Nothing outside of the allowed folders is ever opened."""

import os
from pathlib import Path
from typing import Any

import pytest

from wigwag.mediastore.confinement import open_confined
from wigwag.model.errors import MediaForbidden, MediaUnreadable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_bytes(b"secret")
    root = tmp_path / "outbox"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"a")
    (root / "sub" / "b.txt").write_bytes(b"b")
    return root


def read(source: str, *roots: Path, store: Path | None = None) -> bytes:
    with open_confined(source, roots, store) as opened:
        return opened.read()


def test_files_inside_are_opened(root: Path) -> None:
    assert read(str(root / "a.txt"), root) == b"a"
    assert read(str(root / "sub" / ".." / "sub" / "b.txt"), root) == b"b"
    assert read(str(root / "sub" / "b.txt"), Path("/nonexistent"), root / "sub") == b"b"


def test_a_link_inside_to_a_file_inside_is_followed(root: Path) -> None:
    (root / "link").symlink_to(root / "sub" / "b.txt")
    (root / "folder").symlink_to(root / "sub")
    assert read(str(root / "link"), root) == b"b"
    assert read(str(root / "folder" / "b.txt"), root) == b"b"


def test_a_root_that_is_a_link_is_that_folder(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    assert read(str(tmp_path / "alias" / "a.txt"), tmp_path / "alias") == b"a"
    assert read(str(root / "a.txt"), tmp_path / "alias") == b"a"


@pytest.mark.parametrize(
    "source",
    [
        "/etc/passwd",
        "{root}/../secret",
        "{root}/out",
        "{root}/up/secret",
        "/proc/self/environ",
        "{root}x/a",
    ],
)
def test_what_leads_outside_is_forbidden(root: Path, source: str) -> None:
    (root / "out").symlink_to(root.parent / "secret")
    (root / "up").symlink_to(root.parent)
    with pytest.raises(MediaForbidden):
        read(source.format(root=root), root)


def test_without_roots_nothing_is_allowed(root: Path) -> None:
    with pytest.raises(MediaForbidden):
        read(str(root / "a.txt"))


@pytest.mark.parametrize("source", ["", "a\0b", "{root}/missing", "{root}/sub", "{root}"])
def test_what_is_no_file_is_unreadable(root: Path, source: str) -> None:
    with pytest.raises(MediaUnreadable):
        read(source.format(root=root), root)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_without_waiting(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises(MediaUnreadable, match="regular"):
        read(str(root / "pipe"), root)


def test_a_link_swapped_in_after_the_check_is_not_followed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = os.path.realpath

    def then_swap(path: object) -> str:
        found = resolve(str(path))
        if found.endswith("a.txt"):
            (root / "a.txt").unlink()
            (root / "a.txt").symlink_to(root.parent / "secret")
        return found

    monkeypatch.setattr(os.path, "realpath", then_swap)
    with pytest.raises(MediaUnreadable):
        read(str(root / "a.txt"), root)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    store = tmp_path / "store"
    for name in (
        "whatsapp.db",
        "whatsapp.db-wal",
        "messages.db-shm",
        "whatsmeow/work/session.db",
        "15550100003@s.whatsapp.net/image.jpg",
        "media/abc",
        "outbox/a.txt",
        "uploads/b.txt",
    ):
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_bytes(b"of " + name.encode())
    return store


DATABASES = ["whatsapp.db", "whatsapp.db-wal", "messages.db-shm", "whatsmeow/work/session.db"]


@pytest.mark.parametrize(
    "name",
    [*DATABASES, "15550100003@s.whatsapp.net/image.jpg", "media/abc", "uploads/../media/abc"],
)
def test_what_the_store_keeps_is_forbidden_whatever_the_roots(store: Path, name: str) -> None:
    for root in (store.parent, store, (store / name).parent):
        with pytest.raises(MediaForbidden, match="outbox folder"):
            read(str(store / name), root, store=store)


@pytest.mark.parametrize("name", ["outbox/a.txt", "uploads/b.txt"])
def test_what_the_store_has_to_be_sent_is_opened(store: Path, name: str) -> None:
    assert read(str(store / name), store.parent, store=store) == b"of " + name.encode()


def test_an_outbox_that_is_a_link_to_somewhere_else_in_the_store_opens_that(store: Path) -> None:
    (store / "shared").mkdir()
    (store / "shared" / "c.txt").write_bytes(b"c")
    (store / "uploads" / "b.txt").unlink()
    (store / "uploads").rmdir()
    (store / "uploads").symlink_to(store / "shared")
    assert read(str(store / "uploads" / "c.txt"), store, store=store) == b"c"


@pytest.mark.parametrize("name", DATABASES)
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_database_has_no_other_name(store: Path, name: str, link: Any) -> None:
    for folder in (store / "outbox", store.parent):
        link(store / name, folder / "picture.jpg")
        with pytest.raises(MediaForbidden, match="belongs to the store"):
            read(str(folder / "picture.jpg"), store.parent, store=store)


def test_a_store_that_is_a_link_keeps_the_same(store: Path) -> None:
    alias = store.parent / "alias"
    alias.symlink_to(store)
    for source in (store, alias):
        with pytest.raises(MediaForbidden):
            read(str(source / "whatsapp.db"), store.parent, store=alias)
