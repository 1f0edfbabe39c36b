"""The server as its users see it, over the engine that `make both` or nobody chose."""

from typing import Final

import pytest

from peers.engines import ENGINE
from scripted.capable import capable
from wigwag.model.capability import EngineKind

__all__ = ["capable"]

# these look into the native engine; what they ask of any engine, tests/contract asks of both
collect_ignore_glob: Final = ["test_engine_*.py"] if ENGINE is not EngineKind.NATIVE else []


@pytest.fixture(scope="session")
def engine_kind() -> EngineKind:
    return ENGINE
