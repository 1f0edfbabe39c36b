"""What every bench shares: a figure beside its yardstick, and how it is printed.

A bench is run as `python bench/<name>.py [--json FILE]`. Benches that need the parts of
the tests import `peers` after this module, which puts the tests on the path.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value. The ratio is value / yardstick, both of this run.

    `target` is what the project wants of the value or the ratio, in words.
    """

    name: str
    value: float
    unit: str
    yardstick: float
    yardstick_name: str
    target: str = ""

    @property
    def ratio(self) -> float:
        return self.value / self.yardstick if self.yardstick else float("nan")

    def cells(self) -> tuple[str, ...]:
        return (
            self.name,
            f"{_short(self.value)} {self.unit}",
            f"{_short(self.yardstick)} {self.unit}",
            self.yardstick_name,
            f"{self.ratio:.2f}",
            self.target,
        )


HEADER = ("figure", "value", "yardstick", "which is", "ratio", "target")


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(figures: list[Figure]) -> str:
    """The figures as aligned columns."""
    rows = [HEADER, *(figure.cells() for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    numeric = {1, 2, 4}
    lines = [
        "  ".join(
            cell.rjust(width) if i in numeric else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


@dataclass
class Report:
    """The figures of one bench, printed as they come."""

    arguments: argparse.Namespace
    figures: list[Figure] = field(default_factory=list[Figure])

    def add(self, figure: Figure) -> None:
        self.figures.append(figure)
        name, value, yardstick, which, ratio, target = figure.cells()
        wanted = f"  (target: {target})" if target else ""
        print(f"{name}: {value}; {which}: {yardstick}; ratio {ratio}{wanted}", flush=True)

    def note(self, sentence: str) -> None:
        print(f"  {sentence}", flush=True)

    def close(self) -> None:
        """Write the figures for `bench/run.py`, if it asked for them."""
        if self.arguments.json is not None:
            rows = [asdict(figure) for figure in self.figures]
            self.arguments.json.write_text(json.dumps(rows))


def parser(description: str | None) -> argparse.ArgumentParser:
    """The arguments that every bench knows."""
    made = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    made.add_argument("--json", type=Path, help="also write the figures here")
    return made


def best_s(work: Callable[[], object], repeats: int = 5) -> float:
    """The seconds of the fastest of some runs: what the machine can do when left alone."""
    times: list[float] = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(len(ordered) * percent / 100))]
