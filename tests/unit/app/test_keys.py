"""A key that is made while no server runs."""

from pathlib import Path

from wigwag.app.keys import make_key
from wigwag.config import Settings
from wigwag.model.key import Scope


async def test_a_store_that_is_not_there_is_made_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    settings = Settings(store=tmp_path / "new")
    first = await make_key(settings, "bot", [Scope.READ], told.append)
    second = await make_key(settings, "bot", [Scope.READ], told.append)
    assert first != second
    assert told == [f"made a new store in {tmp_path / 'new'}; --store names another"]
