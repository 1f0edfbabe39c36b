"""Generate docs/reference/sandbox-faults.md from the kinds of faults in the code.

python tools/generate_faults.py            write it
python tools/generate_faults.py --check    write nothing; exit 1 when it is not current
"""

import ast
import sys
from itertools import pairwise
from pathlib import Path

from pages import keep

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/wigwag/sandbox/network/faults.py"
SCHEDULES = ROOT / "src/wigwag/sandbox/network/schedules.py"
PAGE = ROOT / "docs/reference/sandbox-faults.md"
HEAD = """# Faults of the sandbox

Made by `tools/generate_faults.py` from `wigwag.sandbox.network.faults`; do not edit it.

A fault is a value: `POST /sandbox/faults` with `kind`, `target` (a number, a JID, or empty for
everybody), `count` (null: without end), `probability`, `seed`, and what the kind needs.
`POST /sandbox/faults/random` puts a whole schedule in force that follows from a seed. Without
`kinds` it is made of those after which nothing may be lost; the last column says why others are
not.

| kind | what goes wrong | not in a random schedule unless asked for |
|---|---|---|
"""


def kinds(source: str) -> list[tuple[str, str]]:
    """Each kind with its meaning: the string below its line, on one line."""
    tree = ast.parse(source)
    body = next(n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "FaultKind")
    found: list[tuple[str, str]] = []
    for node, following in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(following, ast.Expr):
            word, meaning = ast.literal_eval(node.value), ast.literal_eval(following.value)
            found.append((word, " ".join(meaning.split()).replace("|", "\\|")))
    return found


def left_out(source: str) -> dict[str, str]:
    """Why kinds are not in a random schedule, by word."""
    for node in ast.parse(source).body:
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id == "LEFT_OUT"
            and isinstance(node.value, ast.Dict)
        ):
            pairs = zip(node.value.keys, node.value.values, strict=True)
            return {
                key.attr.lower(): ast.literal_eval(value)
                for key, value in pairs
                if isinstance(key, ast.Attribute)
            }
    return {}


def page() -> str:
    reasons = left_out(SCHEDULES.read_text())
    rows = (
        f"| `{word}` | {meaning} | {reasons.get(word, '')} |\n"
        for word, meaning in kinds(SOURCE.read_text())
    )
    return HEAD + "".join(rows)


if __name__ == "__main__":
    sys.exit(keep(PAGE, page()))
