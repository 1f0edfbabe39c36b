"""A store in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from wigwag.engine.native.store.store import EngineStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "whatsapp.db"


@pytest.fixture
def store(path: Path) -> Iterator[EngineStore]:
    store = EngineStore.open(path, busy_timeout_s=0.05)
    yield store
    store.close()
