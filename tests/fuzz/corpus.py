"""What was recorded of the emulated network: stanzas to a client, and answers to its requests.

One entry a line, in base64: an encoded stanza, or the encoded request before its answer. `fuzz.
recording` makes the files.
"""

import base64
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "corpus"
STANZAS: Final = _FOLDER / "stanzas.txt"
ANSWERS: Final = _FOLDER / "answers.txt"


@cache
def load(file: Path) -> Sequence[bytes]:
    return tuple(base64.b64decode(line) for line in file.read_text().split())


def store(file: Path, entries: Iterable[bytes]) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(base64.b64encode(one).decode() + "\n" for one in sorted(entries)))
