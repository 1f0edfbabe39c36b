"""A standing world fails for what goes wrong where nobody looks, and is made anew."""

import asyncio
from pathlib import Path

import pytest
import structlog

from fuzz.standing import Standing

_log = structlog.get_logger(__name__)


class Glasshouse:
    """Breaks in the way that an input says."""

    made = 0

    def __init__(self, folder: Path) -> None:
        assert folder.is_dir()
        type(self).made += 1

    async def open(self) -> None:
        self.inputs: list[bytes] = []

    async def take(self, data: bytes) -> None:
        self.inputs.append(data)
        match data:
            case b"log":
                _log.error("something_broke")
            case b"warn":
                _log.warning("stanza_handler_failed", tag="message")
            case b"loose":
                asyncio.get_running_loop().call_soon(_fail)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            case b"raise":
                _fail()
            case _:
                _log.warning("nothing_of_interest")

    async def close(self) -> None:
        self.inputs.clear()


def _fail() -> None:
    raise ValueError("broken")


@pytest.fixture
def standing() -> Standing:
    Glasshouse.made = 0
    return Standing(Glasshouse, life=3)


def test_a_world_is_made_anew_after_its_life(standing: Standing) -> None:
    for _ in range(7):
        standing.take(b"")
    standing.close()
    assert Glasshouse.made == 3


@pytest.mark.parametrize("how", [b"log", b"warn", b"loose"])
def test_what_goes_wrong_unseen_fails(standing: Standing, how: bytes) -> None:
    standing.take(b"")
    with pytest.raises(AssertionError):
        standing.take(how)
    standing.take(b"")
    standing.close()
    assert Glasshouse.made == 2


def test_what_raises_is_raised(standing: Standing) -> None:
    with pytest.raises(ValueError, match="broken"):
        standing.take(b"raise")
    standing.take(b"")
    standing.close()
    assert Glasshouse.made == 2
