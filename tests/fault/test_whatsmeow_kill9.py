"""kill -9 of a whole server over the whatsmeow engine: its children keep what WhatsApp gave away,
and the next server has it."""

import random
from pathlib import Path

import pytest

from fault.test_kill9 import kill_again_and_again
from peers.server import ServerProcess
from peers.whatsmeow import why_unavailable
from wigwag.model.capability import EngineKind

pytestmark = [
    pytest.mark.whatsmeow,
    pytest.mark.skipif(bool(why_unavailable()), reason=why_unavailable() or "it is there"),
]
MOST_WAITING = 1_000
"""Of more than 2,048 stanzas that wait the library itself loses the order."""
GAPS = """
    SELECT count(*) FROM events
    WHERE type = 'account.state' AND json_extract(data, '$.possible_gap')
"""


async def kill_whatsmeow(folder: Path, messages: int, kills: int) -> None:
    await kill_again_and_again(
        folder,
        random.Random(1),
        messages,
        kills,
        engine=EngineKind.WHATSMEOW,
        most_waiting=MOST_WAITING,
    )
    assert ServerProcess(folder / "store").query(GAPS) == [0], "no child fell"


async def test_a_kill_of_the_server_loses_and_doubles_nothing(tmp_path: Path) -> None:
    await kill_whatsmeow(tmp_path, messages=200, kills=1)


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_forty_kills_of_the_server_lose_and_double_nothing(tmp_path: Path) -> None:
    await kill_whatsmeow(tmp_path, messages=10_000, kills=40)
