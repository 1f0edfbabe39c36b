"""Every archive there is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stored.archives import Opener
from wigwag.archive import SqliteArchive
from wigwag.ports import Archive


async def open_sqlite(folder: Path) -> Archive:
    return await SqliteArchive.open(folder / "messages.db")


@pytest.fixture(params=[open_sqlite], ids=["sqlite"])
def opener(request: pytest.FixtureRequest) -> Opener:
    found: Opener = request.param
    return found


@pytest.fixture
async def archive(opener: Opener, tmp_path: Path) -> AsyncIterator[Archive]:
    opened = await opener(tmp_path)
    yield opened
    await opened.close()
