"""Every archive there is, and every engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from scripted.capable import KINDS, capable
from scripted.engine_town import EngineTown
from scripted.towns import TOWNS
from stored.archives import Opener
from wigwag.archive import SqliteArchive
from wigwag.model.capability import EngineKind
from wigwag.ports import Archive

__all__ = ["capable"]


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


@pytest.fixture(params=KINDS, ids=str, scope="module")
def engine_kind(request: pytest.FixtureRequest) -> EngineKind:
    return EngineKind(request.param)


@pytest.fixture
async def fresh(engine_kind: EngineKind, tmp_path: Path) -> AsyncIterator[EngineTown]:
    """An engine that is not linked yet, for one test."""
    async with TOWNS[engine_kind](tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(
    engine_kind: EngineKind, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[EngineTown]:
    """A linked engine for all tests of a module; each meets people of its own."""
    async with TOWNS[engine_kind](tmp_path_factory.mktemp("engine")) as opened:
        await opened.link()
        yield opened
