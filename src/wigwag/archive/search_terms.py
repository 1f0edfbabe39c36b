"""What people type into a search box, as an FTS5 expression.

Words must all occur; `OR` between words is either; "quotes" make a phrase; a trailing `*` makes a
prefix; a leading `-` excludes. Case and accents do not matter (`search_words` folds them).
"""

import re
from typing import Final, NamedTuple

from wigwag.archive.search_words import Phrase, letters_of, phrase_of

MAX_TERMS: Final = 32
_TERM: Final = re.compile(r'(-?)"([^"]*)"|(-?)([^\s"]+)')


class Term(NamedTuple):
    """What stands between two spaces, or in quotes."""

    text: str
    prefix: bool = False

    @property
    def phrase(self) -> Phrase:
        return phrase_of(self.text, prefix=self.prefix)

    @property
    def letters(self) -> tuple[str, ...]:
        return letters_of(self.text)


class Terms(NamedTuple):
    """One of the groups must be there with all its terms, and none of what is excluded."""

    groups: tuple[tuple[Term, ...], ...]
    excluded: tuple[Term, ...] = ()

    @property
    def wanted(self) -> tuple[Term, ...]:
        return tuple(dict.fromkeys(term for group in self.groups for term in group))


def read_terms(text: str) -> Terms | None:
    """The terms of a query, or None when nothing searchable is in the text."""
    groups: list[list[Term]] = [[]]
    excluded: list[Term] = []
    for match in list(_TERM.finditer(text))[:MAX_TERMS]:
        minus, phrase, word_minus, word = match.groups()
        if phrase is None and word == "OR":
            groups.append([])
            continue
        term = Term(phrase) if phrase is not None else Term(word, prefix=word.endswith("*"))
        if not term.phrase.words:
            continue
        (excluded if minus or word_minus else groups[-1]).append(term)
    wanted = tuple(tuple(group) for group in groups if group)
    return Terms(wanted, tuple(excluded)) if wanted else None


def expression_of(terms: Terms) -> str:
    """The FTS5 expression."""
    groups = (" AND ".join(map(_quoted, group)) for group in terms.groups)
    expression = " OR ".join(f"({group})" for group in groups)
    if terms.excluded:
        return f"({expression}) NOT ({' OR '.join(map(_quoted, terms.excluded))})"
    return expression


def _quoted(term: Term) -> str:
    words, prefix = term.phrase
    return f'"{" ".join(words)}"' + "*" * prefix
