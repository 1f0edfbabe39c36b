"""Runs every bench, each in a process of its own, and prints one table.

`python bench/run.py [name ...]`; without names all of them. The exit status tells whether all ran,
never whether a figure is good.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import ROOT, Figure, table

BENCH = Path(__file__).parent
NAMES = (
    "sent",
    "received",
    "latency",
    "ingest",
    "webhooks",
    "reads",
    "history",
    "memory",
    "start",
    "engines",
    "linking",
    "codec",
    "ratchet",
    "media",
    "bigmedia",
)
LIMIT_S = 300


def run(name: str, folder: Path) -> list[Figure] | None:
    """The figures of one bench; None when it failed."""
    print(f"== {name}", flush=True)
    target = folder / f"{name}.json"
    command = [sys.executable, str(BENCH / f"{name}.py"), "--json", str(target)]
    try:
        subprocess.run(command, check=True, cwd=ROOT, timeout=LIMIT_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"   failed: {type(error).__name__}", flush=True)
        return None
    return [Figure(**row) for row in json.loads(target.read_text())]


def main() -> int:
    names = sys.argv[1:] or NAMES
    began = time.monotonic()
    figures: list[Figure] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            found = run(name, Path(folder))
            if found is None:
                failed.append(name)
            else:
                figures += found
    print(f"\n{table(figures)}\n\n{time.monotonic() - began:.0f} s")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
