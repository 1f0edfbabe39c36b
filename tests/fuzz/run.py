"""Fuzzes every target, each in processes of its own, and prints what came of it.

    PYTHONPATH=tests python -m fuzz.run [--seconds 600] [TARGET ...]

The seconds are for all targets together, by their shares; a part of them goes into inputs without
the fuzzer, to see whether memory grows. An input that crashes, hangs or takes too much memory is
kept in the folder, with the command that runs it again. Fails when there was one, or growth.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fuzz.limits import INPUT_LIMIT_S

GROWTH_SHARE: Final = 0.25
"""Of the time of a target."""
GROWTH_LIMIT: Final = 6 << 20
"""Bytes after the warm-up: arenas that are broken in pieces, not a leak."""
_START_S: Final = 240
"""To import everything, instrumented, and to close."""
_MB: Final = 1 << 20

_FINAL = re.compile(r"^stat::(\w+):\s+(\d+)", re.MULTILINE)
_COVERED = re.compile(r"\bcov: (\d+)")
_ARTIFACT = re.compile(r"Test unit written to (\S+)")


@dataclass(frozen=True)
class Result:
    """What came of one target. Sizes are bytes."""

    name: str
    executions: int = 0
    edges: int = 0
    peak_mb: int = 0
    growth: int = 0
    weighed: int = 0
    failure: str = ""

    @property
    def grows(self) -> bool:
        return self.growth > GROWTH_LIMIT

    @property
    def ok(self) -> bool:
        return not self.failure and not self.grows


def main() -> int:
    shares = list_shares()
    parser = argparse.ArgumentParser()
    parser.add_argument("targets", nargs="*", default=list(shares))
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"))
    options = parser.parse_args()
    if find_spec("atheris") is None:
        sys.stdout.write("atheris has no wheel for this machine: nothing is fuzzed by coverage.\n")
        return 0
    a_share = options.seconds / sum(shares[name] for name in options.targets)
    results: list[Result] = []
    for name in options.targets:
        found = fuzz(name, a_share * shares[name], options.seed, options.folder)
        results.append(found)
        sys.stdout.write(line(found) + "\n")
        sys.stdout.flush()
    sys.stdout.write("\n" + "\n".join(table(results)) + "\n")
    return 0 if all(result.ok for result in results) else 1


def list_shares() -> dict[str, int]:
    """Of the time, by target. Asked of a process: this one stays small, since what it takes is
    counted to the peak of those that it starts."""
    command = [sys.executable, "-m", "fuzz.drive", "list"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_START_S, check=True)
    return json.loads(done.stdout)


def fuzz(name: str, seconds: float, seed: int, folder: Path) -> Result:
    """Both parts of one target."""
    growing_s = seconds * GROWTH_SHARE
    said, failure = _drive("fuzz", name, seconds - growing_s, seed, folder)
    final = {name: int(number) for name, number in _FINAL.findall(said)}
    edges = [int(number) for number in _COVERED.findall(said)]
    weighed: dict[str, int] = {}
    if not failure:
        answer, failure = _drive("grow", name, growing_s, seed, folder)
        if not failure:
            weighed = json.loads(answer.splitlines()[-1])
    return Result(
        name=name,
        executions=final.get("number_of_executed_units", 0),
        edges=max(edges, default=0),
        peak_mb=final.get("peak_rss_mb", 0),
        growth=weighed.get("after", 0) - weighed.get("before", 0),
        weighed=weighed.get("inputs", 0),
        failure=failure,
    )


def _drive(what: str, name: str, seconds: float, seed: int, folder: Path) -> tuple[str, str]:
    """What the process printed, and how it failed, if it did."""
    command = [sys.executable, "-m", "fuzz.drive", what, name]
    command += ["--seconds", f"{seconds:.0f}", "--seed", str(seed), "--corpus", str(folder)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + INPUT_LIMIT_S + _START_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", "it did not end in time"
    said = done.stdout if what == "grow" else done.stderr
    if done.returncode == 0:
        return said, ""
    (folder / f"{name}.log").write_text(done.stdout + done.stderr)
    kept = _ARTIFACT.search(done.stderr)
    again = f"python -m fuzz.drive replay {name} --input {kept[1]}" if kept else ""
    return said, again or f"exit code {done.returncode}, see {folder / name}.log"


def line(result: Result) -> str:
    growth = f"{result.growth / _MB:+.1f} MB"
    return (
        f"{result.name:28} {result.executions:>10,} {result.edges:>7,} {result.peak_mb:>6} MB "
        f"{growth:>10} {result.weighed:>8,}  {result.failure or ('grows' if result.grows else '')}"
    )


def table(results: Sequence[Result]) -> Iterable[str]:
    yield f"{'target':28} {'executions':>10} {'edges':>7} {'peak':>9} {'growth':>10} {'over':>8}"
    yield from map(line, results)
    bad = [result for result in results if not result.ok]
    total = sum(result.executions for result in results)
    yield f"{len(results)} targets, {total:,} executions, {len(bad)} failed"


if __name__ == "__main__":
    sys.exit(main())
