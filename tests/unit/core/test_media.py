"""Files are fetched by themselves, verified, and always the right ones."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from scripted.waiting import until
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.fetching import fetcher
from stored.hostile import HOSTILE_NAMES
from stored.makers import ANN, ANN_LID, BEN, GROUP, picture, received
from wigwag.core import media as media_module
from wigwag.core import mediadownload as download_module
from wigwag.model.account import ConnectionState
from wigwag.model.content import Media, MediaKind, MediaRef
from wigwag.model.errors import (
    AmbiguousId,
    MediaCorrupt,
    MediaGone,
    MediaTransferFailed,
    NotConnected,
    NotFound,
    StorageFull,
)
from wigwag.model.event import HistoryReceived, MessageReceived
from wigwag.model.jid import STATUS_JID

DATA = b"\xff\xd8 a picture"


def image(engine: StoredEngine, data: bytes = DATA, path: str = "/v/1") -> Media:
    return picture(engine.offer(data, path))


def document(engine: StoredEngine, name: str, data: bytes) -> Media:
    ref = engine.offer(data, "/v/" + hashlib.sha256(data).hexdigest())
    return Media(kind=MediaKind.DOCUMENT, mime="application/pdf", ref=ref, filename=name)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("messages.db")
    }


def names_in(folder: Path) -> list[str]:
    """The files of a chat; the note of the last one may go a moment after it is told of."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".kept")


async def test_a_picture_is_there_by_itself(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine):
        await desk.take(received("A1", image(engine), seconds=1))
        (ready,) = await desk.told("media.ready")
    path = f"{ANN}/image_20260301_120001.jpg"
    assert (ready["id"], ready["media"]["path"], ready["media"]["state"]) == (
        "A1",
        path,
        "available",
    )
    assert (desk.folder / path).read_bytes() == DATA
    assert (desk.folder / path).stat().st_mode & 0o777 == 0o600
    assert (desk.folder / str(ANN)).stat().st_mode & 0o777 == 0o700
    content = desk.folder / "media" / hashlib.sha256(DATA).hexdigest()
    assert content.samefile(desk.folder / path)
    (row,) = desk.rows("SELECT filename, media_state, media_path FROM messages")
    assert tuple(row) == ("image_20260301_120001.jpg", "available", path)


async def test_the_same_content_is_fetched_and_kept_once(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", image(engine)))
        await desk.told("media.ready")
        await desk.take(received("B1", image(engine, path="/v/2"), chat=BEN))
        await desk.told("media.ready", 2)
        one = await opened.fetch("default", str(ANN), "A1")
        other = await opened.fetch("default", str(BEN), "B1")
    assert engine.downloads == ["/v/1"]
    assert one.path.samefile(other.path)


async def test_files_of_one_second_do_not_overwrite_each_other(
    desk: Desk, engine: StoredEngine
) -> None:
    async with fetcher(desk, engine):
        pictures = [
            received(f"A{n}", image(engine, b"picture %d" % n, f"/v/{n}")) for n in range(5)
        ]
        await desk.take(*pictures)
        await desk.told("media.ready", 5)
    names = names_in(desk.folder / str(ANN))
    assert names == sorted(
        ["image_20260301_120000.jpg"] + [f"image_20260301_120000_{n}.jpg" for n in range(2, 6)]
    )
    for number in range(5):
        row = await desk.library.get_message("default", f"A{number}")
        assert row.media is not None
        assert (desk.folder / row.media.path).read_bytes() == b"picture %d" % number


async def test_hostile_names_each_keep_their_own_bytes(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine) as opened:
        for number, name in enumerate(HOSTILE_NAMES):
            sent = document(engine, name.replace("\ud800", "\ufffd"), b"content %d" % number)
            await desk.take(received(f"A{number}", sent))
        await desk.told("media.ready", len(HOSTILE_NAMES))
        for number in range(len(HOSTILE_NAMES)):
            stored = await opened.fetch("default", str(ANN), f"A{number}")
            assert stored.path.parent == desk.folder.resolve() / str(ANN)
            assert stored.path.read_bytes() == b"content %d" % number
    outside = {path.partition("/")[0] for path in files_of(desk.folder)} - {str(ANN), "media"}
    assert outside == set()
    names = names_in(desk.folder / str(ANN))
    assert len({name.casefold() for name in names}) == len(HOSTILE_NAMES)


async def test_the_same_document_name_twice_is_two_files(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine) as opened:
        for number, name in enumerate(("Invoice.pdf", "invoice.PDF", "Invoice.pdf")):
            await desk.take(received(f"A{number}", document(engine, name, b"bill %d" % number)))
        await desk.told("media.ready", 3)
        stored = [await opened.fetch("default", str(ANN), f"A{n}") for n in range(3)]
    assert sorted(s.filename for s in stored) == [
        "Invoice.pdf",
        "Invoice_3.pdf",
        "invoice_2.PDF",
    ] or (len({s.filename.casefold() for s in stored}) == 3)
    assert [s.path.read_bytes() for s in stored] == [b"bill 0", b"bill 1", b"bill 2"]


async def test_folders_of_statuses_groups_and_other_accounts(desk: Desk) -> None:
    one, two = StoredEngine(), StoredEngine("work")
    desk.accounts.add(two)
    async with fetcher(desk, one):
        await desk.take(
            received("S1", image(one, b"story", "/v/s"), chat=STATUS_JID, sender=BEN),
            received("G1", image(one, b"group", "/v/g"), chat=GROUP, sender=ANN),
        )
        await desk.take(received("W1", image(two, b"work", "/v/w")), account="work")
        await desk.told("media.ready", 3)
    folders = {path.rpartition("/")[0] for path in files_of(desk.folder)}
    assert folders == {f"statuses/{BEN}", str(GROUP), f"accounts/work/{ANN}", "media"}


async def test_fetching_answers_at_once_when_the_file_is_there(
    desk: Desk, engine: StoredEngine
) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", image(engine)))
        await desk.told("media.ready")
        engine.turn(ConnectionState.RECONNECTING)
        for address in (str(ANN), "+49 170 0000001"):
            stored = await opened.fetch("default", address, "A1")
            assert (stored.media_type, stored.filename) == ("image", stored.path.name)
    assert len(engine.downloads) == 1


@pytest.mark.parametrize("harm", ["removed", "cut", "another file"])
async def test_a_harmed_file_is_fetched_again(desk: Desk, engine: StoredEngine, harm: str) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", image(engine)))
        await desk.told("media.ready")
        path = (await opened.fetch("default", str(ANN), "A1")).path
        if harm == "cut":
            path.write_bytes(DATA[:5])
        else:
            path.unlink()
            (desk.folder / "media" / hashlib.sha256(DATA).hexdigest()).unlink()
            if harm == "another file":
                path.write_bytes(bytes(len(DATA)))
        again = await opened.fetch("default", str(ANN), "A1")
        assert again.path.read_bytes() == DATA
    assert len(engine.downloads) == 2


async def test_many_who_ask_share_one_download(desk: Desk, engine: StoredEngine) -> None:
    engine.hold()
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", image(engine)))
        tasks = [asyncio.create_task(opened.fetch("default", str(ANN), "A1")) for _ in range(10)]
        await until(lambda: engine.downloads)
        engine.release()
        paths = {stored.path for stored in await asyncio.gather(*tasks)}
    assert (len(paths), len(engine.downloads)) == (1, 1)
    assert len(await desk.events("media.ready")) == 1


async def test_a_slow_download_goes_on_when_the_caller_gives_up(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.hold()
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", image(engine)))
        with pytest.raises(MediaTransferFailed, match="goes on"):
            await opened.fetch("default", str(ANN), "A1", timeout_s=0.05)
        engine.release()
        await desk.told("media.ready")
    assert len(engine.downloads) == 1


async def test_a_wrong_file_is_never_stored(desk: Desk, engine: StoredEngine) -> None:
    content = image(engine)
    engine.files["/v/1"] = b"something else"
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", content))
        with pytest.raises(MediaCorrupt):
            await opened.fetch("default", str(ANN), "A1")
    assert files_of(desk.folder) == {}


async def test_a_passing_failure_is_tried_again(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "RETRY_S", (0, 0, 0))
    monkeypatch.setattr(media_module, "BUSY_S", 0.01)
    engine.download_errors = [MediaTransferFailed(), OSError("cut"), MediaTransferFailed()]
    async with fetcher(desk, engine):
        await desk.take(received("A1", image(engine)))
        await desk.told("media.ready")
    assert len(engine.downloads) == 4
    assert await desk.events("media.failed") == []


async def test_a_lasting_failure_ends_as_failed(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "RETRY_S", (0, 0))
    monkeypatch.setattr(media_module, "BUSY_S", 0.01)
    engine.download_errors = [MediaTransferFailed() for _ in range(9)]
    async with fetcher(desk, engine):
        await desk.take(received("A1", image(engine)))
        (failed,) = await desk.told("media.failed")
    assert (failed["media"]["state"], len(engine.downloads)) == ("failed", 3)
    assert list((desk.folder / str(ANN)).iterdir()) == []


async def test_nothing_is_fetched_while_not_connected(desk: Desk) -> None:
    engine = StoredEngine(connected=False)
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", image(engine)))
        with pytest.raises(NotConnected):
            await opened.fetch("default", str(ANN), "A1")
        engine.turn(ConnectionState.CONNECTED)
        assert (await opened.fetch("default", str(ANN), "A1")).path.read_bytes() == DATA


async def test_a_full_disk_blames_no_file(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "STORAGE_PAUSE_S", 0.02)
    monkeypatch.setattr(media_module, "BUSY_S", 0.01)
    engine.download_errors = [StorageFull(), StorageFull()]
    async with fetcher(desk, engine):
        await desk.take(received("A1", image(engine)))
        await desk.told("media.ready")
    assert desk.rows("SELECT media_attempts FROM messages")[0][0] == 0


async def test_the_start_and_the_stop_do_not_wait_for_the_sweeping(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def endless() -> int:
        begun.set()
        return await asyncio.Future()

    monkeypatch.setattr(desk.files, "sweep", endless)
    async with asyncio.timeout(5), fetcher(desk, engine):
        await begun.wait()
        await desk.take(received("A1", image(engine)))
        await desk.told("media.ready")


async def test_a_sweeping_that_fails_is_no_reason_to_stop(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing() -> int:
        raise PermissionError

    monkeypatch.setattr(desk.files, "sweep", failing)
    async with fetcher(desk, engine):
        await desk.take(received("A1", image(engine)))
        await desk.told("media.ready")


async def test_what_was_left_pending_is_fetched_at_the_next_start(
    desk: Desk, engine: StoredEngine
) -> None:
    await desk.take(received("A1", image(engine)))
    part = desk.folder / str(ANN)
    part.mkdir()
    half = part / ".0123456789abcdef.part"
    half.write_bytes(b"half")
    async with fetcher(desk, engine):
        await desk.told("media.ready")
        await until(lambda: not half.exists())
    assert names_in(part) == ["image_20260301_120000.jpg"]


async def test_the_newest_files_come_first(desk: Desk, engine: StoredEngine) -> None:
    messages = tuple(
        received(f"A{n}", image(engine, b"%d" % n, f"/v/{n}"), seconds=n).message for n in range(9)
    )
    await desk.take(HistoryReceived(sync_type="full", progress=1, chunk=0, messages=messages))
    async with fetcher(desk, engine, workers=1):
        await desk.told("media.ready", 9)
    assert engine.downloads == [f"/v/{n}" for n in reversed(range(9))]


async def test_a_chat_by_lid_has_a_folder_too(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", image(engine), chat=ANN_LID))
        stored = await opened.fetch("default", str(ANN_LID), "A1")
    assert stored.path.parent.name == str(ANN_LID)


async def test_errors_of_asking(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(
            received("T1", "text"),
            received("A1", image(engine, b"1", "/v/1"), chat=GROUP, sender=ANN),
            received("A1", image(engine, b"2", "/v/2"), chat=GROUP, sender=BEN),
        )
        with pytest.raises(NotFound, match="no media"):
            await opened.fetch("default", str(ANN), "T1")
        with pytest.raises(NotFound, match="no such message"):
            await opened.fetch("default", str(ANN), "NONE")
        with pytest.raises(NotFound, match="account"):
            await opened.fetch("other", str(ANN), "A1")
        with pytest.raises(AmbiguousId):
            await opened.fetch("default", str(GROUP), "A1")


async def test_a_message_without_a_reference_is_gone(desk: Desk, engine: StoredEngine) -> None:
    async with fetcher(desk, engine) as opened:
        await desk.take(MessageReceived(message=received("A1", picture(None)).message))
        with pytest.raises(MediaGone):
            await opened.fetch("default", str(ANN), "A1")


async def test_a_file_without_a_known_hash_is_kept_by_its_own(
    desk: Desk, engine: StoredEngine
) -> None:
    engine.files["/v/1"] = DATA
    ref = MediaRef(
        direct_path="/v/1", media_key=b"", file_sha256=b"", file_enc_sha256=b"", size_bytes=0
    )
    async with fetcher(desk, engine) as opened:
        await desk.take(received("A1", picture(ref)))
        await desk.told("media.ready")
        stored = await opened.fetch("default", str(ANN), "A1")
    assert (stored.size_bytes, len(engine.downloads)) == (len(DATA), 1)
