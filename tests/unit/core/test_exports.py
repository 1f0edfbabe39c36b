"""A whole chat: in order, complete, in constant memory."""

import json
import tracemalloc
from collections.abc import AsyncGenerator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.fetching import fetcher
from stored.makers import ANN, ANN_LID, BEN, BEN_LID, CONNECTED, at, picture, received
from values.archived import HELLO
from wigwag.core import exports as module
from wigwag.core.exports import Exports
from wigwag.core.views import encode, message_view
from wigwag.model.archived import ArchivedChat, ArchivedMessage
from wigwag.model.errors import NotFound
from wigwag.model.event import IdentityLinked
from wigwag.model.export import ExportFormat
from wigwag.model.jid import Jid
from wigwag.sandbox.samples import make_png


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    opened = await Desk.open(tmp_path)
    await opened.take(CONNECTED)
    yield opened
    await opened.close()


@pytest.fixture
def exports(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Exports:
    monkeypatch.setattr(module, "PAGE", 3)
    return Exports(desk.archive, desk.library, desk.files)


async def whole(exports: Exports, form: ExportFormat, **options: Any) -> str:
    chat = await exports.find_chat("default", str(ANN))
    return b"".join([chunk async for chunk in exports.export(chat, form, **options)]).decode()


async def test_every_message_once_and_in_order(desk: Desk, exports: Exports) -> None:
    said = [received(f"A{n}", f"text {n}", seconds=n // 2) for n in range(10)]
    await desk.take(*said, received("B1", chat=BEN))
    lines = [json.loads(line) for line in (await whole(exports, ExportFormat.JSONL)).splitlines()]
    assert [line["id"] for line in lines] == [f"A{n}" for n in range(10)]
    assert lines[0] == (await message_of(desk, "A0"))
    part = await whole(exports, ExportFormat.TXT, after=at(1), before=at(3))
    assert [line[-1] for line in part.splitlines()] == ["2", "3", "4", "5"]
    page = await whole(exports, ExportFormat.HTML)
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert page.count("<article>") == 10


@pytest.mark.parametrize(
    ("chat", "moves"),
    [
        (ANN_LID, [IdentityLinked(lid=ANN_LID, pn=ANN)]),
        # his number is another person's after that
        (BEN, [IdentityLinked(lid=ANN_LID, pn=ANN), IdentityLinked(lid=ANN_LID, pn=BEN)]),
    ],
)
async def test_a_chat_that_moves_meanwhile_is_told_to_its_end(
    desk: Desk, exports: Exports, chat: Jid, moves: list[IdentityLinked]
) -> None:
    await desk.take(IdentityLinked(lid=BEN_LID, pn=BEN), received("Z1", chat=ANN, seconds=99))
    await desk.take(*(received(f"A{n}", chat=chat, seconds=n) for n in range(10)))
    found = await exports.find_chat("default", str(chat))
    told: list[str] = []
    async for part in exports.export(found, ExportFormat.JSONL):
        told += [json.loads(line)["id"] for line in part.splitlines()]
        if len(told) == 3:
            await desk.take(*moves)
    assert [one for one in told if one != "Z1"] == [f"A{n}" for n in range(10)]
    assert ("Z1" in told) == (chat == ANN_LID)


async def message_of(desk: Desk, message_id: str) -> dict[str, Any]:
    return json.loads(encode(message_view(await desk.library.get_message("default", message_id))))


async def test_what_comes_meanwhile_is_told_too(desk: Desk, exports: Exports) -> None:
    await desk.take(*[received(f"A{n}", seconds=n) for n in range(4)])
    chat = await exports.find_chat("default", str(ANN))
    chunks = exports.export(chat, ExportFormat.TXT)
    first = await anext(chunks)
    assert first.count(b"\n") == 3
    await desk.take(received("A9", "late", seconds=9), received("A8", "old", seconds=-1))
    rest = b"".join([chunk async for chunk in chunks])
    assert rest.count(b"\n") == 2
    assert b"late" in rest
    with pytest.raises(NotFound):
        await exports.find_chat("default", str(BEN))


async def test_small_pictures_are_written_into_the_page(desk: Desk, exports: Exports) -> None:
    engine = StoredEngine()
    png = make_png(5)
    await desk.take(received("A1", picture(engine.offer(png, "/v/1"), caption="look")))
    async with fetcher(desk, engine) as media:
        await media.fetch("default", str(ANN), "A1")
    page = await whole(exports, ExportFormat.HTML, link=exports.inline_or_url)
    assert 'src="data:image/' in page
    assert "/v1/accounts/default/messages/A1/media" in await whole(exports, ExportFormat.HTML)


async def test_a_chat_of_any_length_takes_the_same_memory() -> None:
    """An archive that makes its messages up as they are asked for: 100,000 of them."""

    async def list_onward(
        account: str, wanted: object, row: int, limit: int
    ) -> list[ArchivedMessage]:
        del account, wanted
        first = row + 1
        return [replace(HELLO, row=n) for n in range(first, min(first + limit, 100_000))]

    async def nowhere_else(_account: str, jid: Jid) -> str:
        return str(jid)

    async def find_messages(_account: str, _id: str) -> list[ArchivedMessage]:
        return []

    archive = cast(
        "Any",
        SimpleNamespace(list_onward=list_onward, resolve=nowhere_else, find_messages=find_messages),
    )
    exports = Exports(archive, cast("Any", None), cast("Any", None))
    chunks = exports.export(ArchivedChat(account="a", jid=str(ANN), name="Ann"), ExportFormat.TXT)
    tracemalloc.start()
    try:
        count = sum([chunk.count(b"\n") async for chunk in chunks])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 100_000
    assert peak < 2_000_000
