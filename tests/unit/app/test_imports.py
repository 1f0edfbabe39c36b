"""What a server does without: each costs memory and time at every start."""

import subprocess
import sys

import pytest

SEEN = "import sys, wigwag.app.server; print(*sys.modules)"


@pytest.fixture(scope="module")
def imported() -> set[str]:
    command = [sys.executable, "-c", SEEN]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return set(answer.stdout.split())


@pytest.mark.parametrize(
    "library", ["sqlalchemy", "alembic", "PIL", "av", "neonize", "wigwag.sandbox"]
)
def test_a_server_starts_without(imported: set[str], library: str) -> None:
    assert "wigwag.app.server" in imported
    assert library not in imported
