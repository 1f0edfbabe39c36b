"""A duo of the real client and ours for each module, and what every module ends with."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from peers.parity.duo import Duo


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def duo(tmp_path_factory: pytest.TempPathFactory) -> "AsyncIterator[Duo]":
    """Shared by the tests of a module; they may run in any order."""
    from peers.parity.duo import Duo
    from peers.parity.ears import Ears
    from peers.stage import Stage

    stage = await Stage.open(tmp_path_factory.mktemp("duo"))
    ears = Ears(stage.sandbox)
    ears.open()
    try:
        duo = await Duo.open(stage, ears)
        yield duo
        await duo.agree()
        for side in duo.sides:
            assert {body.padding for body in side.own_bodies()} <= set(range(1, 16))
    finally:
        ears.close()
        await stage.close()
