"""Files leave the disk when nothing names them, and not before."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.fetching import fetcher, stored_files
from stored.makers import ANN, ANN_LID, BEN, message, picture, received
from stored.senders import sender
from wigwag.core import removals as removals_module
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.removals import clear_leftovers, remove_files
from wigwag.core.sending import Draft
from wigwag.mediastore import LocalMediaStore
from wigwag.model.event import IdentityLinked, MessageReceived
from wigwag.model.record import MediaState


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removals_module, "STEP", 2)


async def named(desk: Desk) -> list[str]:
    """What is on the disk when a later run has cleared away."""
    await clear_leftovers(desk.archive, LocalMediaStore(desk.folder))
    assert desk.count("removals") == 0
    return stored_files(desk)


async def pictures(desk: Desk, engine: StoredEngine, count: int) -> list[str]:
    """Received pictures; their paths."""
    async with fetcher(desk, engine):
        for number in range(count):
            data = b"\xff\xd8 %d" % number
            await desk.take(received(f"P{number}", picture(engine.offer(data, f"/{number}"))))
        await desk.told("media.ready", count)
    return [row[0] for row in desk.rows("SELECT media_path FROM messages ORDER BY rid")]


def cut(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """From now on the server ends in the moment in which a file has its name; set when it does."""
    ended = asyncio.Event()

    def before(step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def kept(*values: Any) -> Any:
            await step(*values)
            ended.set()
            raise asyncio.CancelledError

        return kept

    monkeypatch.setattr(desk.files, "keep", before(desk.files.keep))
    return ended


async def test_what_the_disk_does_not_give_up_is_tried_again(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = await pictures(desk, engine, 5)
    rows = [row[0] for row in desk.rows("SELECT rid FROM messages")]
    await desk.archive.write(lambda tx: tx.retention.expire_media(rows))
    with monkeypatch.context() as patch:
        remove = desk.files.remove

        async def failing(path: str, sha256: bytes) -> None:
            if path == paths[1]:
                raise OSError(5, "Input/output error")
            await remove(path, sha256)

        patch.setattr(desk.files, "remove", failing)
        await remove_files(desk.archive, desk.files)
    assert [row[0] for row in desk.rows("SELECT path FROM removals")] == [paths[1]]
    assert len(stored_files(desk)) == 2, "the content and its name"
    await remove_files(desk.archive, desk.files)
    assert desk.count("removals") == 0
    assert stored_files(desk) == []


async def test_a_download_that_was_cut_leaves_one_file(
    desk: Desk, engine: StoredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        ended = cut(desk, patch)
        async with fetcher(desk, engine):
            await desk.take(received("P1", picture(engine.offer(b"\xff\xd8 a", "/v/1"))))
            await ended.wait()
    again = await Desk.open(desk.folder)
    # the first copy may be linked or be gone already, and is fetched anew then
    async with fetcher(again, engine) as opened:
        await again.told("media.ready")
        await asyncio.wait((opened._sweeper,))  # pyright: ignore
    await again.close()
    (path,) = desk.rows("SELECT media_path FROM messages")[0]
    content = desk.rows("SELECT hex(file_sha256) FROM messages")[0][0].lower()
    assert await named(desk) == sorted((path, f"media/{content}"))


async def test_a_message_that_was_cut_before_it_was_queued_leaves_nothing(
    linked: Desk, engine: StoredEngine, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outbox / "a.txt").write_bytes(b"a secret")
    cut(linked, monkeypatch)
    async with sender(linked, engine) as sending:
        with pytest.raises(asyncio.CancelledError):
            await sending.submit("default", str(ANN), Draft(media_path=str(outbox / "a.txt")))
    assert len(stored_files(linked)) == 3, "the content, its name, and a note"
    assert await named(linked) == []


async def test_what_is_named_stays(
    linked: Desk, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the server ended before it could settle any of it."""

    async def unsettled(path: str) -> None:
        del path

    monkeypatch.setattr(linked.files, "settle", unsettled)
    offline = StoredEngine(connected=False)
    await pictures(linked, StoredEngine(), 2)
    for name in ("now.txt", "later.txt"):
        (outbox / name).write_bytes(name.encode())
    async with sender(linked, offline) as sending:
        now, later = Draft(media_path=str(outbox / "now.txt")), str(outbox / "later.txt")
        await sending.submit("default", str(BEN), now, wait_s=0)
        due = SYSTEM_CLOCK.now() + timedelta(days=1)
        await sending.submit("default", str(BEN), Draft(media_path=later), send_at=due)
    before = [file for file in stored_files(linked) if not file.endswith(".kept")]
    assert len(before) == 8
    (linked.folder / str(BEN) / "mine.txt").write_bytes(b"of the user's own")
    (linked.folder / str(BEN) / "later.txt.kept").write_bytes(b"of the user's own, too")
    mine = [f"{BEN}/mine.txt", f"{BEN}/later.txt.kept"]
    assert await named(linked) == sorted(before + mine)


async def test_a_content_without_a_name_goes_unless_a_message_has_it(
    desk: Desk, engine: StoredEngine
) -> None:
    paths = await pictures(desk, engine, 2)
    for path in paths:
        desk.files.locate(path).unlink()
    await desk.archive.write(
        lambda tx: tx.messages.change(
            tx.messages.find_all("default", "P0")[0],
            media_state=MediaState.EXPIRED,
            media_path=None,
        )
    )
    (kept,) = desk.rows("SELECT hex(file_sha256) FROM messages WHERE id = 'P1'")[0]
    assert await named(desk) == [f"media/{kept.lower()}"]


async def test_of_two_files_of_one_message_that_which_is_to_be_sent_stays(
    linked: Desk, outbox: Path
) -> None:
    engine = StoredEngine(connected=False)
    (outbox / "a.jpg").write_bytes(b"\xff\xd8 ours")
    async with sender(linked, engine) as sending:
        draft = Draft(media_path=str(outbox / "a.jpg"))
        made = await sending.submit("default", str(ANN_LID), draft, wait_s=0)
        path = linked.rows("SELECT media_path FROM outbox")[0][0]
        online = StoredEngine()
        echo = picture(online.offer(b"\xff\xd8 ours", "/v/1"))
        async with fetcher(linked, online):
            await linked.take(MessageReceived(message=message(made.id, echo, from_me=True)))
            await linked.told("media.ready")
        await linked.take(IdentityLinked(lid=ANN_LID, pn=ANN))
    assert linked.count("messages") == 1
    await remove_files(linked.archive, linked.files)
    assert linked.rows("SELECT media_path FROM messages")[0][0] == path
    assert [file for file in stored_files(linked) if "media/" not in file] == [path]
