"""The token dictionaries of binary XML, dictionary version 3 (tokens.json).

The tables are part of the protocol: both ends must hold the same strings at the same places
(source: whatsmeow binary/token).
"""

import json
from importlib import resources
from typing import Final

DICTIONARY_VERSION: Final = 3


def _load() -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    text = resources.files("wigwag.wire").joinpath("tokens.json").read_text("utf-8")
    tables = json.loads(text)
    return tuple(tables["single"]), tuple(tuple(table) for table in tables["double"])


_tables = _load()

SINGLE: Final[tuple[str, ...]] = _tables[0]
"""236 strings written as one byte, their index; index 0 is no token."""

DOUBLE: Final[tuple[tuple[str, ...], ...]] = _tables[1]
"""Four dictionaries of 256 strings, written as the byte 236 + dictionary, then the index."""

SINGLE_INDEX: Final[dict[str, int]] = {token: index for index, token in enumerate(SINGLE) if token}

DOUBLE_INDEX: Final[dict[str, tuple[int, int]]] = {
    token: (dictionary, index)
    for dictionary, table in enumerate(DOUBLE)
    for index, token in enumerate(table)
    if token
}
