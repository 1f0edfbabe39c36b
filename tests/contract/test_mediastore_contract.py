"""What every media store does, over each implementation."""

import asyncio
import errno
import hashlib
import os
import threading
import time
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripted.waiting import until
from stored.hostile import HOSTILE_NAMES
from stored.makers import ANN, BEN, GROUP, T0
from wigwag.core.filenames import media_name
from wigwag.mediastore import LocalMediaStore
from wigwag.mediastore import local as local_store
from wigwag.model.content import MediaKind
from wigwag.model.errors import MediaCorrupt, MediaForbidden, MediaTooLarge, StorageFull
from wigwag.model.jid import STATUS_JID
from wigwag.ports import MediaStore, Place, StoredFile

IN_CHAT = Place(account="default", chat=ANN, sender=ANN)


def local(root: Path) -> MediaStore:
    return LocalMediaStore(root)


def local_without_links(root: Path) -> MediaStore:
    return LocalMediaStore(root, links=False)


@pytest.fixture(params=[local, local_without_links])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    opened: MediaStore = request.param(tmp_path / "store")
    return opened


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


async def put(store: MediaStore, data: bytes, name: str = "a.jpg", place: Place = IN_CHAT) -> str:
    part = await store.reserve(place)
    part.write_bytes(data)
    stored = await store.keep(part, place, name, sha(data))
    assert not part.exists()
    return stored.path


async def test_a_kept_file_has_its_name_its_bytes_and_its_hash(store: MediaStore) -> None:
    part = await store.reserve(IN_CHAT)
    assert (part.parent, part.suffix) == (store.locate(str(ANN)), ".part")
    part.write_bytes(b"data")
    stored = await store.keep(part, IN_CHAT, "a.jpg", sha(b"data"))
    assert (stored.path, stored.filename) == (f"{ANN}/a.jpg", "a.jpg")
    assert (stored.sha256, stored.size_bytes) == (sha(b"data"), 4)
    with await store.open(stored.path) as opened:
        assert opened.read() == b"data"
    assert await store.holds(stored.path, stored.sha256, 4)


async def test_a_name_is_given_once_whatever_its_case(store: MediaStore) -> None:
    names = ["Bill.pdf", "bill.PDF", "BILL.pdf", "Bill.pdf", "ﬁle.txt", "file.txt"]
    paths = [await put(store, b"%d" % n, name) for n, name in enumerate(names)]
    assert len({path.casefold() for path in paths}) == len(names)
    for number, path in enumerate(paths):
        assert store.locate(path).read_bytes() == b"%d" % number


async def test_a_name_taken_by_somebody_else_is_left_alone(store: MediaStore) -> None:
    first = await put(store, b"1", "a.txt")
    store.locate(first).with_name("b.txt").write_bytes(b"mine")
    path = await put(store, b"2", "b.txt")
    assert path.endswith("b_2.txt")
    assert store.locate(path).with_name("b.txt").read_bytes() == b"mine"


async def test_many_at_once_get_a_name_each(store: MediaStore) -> None:
    paths = await asyncio.gather(*(put(store, b"%d" % n, "same.jpg") for n in range(20)))
    assert len(set(paths)) == 20
    for number, path in enumerate(paths):
        assert store.locate(path).read_bytes() == b"%d" % number


async def test_wrong_content_is_refused_and_not_seen(store: MediaStore) -> None:
    part = await store.reserve(IN_CHAT)
    part.write_bytes(b"wrong")
    with pytest.raises(MediaCorrupt):
        await store.keep(part, IN_CHAT, "a.jpg", sha(b"right"))
    await store.discard(part)
    await store.discard(part)
    assert list(store.locate(str(ANN)).iterdir()) == []


async def test_known_content_is_linked_under_another_name(store: MediaStore) -> None:
    assert await store.link(IN_CHAT, "a.jpg", sha(b"data")) is None
    await put(store, b"data")
    other = Place(account="work", chat=GROUP, sender=BEN)
    linked = await store.link(other, "b.jpg", sha(b"data"))
    assert linked is not None
    assert linked.path == f"accounts/work/{GROUP}/b.jpg"
    assert store.locate(linked.path).read_bytes() == b"data"
    assert await store.link(IN_CHAT, "c.jpg", b"") is None


async def test_content_that_somebody_changed_is_not_linked(store: MediaStore) -> None:
    await put(store, b"data")
    store.locate("media/" + sha(b"data").hex()).write_bytes(b"evil")
    assert await store.link(IN_CHAT, "b.jpg", sha(b"data")) is None


async def test_holding_is_more_than_a_name(store: MediaStore) -> None:
    path = await put(store, b"data")
    assert not await store.holds("", sha(b"data"), 4)
    assert not await store.holds(f"{ANN}/other.jpg", sha(b"data"), 4)
    assert not await store.holds(path, sha(b"data"), 5)
    store.locate(path).unlink()
    store.locate(path).write_bytes(b"evil")
    assert not await store.holds(path, sha(b"data"), 4)


async def test_statuses_lie_with_their_sender(store: MediaStore) -> None:
    place = Place(account="default", chat=STATUS_JID, sender=BEN)
    assert await put(store, b"x", place=place) == f"statuses/{BEN}/a.jpg"


async def adopt(
    store: MediaStore, source: Path, root: Path, max_bytes: int, name: str = "cat.jpg"
) -> StoredFile:
    part = await store.take(str(source), [root], max_bytes, IN_CHAT)
    return await store.keep(part, IN_CHAT, name, b"")


async def test_adopting_copies_what_is_allowed(store: MediaStore, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    (outbox / "a.jpg").write_bytes(b"data")
    stored = await adopt(store, outbox / "a.jpg", outbox, 4)
    (outbox / "a.jpg").write_bytes(b"DATA")
    assert store.locate(stored.path).read_bytes() == b"data"
    assert stored.sha256 == sha(b"data")
    with pytest.raises(MediaTooLarge, match="3 bytes"):
        await adopt(store, outbox / "a.jpg", outbox, 3)
    with pytest.raises(MediaForbidden):
        await adopt(store, Path("/etc/passwd"), outbox, 10**9)
    await store.settle(stored.path)
    assert [path.name for path in store.locate(str(ANN)).iterdir()] == ["cat.jpg"]


async def test_what_is_kept_is_taken_as_ones_own_alone(store: MediaStore) -> None:
    path = store.locate(await put(store, b"data"))
    with pytest.raises(MediaForbidden, match="belongs to the store"):
        await adopt(store, path, path.parent, 4)
    part = await store.take(str(path), [path.parent], 4, IN_CHAT, own=True)
    assert part.read_bytes() == b"data"


async def test_taking_ends_at_once_when_it_is_cancelled(
    store: MediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(64))
    begun = threading.Event()
    monkeypatch.setattr(local_store, "CHUNK", 1)
    slowly = local_store.read_chunk

    def read(source: BinaryIO) -> bytes:
        begun.set()
        time.sleep(0.01)
        return slowly(source)

    monkeypatch.setattr(local_store, "read_chunk", read)
    taking = asyncio.create_task(store.take(str(tmp_path / "a.bin"), [tmp_path], 64, IN_CHAT))
    await asyncio.to_thread(begun.wait, 5)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    folder = store.locate(str(ANN))
    await until(lambda: list(folder.iterdir()) == [])


async def test_a_folder_of_a_million_equal_names_takes_one_more(
    store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(store, LocalMediaStore)
    await put(store, b"first")
    folder = store.locate(str(ANN))
    taken = {"a.jpg"} | {f"a_{number}.jpg" for number in range(2, 1_000_001)}
    monkeypatch.setitem(store._names, folder, taken)  # pyright: ignore[reportPrivateUsage]
    async with asyncio.timeout(2):
        assert await put(store, b"more") == f"{ANN}/a_1000001.jpg"


async def test_sweeping_takes_half_files_of_former_runs_only(
    store: MediaStore, tmp_path: Path
) -> None:
    path = await put(store, b"data")
    part = await store.reserve(IN_CHAT)
    await store.sweep()
    assert part.exists()
    await local(tmp_path / "store").sweep()
    assert not part.exists()
    assert store.locate(path).exists()


async def test_sweeping_leaves_the_files_of_others(store: MediaStore, tmp_path: Path) -> None:
    chat, outbox = tmp_path / "store" / str(ANN), tmp_path / "store" / "outbox"
    left = [outbox / ".0123abcd-0123456789abcdef.part", chat / ".film.part"]
    for path in left:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half of a caller's file")
    assert await store.sweep() == []
    assert all(path.exists() for path in left)


async def test_a_later_run_asks_after_what_was_not_settled(
    store: MediaStore, tmp_path: Path
) -> None:
    settled, left = await put(store, b"settled", "a.jpg"), await put(store, b"left", "b.jpg")
    await store.settle(settled)
    linked = await store.link(IN_CHAT, "c.jpg", sha(b"settled"))
    assert linked is not None
    assert not [file for file in await store.sweep() if file.has_name], "they are under way"
    for run in (local(tmp_path / "store"), local(tmp_path / "store")):
        found = {(file.path, file.sha256) for file in await run.sweep() if file.has_name}
        assert found == {(left, sha(b"left")), (linked.path, sha(b"settled"))}
    await run.settle(left)
    await run.remove(linked.path, linked.sha256)
    assert not [file for file in await local(tmp_path / "store").sweep() if file.has_name]
    names = {path.name for path in store.locate(str(ANN)).iterdir()}
    assert names == {"a.jpg", "b.jpg"}


async def test_a_file_that_took_the_place_of_one_that_was_kept_is_somebody_elses(
    store: MediaStore, tmp_path: Path
) -> None:
    file = store.locate(await put(store, b"data"))
    file.unlink()
    file.write_bytes(b"a note of my own")
    swept = await local(tmp_path / "store").sweep()
    assert not [file for file in swept if file.has_name]
    assert file.read_bytes() == b"a note of my own"
    assert [path.name for path in file.parent.iterdir()] == ["a.jpg"]


async def test_contents_without_a_name_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: 0.0)
        store = local(tmp_path / "store")
    lost, named = await put(store, b"lost", "a.jpg"), await put(store, b"named", "b.jpg")
    for path in (lost, named):
        await store.settle(path)
    store.locate("media/readme.txt").write_bytes(b"of somebody else")
    store.locate(lost).unlink()
    assert await store.sweep() == [], "that is younger than this run"
    content = store.locate(f"media/{sha(b'lost').hex()}")
    (found,) = await local(tmp_path / "store").sweep()
    assert (store.locate(found.path), found.sha256) == (content, sha(b"lost"))
    await store.remove(found.path, found.sha256)
    assert not content.exists()


async def test_a_content_that_got_a_name_meanwhile_stays(tmp_path: Path) -> None:
    store = local(tmp_path / "store")
    file = store.locate(await put(store, b"data"))
    await store.remove(f"media/{sha(b'data').hex()}", sha(b"data"))
    file.unlink()
    assert await store.link(IN_CHAT, "b.jpg", sha(b"data")) is not None


async def test_a_name_stays_taken_until_all_of_it_is_gone(
    store: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await put(store, b"data")
    content = store.locate(f"media/{sha(b'data').hex()}")
    unlink = Path.unlink

    def failing(file: Path, missing_ok: bool = False) -> None:
        if file == content:
            raise OSError(errno.EIO, "Input/output error")
        unlink(file, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", failing)
        with pytest.raises(OSError, match="Input"):
            await store.remove(path, sha(b"data"))
    assert store.locate(path).exists()
    await store.remove(path, sha(b"data"))
    await store.remove(path, sha(b"data"))
    assert not store.locate(path).exists()
    assert not content.exists()


async def test_one_content_many_times_at_once(store: MediaStore, tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(b"data")
    stored = await asyncio.gather(*(adopt(store, source, tmp_path, 9) for _ in range(40)))
    assert len({one.path for one in stored}) == 40
    assert {store.locate(one.path).read_bytes() for one in stored} == {b"data"}


async def test_a_spoilt_content_is_not_given_a_new_name(store: MediaStore, tmp_path: Path) -> None:
    """Somebody wrote into the archive's file, with the same size."""
    source = tmp_path / "a.jpg"
    source.write_bytes(b"data")
    await adopt(store, source, tmp_path, 9)
    content = store.locate(f"media/{sha(b'data').hex()}")
    content.write_bytes(b"DATA")
    again = await adopt(store, source, tmp_path, 9)
    assert store.locate(again.path).read_bytes() == b"data"


async def test_files_and_folders_are_private(store: MediaStore) -> None:
    place = Place(account="work", chat=STATUS_JID, sender=BEN)
    path = store.locate(await put(store, b"data", place=place))
    root = store.locate(".")
    while path != root:
        assert path.stat().st_mode & 0o077 == 0, path
        path = path.parent


async def test_hostile_names_stay_inside_and_apart(store: MediaStore) -> None:
    paths: dict[str, bytes] = {}
    for number, name in enumerate(HOSTILE_NAMES):
        safe = media_name(MediaKind.DOCUMENT, "application/pdf", T0, name)
        paths[await put(store, b"%d" % number, safe)] = b"%d" % number
    assert len(paths) == len(HOSTILE_NAMES)
    for path, data in paths.items():
        assert store.locate(path).parent == store.locate(str(ANN))
        assert store.locate(path).read_bytes() == data


async def test_a_full_disk_is_said_and_leaves_nothing(
    store: MediaStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    (outbox / "a.jpg").write_bytes(b"data")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageFull):
            await adopt(store, outbox / "a.jpg", outbox, 10)
    assert list(store.locate(str(ANN)).iterdir()) == []
    await adopt(store, outbox / "a.jpg", outbox, 10)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.text(st.sampled_from("aA./\\ \0:éÉ\u202eﬁ"), max_size=12)
        | st.sampled_from(HOSTILE_NAMES),
        max_size=8,
    )
)
def test_any_names_stay_inside_and_apart(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    root = tmp_path_factory.mktemp("store")
    store = LocalMediaStore(root)

    async def put_all() -> list[str]:
        return [
            await put(store, b"%d" % n, media_name(MediaKind.DOCUMENT, "a/b", T0, name))
            for n, name in enumerate(names)
        ]

    paths = asyncio.run(put_all())
    assert len({path.casefold() for path in paths}) == len(names)
    for number, path in enumerate(paths):
        file = store.locate(path)
        assert file.resolve().parent == root.resolve() / str(ANN)
        assert file.read_bytes() == b"%d" % number
