"""A chat in a folder: private, whole, and without a name that a browser runs."""

from pathlib import Path

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.fetching import fetcher
from stored.makers import ANN, BEN, CONNECTED, received
from wigwag.app.chatexport import export_chat
from wigwag.config import Settings
from wigwag.model.content import Media, MediaKind
from wigwag.model.errors import ConfigError, NotFound
from wigwag.model.export import ExportFormat


def document(engine: StoredEngine, name: str, data: bytes) -> Media:
    ref = engine.offer(data, f"/v/{len(engine.files)}")
    return Media(kind=MediaKind.DOCUMENT, mime="text/html", filename=name, ref=ref)


@pytest.fixture
async def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    desk, engine = await Desk.open(folder), StoredEngine()
    files = [("a.pdf", b"one"), ("page.html", b"two"), ("../ä b.svg", b"three"), ("x.PDF", b"one")]
    said = [received(f"A{n}", document(engine, *file), seconds=n) for n, file in enumerate(files)]
    await desk.take(CONNECTED, *said, received("A9", document(engine, "late.pdf", b"x"), seconds=9))
    async with fetcher(desk, engine) as media:
        for n in range(len(files)):
            await media.fetch("default", str(ANN), f"A{n}")
    await desk.close()
    return folder


async def test_a_folder_has_the_page_and_the_files_beside_it(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "ann"
    settings = Settings(store=store)
    page = await export_chat(settings, "default", "+491700000001", ExportFormat.HTML, out)
    assert page == out / "chat.html"
    copies = sorted((out / "media").iterdir())
    assert {copy.read_bytes() for copy in copies} >= {b"one", b"two", b"three"}
    assert all(copy.suffix.lower() in (".pdf", ".bin") for copy in copies)
    text = page.read_text()
    for copy in copies:
        assert f'href="media/{copy.name}"' in text
    assert {path.stat().st_mode & 0o777 for path in (page, *copies)} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (out, out / "media")} == {0o700}
    with pytest.raises(ConfigError, match="a new one"):
        await export_chat(settings, "default", str(ANN), ExportFormat.HTML, out)


async def test_what_is_not_there_is_said(store: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await export_chat(
            Settings(store=store), "default", str(BEN), ExportFormat.TXT, tmp_path / "out"
        )
    assert not (tmp_path / "out").exists()
    with pytest.raises(NotFound, match="no account 'work' in this store; there is default"):
        await export_chat(Settings(store=store), "work", str(ANN), ExportFormat.TXT, tmp_path)
    with pytest.raises(ConfigError, match="no store"):
        await export_chat(
            Settings(store=tmp_path / "none"), "default", "1", ExportFormat.TXT, tmp_path / "out"
        )
