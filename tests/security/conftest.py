"""What the tests about other servers share."""

import pytest

from scripted.outside import Wall


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    return Wall(monkeypatch)
