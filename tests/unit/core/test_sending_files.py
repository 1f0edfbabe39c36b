"""Files are taken in, uploaded once, and sent in their turn."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from scripted.waiting import JumpingClock, until
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, BEN
from stored.ogg import opus
from stored.senders import HI, sender
from wigwag.core.sending import Draft, Idempotency
from wigwag.model.content import Media, MediaKind
from wigwag.model.errors import (
    MediaTooLarge,
    MediaTransferFailed,
    MediaUnreadable,
    NotConnected,
    StorageFull,
)
from wigwag.model.message import SendState


async def test_an_image_is_copied_uploaded_and_sent(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    data = b"GIF89a\x0a\x00\x14\x00" + b"x" * 100
    (outbox / "cat.gif").write_bytes(data)
    async with sender(desk, engine) as sending:
        draft = Draft(text="look", media_path=str(outbox / "cat.gif"))
        made = await sending.submit("default", str(ANN), draft)
    assert made.state is SendState.SENT
    content = engine.sent[0].content
    assert isinstance(content, Media)
    assert content.ref is not None
    assert (content.kind, content.mime, content.width) == (MediaKind.IMAGE, "image/gif", 10)
    assert engine.files[content.ref.direct_path] == data
    row = await desk.library.get_message("default", made.id)
    assert row.media is not None
    assert row.media.path == f"{ANN}/{row.media.filename}"
    assert (desk.folder / row.media.path).read_bytes() == data
    (classic,) = desk.rows("SELECT * FROM messages")
    assert classic["media_key"] == content.ref.media_key
    assert classic["url"].endswith(content.ref.direct_path)
    assert (classic["media_type"], classic["file_length"]) == ("image", len(data))


async def test_the_copy_does_not_follow_the_original(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.txt").write_bytes(b"before")
    async with sender(desk, engine) as sending:
        made = await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.txt")))
    (outbox / "a.txt").write_bytes(b"after!")
    row = await desk.library.get_message("default", made.id)
    assert row.media is not None
    assert (desk.folder / row.media.path).read_bytes() == b"before"


async def test_a_voice_note_has_length_and_waveform(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "note.ogg").write_bytes(opus([20, 90] * 100))
    async with sender(desk, engine) as sending:
        await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "note.ogg")))
    content = engine.sent[0].content
    assert isinstance(content, Media)
    assert (content.kind, content.duration_s, len(content.waveform)) == (MediaKind.VOICE, 4, 64)


async def test_a_text_waits_for_the_file_before_it(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.pdf").write_bytes(b"%PDF")
    upload = engine.upload
    gate = asyncio.Event()

    async def slow(source: Any, kind: MediaKind) -> Any:
        await gate.wait()
        return await upload(source, kind)

    engine.upload = slow  # pyright: ignore
    async with sender(desk, engine) as sending:
        file = asyncio.create_task(
            sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.pdf")))
        )
        await until(lambda: desk.count("outbox") == 1)
        text = asyncio.create_task(sending.submit("default", str(ANN), HI))
        other = await sending.submit("default", str(BEN), HI)
        assert other.state is SendState.SENT
        assert len(engine.sent) == 1
        gate.set()
        await asyncio.gather(file, text)
    assert [m.to for m in engine.sent] == [BEN, ANN, ANN]
    assert isinstance(engine.sent[1].content, Media)


async def test_an_upload_is_not_repeated_after_a_restart(desk: Desk, outbox: Path) -> None:
    (outbox / "a.pdf").write_bytes(b"%PDF")
    first = StoredEngine()
    first.hold()
    async with sender(desk, first) as sending:
        await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.pdf")), wait_s=0)
        await until(lambda: first.sent)
    second = StoredEngine()
    async with sender(desk, second):
        await until(lambda: desk.count("outbox") == 0)
    assert (first.uploads, second.uploads) == (1, 0)
    assert second.sent[0].content == first.sent[0].content


async def test_a_failed_upload_is_tried_again(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.pdf").write_bytes(b"%PDF")
    upload = engine.upload
    errors: list[Exception] = [MediaTransferFailed(), NotConnected()]

    async def unsteady(source: Any, kind: MediaKind) -> Any:
        if errors:
            raise errors.pop()
        return await upload(source, kind)

    engine.upload = unsteady  # pyright: ignore
    async with sender(desk, engine, JumpingClock()) as sending:
        made = await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.pdf")))
    assert made.state is SendState.SENT


@pytest.mark.parametrize("name", ["missing.jpg", "folder.jpg"])
async def test_an_unreadable_file_is_said_at_once(
    desk: Desk, engine: StoredEngine, outbox: Path, name: str
) -> None:
    (outbox / "folder.jpg").mkdir()
    async with sender(desk, engine) as sending:
        with pytest.raises(MediaUnreadable):
            await sending.submit("default", str(ANN), Draft(media_path=str(outbox / name)))
    assert desk.count("messages") == 0


async def test_a_file_over_the_limit_is_refused(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.bin").write_bytes(b"x" * 11)
    async with sender(desk, engine, max_bytes=10) as sending:
        with pytest.raises(MediaTooLarge):
            await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.bin")))


async def test_a_voice_note_that_is_none_leaves_no_file(
    desk: Desk, engine: StoredEngine, outbox: Path
) -> None:
    (outbox / "a.ogg").write_bytes(b"no ogg at all")
    async with sender(desk, engine) as sending:
        with pytest.raises(MediaUnreadable):
            await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.ogg")))
    assert list((desk.folder / str(ANN)).iterdir()) == []


async def test_a_file_that_is_not_sent_is_not_kept(
    desk: Desk, engine: StoredEngine, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Because an earlier request has sent it, or because the database cannot be written."""
    (outbox / "a.bin").write_bytes(b"a file")
    (outbox / "b.bin").write_bytes(b"another")
    once = Idempotency(key="k", fingerprint=b"f")

    def files() -> list[str]:
        return sorted(path.name for path in desk.folder.glob("[m1-9]*/*"))

    async with sender(desk, engine) as sending:
        first = Draft(media_path=str(outbox / "a.bin"))
        made = await sending.submit("default", str(ANN), first, idempotency=once)
        kept = files()
        assert len(kept) == 2

        async def nothing_yet(*_: object) -> None:
            """The repeat came so soon that it found nothing."""

        monkeypatch.setattr(sending, "find_earlier", nothing_yet)
        second = Draft(media_path=str(outbox / "b.bin"))
        for draft in (first, second):
            again = await sending.submit("default", str(ANN), draft, idempotency=once)
            assert again.id == made.id
            assert files() == kept

        async def full(*_: object) -> None:
            raise StorageFull

        monkeypatch.setattr(desk.archive, "write", full)
        with pytest.raises(StorageFull):
            await sending.submit("default", str(ANN), second)
    assert files() == kept


async def test_a_stop_does_not_wait_for_a_file_that_is_taken_in(
    desk: Desk, engine: StoredEngine, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outbox / "a.bin").write_bytes(b"large")
    begun = asyncio.Event()

    async def endless(*_: object, **_named: object) -> Path:
        begun.set()
        return await asyncio.Future()

    monkeypatch.setattr(desk.files, "take", endless)
    async with asyncio.timeout(5), sender(desk, engine) as sending:
        submitting = asyncio.create_task(
            sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.bin")))
        )
        await begun.wait()
    with pytest.raises(asyncio.CancelledError):
        await submitting
    assert desk.count("messages") == 0
