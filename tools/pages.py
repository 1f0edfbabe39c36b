"""A page of docs that is made out of the code: written, or held against the one that is there."""

import sys
from pathlib import Path


def keep(page: Path, text: str) -> int:
    """Write the page, or with --check say whether it is current; the exit status."""
    if "--check" not in sys.argv:
        page.write_text(text)
        return 0
    if page.exists() and page.read_text() == text:
        return 0
    print(f"{page.name} is not current: run make docs")
    return 1
