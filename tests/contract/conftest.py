"""Every archive there is, and every engine."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from peers.whatsmeow import why_unavailable
from scripted.engine_town import EngineTown
from scripted.towns import TOWNS
from stored.archives import Opener
from wigwag.archive import SqliteArchive
from wigwag.model.capability import Capability, EngineKind
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


_MISSING: Final = why_unavailable()
KINDS: Final = [
    EngineKind.NATIVE,
    pytest.param(
        EngineKind.WHATSMEOW,
        marks=[pytest.mark.whatsmeow, pytest.mark.skipif(bool(_MISSING), reason=_MISSING)],
    ),
]


@pytest.fixture(params=KINDS, ids=str, scope="module")
def engine_kind(request: pytest.FixtureRequest) -> EngineKind:
    return EngineKind(request.param)


@pytest.fixture(autouse=True)
def capable(request: pytest.FixtureRequest) -> None:
    """Skips what the engine of the case cannot do."""
    needed = [mark.args[0] for mark in request.node.iter_markers("capability")]
    if not needed:
        return
    kind: EngineKind = request.getfixturevalue("engine_kind")
    for capability in map(Capability, needed):
        if capability not in TOWNS[kind].capabilities:
            pytest.skip(f"the {kind} engine lacks {capability}")


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
