"""One owner per store folder."""

from pathlib import Path

import pytest

from wigwag.engine.native.store.storelock import StoreLock
from wigwag.model.errors import StoreInUse


def test_the_second_owner_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "store"
    with StoreLock(folder):
        assert folder.stat().st_mode & 0o777 == 0o700
        with pytest.raises(StoreInUse):
            StoreLock(folder).hold()
    with StoreLock(folder):
        pass
    StoreLock(folder).release()
