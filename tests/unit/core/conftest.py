"""An open archive for every test of the use cases."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import CONNECTED
from stored.telling import documented_events


@pytest.fixture(autouse=True)
def as_documented() -> Iterator[None]:
    with documented_events():
        yield


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def linked(desk: Desk) -> Desk:
    """A desk whose account is connected and knows its own address."""
    await desk.take(CONNECTED)
    return desk


@pytest.fixture
def engine() -> StoredEngine:
    return StoredEngine()


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder
