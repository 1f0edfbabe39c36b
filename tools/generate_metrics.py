"""Writes docs/reference/metrics.md from the metrics' own table; `--check` only compares."""

import sys
from pathlib import Path

from pages import keep

from wigwag.http.metrics import METRICS, PREFIX, PROCESS_METRICS

PAGE = Path(__file__).parents[1] / "docs/reference/metrics.md"
HEAD = """# Metrics

What `/metrics` tells, in Prometheus' text format. No label holds an account, a number, an address
or a text. A histogram has `_bucket`, `_sum` and `_count`. How to have it watched, and which alerts
make sense: [keeping it running](../howto/operations.md). (Made from `src/wigwag/http/metrics.py`
by `make docs`.)

| metric | kind | labels | meaning |
|---|---|---|---|
"""
PROCESS = """
Of the process, on Linux:

| metric | meaning |
|---|---|
"""


def render() -> str:
    rows = [
        f"| `{PREFIX}{spec.name}` | {spec.kind} | {', '.join(f'`{one}`' for one in spec.labels)} "
        f"| {spec.help} |\n"
        for spec in METRICS
    ]
    process = [f"| `{name}` | {meaning} |\n" for name, meaning in PROCESS_METRICS]
    return HEAD + "".join(rows) + PROCESS + "".join(process)


if __name__ == "__main__":
    sys.exit(keep(PAGE, render()))
