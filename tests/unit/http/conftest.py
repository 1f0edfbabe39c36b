"""A linked desk, and the interface over it, for the tests of what is read."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stored.desk import Desk
from stored.doors import Doors, open_doors
from stored.makers import CONNECTED


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    await opened.take(CONNECTED)
    yield opened
    await opened.close()


@pytest.fixture
async def doors(desk: Desk) -> AsyncIterator[Doors]:
    async with open_doors(desk) as opened:
        yield opened
