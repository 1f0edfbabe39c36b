"""Fixtures of the tests that drive the real client against the sandbox."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peers.whatsmeow import why_unavailable

if TYPE_CHECKING:
    from peers.stage import Stage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = why_unavailable()
    if reason:
        for item in items:
            if item.get_closest_marker("whatsmeow"):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
async def stage(tmp_path: Path) -> "AsyncIterator[Stage]":
    """A sandbox of its own for one test."""
    from peers.stage import Stage

    stage = await Stage.open(tmp_path)
    try:
        yield stage
    finally:
        await stage.close()
