"""What people type into a search box, as an FTS5 expression.

Words must all occur; `OR` between words is either; "quotes" make a phrase; a trailing `*` makes a
prefix; a leading `-` excludes. Case and accents do not matter (the index folds them).
"""

import re
from typing import Final

from wigwag.model.archived import SnippetPart

MAX_TERMS: Final = 32
SNIPPET_WORDS: Final = 24
_BEGIN, _END = "\ufdd0", "\ufdd1"
"""Around what was found. They stand for no character, and a text that has them marks itself."""
_TERM: Final = re.compile(r'(-?)"([^"]*)"|(-?)([^\s"]+)')


def search_expression(text: str) -> str | None:
    """The FTS5 expression, or None when nothing searchable is in the text."""
    groups: list[list[str]] = [[]]
    excluded: list[str] = []
    for match in list(_TERM.finditer(text.replace("\0", " ")))[:MAX_TERMS]:
        minus, phrase, word_minus, word = match.groups()
        if phrase is None and word == "OR":
            groups.append([])
            continue
        term = _term(phrase if phrase is not None else word, prefixable=phrase is None)
        if term is None:
            continue
        (excluded if minus or word_minus else groups[-1]).append(term)
    wanted = [" AND ".join(group) for group in groups if group]
    if not wanted:
        return None
    expression = " OR ".join(f"({group})" for group in wanted)
    if excluded:
        return f"({expression}) NOT ({' OR '.join(excluded)})"
    return expression


def _term(text: str, *, prefixable: bool) -> str | None:
    prefix = prefixable and text.endswith("*")
    if not any(character.isalnum() for character in text):
        return None
    return '"' + text.rstrip("*") + ('"*' if prefix else '"')


def snippet_column(table: str) -> str:
    """SQL for the words around what the expression found in a row, marked."""
    return f"snippet({table}.messages_fts, -1, char(0xFDD0), char(0xFDD1), '…', {SNIPPET_WORDS})"


def read_snippet(marked: str) -> tuple[SnippetPart, ...]:
    """The pieces of a marked text."""
    before, *found = marked.split(_BEGIN)
    parts = [SnippetPart(text=before)]
    for piece in found:
        match, _, after = piece.partition(_END)
        parts += (SnippetPart(text=match, match=True), SnippetPart(text=after))
    return tuple(part for part in parts if part.text)
