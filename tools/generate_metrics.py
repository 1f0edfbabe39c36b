"""Writes docs/reference/metrics.md from the metrics' own table; `--check` only compares."""

import sys
from pathlib import Path

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


def main() -> int:
    page = render()
    if "--check" in sys.argv:
        current = PAGE.read_text() if PAGE.exists() else ""
        if current != page:
            print(f"{PAGE.name} is not current: run make docs")
            return 1
        return 0
    PAGE.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
