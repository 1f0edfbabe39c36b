"""Cases over every engine, and what an engine cannot do of them.

`pytest.mark.capability(Capability.X)` marks what a case needs; its conftest has the fixture
`capable`, and `engine_kind`, which says what engine the case runs over.
"""

from typing import Final

import pytest

from peers.engines import ENGINE
from peers.whatsmeow import why_unavailable
from scripted.towns import TOWNS
from wigwag.model.capability import Capability, EngineKind

_MISSING: Final = why_unavailable()
KINDS: Final = [
    EngineKind.NATIVE,
    pytest.param(
        EngineKind.WHATSMEOW,
        marks=[pytest.mark.whatsmeow, pytest.mark.skipif(bool(_MISSING), reason=_MISSING)],
    ),
]
WANTED: Final = KINDS if ENGINE is EngineKind.NATIVE else [ENGINE]
"""For cases that every run asks of both engines, unless one was chosen."""


@pytest.fixture(autouse=True)
def capable(request: pytest.FixtureRequest) -> None:
    needed = [mark.args[0] for mark in request.node.iter_markers("capability")]
    if not needed:
        return
    kind: EngineKind = request.getfixturevalue("engine_kind")
    for capability in map(Capability, needed):
        if capability not in TOWNS[kind].capabilities:
            pytest.skip(f"the {kind} engine lacks {capability}")
