"""Fixtures of the tests that have real children."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from peers.whatsmeow import why_unavailable
from scripted.children import Nursery, open_nursery


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = why_unavailable()
    if reason:
        for item in items:
            if item.get_closest_marker("whatsmeow"):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
async def nursery(tmp_path: Path) -> AsyncIterator[Nursery]:
    async with open_nursery(tmp_path) as opened:
        yield opened
