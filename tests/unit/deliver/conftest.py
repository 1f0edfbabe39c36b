"""Webhooks with their couriers, for a test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stored.desk import Desk
from stored.post import Post


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    desk = await Desk.open(tmp_path)
    found = Post(desk)
    await found.start()
    yield found
    await found.couriers.stop()
    await desk.close()
