"""The client and the interface say the same."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_client_is_made_from_the_document_of_today() -> None:
    command = [sys.executable, "tools/generate_client.py", "--check"]
    made = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert made.returncode == 0, f"{made.stdout}{made.stderr}\nrun: make docs"
