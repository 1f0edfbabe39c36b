"""Writes docs/reference/settings.md from the settings class; `--check` only compares."""

import sys
from dataclasses import fields
from pathlib import Path

from pages import keep

from wigwag.config import PREFIX, Settings, setting_help

PAGE = Path(__file__).parents[1] / "docs/reference/settings.md"
HEAD = """# Settings

Every setting is an environment variable; the most used have an option of `wigwag serve` too, and
an option wins over its variable. A variable that begins with `WIGWAG_` and is not in this table
is refused at the start; but `WIGWAG_URL` and `WIGWAG_KEY`, which are for those who ask a server
(`wigwag call`), mean nothing to it. (Made from `src/wigwag/config.py` by `make docs`.)

| variable | default | meaning |
|---|---|---|
"""


def render() -> str:
    rows: list[str] = []
    for spec in fields(Settings):
        default: object = spec.default
        shown = ", ".join(str(part) for part in default) if isinstance(default, tuple) else default  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        value = (
            f"`{str(shown).lower() if isinstance(shown, bool) else shown}`" if shown != "" else ""
        )
        rows.append(f"| `{PREFIX}{spec.name.upper()}` | {value} | {setting_help(spec.name)} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    sys.exit(keep(PAGE, render()))
