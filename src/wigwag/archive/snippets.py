"""The piece of a text around what a search found, with marks where it was found."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from wigwag.archive.search_terms import Terms
from wigwag.archive.search_words import Word, words_of
from wigwag.model.archived import SnippetPart

WIDTH: Final = 160
"""Characters of a snippet, but for a term that is longer."""
_LEAD: Final = 60
"""Characters before what was found, if there are as many."""


class _Match(NamedTuple):
    begin: int
    end: int
    term: int


class _Window(NamedTuple):
    """From one match to another, and how many terms are found between."""

    terms: int
    begin: int
    end: int


class _Found(NamedTuple):
    """A text, and what of it to show."""

    text: str
    words: Sequence[Word]
    matches: Sequence[_Match]
    window: _Window


class Snippets:
    """Makes the snippets of one search."""

    def __init__(self, terms: Terms) -> None:
        self._wanted = [(term.letters, term.prefix) for term in terms.wanted]

    def of(self, texts: Sequence[str | None]) -> tuple[SnippetPart, ...]:
        """The best piece of the texts: with the most terms, the first of equals."""
        best: _Found | None = None
        for text in filter(None, texts):
            words = words_of(text)
            matches = sorted(_matches(words, self._wanted))
            found = _Found(text, words, matches, _best(matches))
            if best is None or found.window.terms > best.window.terms:
                best = found
        return tuple(_parts(best)) if best else ()


def _matches(
    words: Sequence[Word], wanted: Sequence[tuple[tuple[str, ...], bool]]
) -> Iterator[_Match]:
    """Where the terms stand."""
    texts = [word.text for word in words]
    for number, (letters, prefix) in enumerate(wanted):
        size = len(letters)
        whole = list(letters[:-1] if prefix else letters)
        for at in range(len(texts) - size + 1):
            if texts[at : at + len(whole)] == whole and (
                not prefix or texts[at + size - 1].startswith(letters[-1])
            ):
                yield _Match(words[at].begin, words[at + size - 1].end, number)


def _best(matches: Sequence[_Match]) -> _Window:
    """The first stretch of at most WIDTH characters in which the most different terms are."""
    best = _Window(0, 0, 0)
    inside: Counter[int] = Counter()
    first = 0
    for match in matches:
        inside[match.term] += 1
        while match.end - matches[first].begin > WIDTH and matches[first] is not match:
            inside[matches[first].term] -= 1
            first += 1
        terms = sum(count > 0 for count in inside.values())
        if terms > best.terms:
            best = _Window(terms, matches[first].begin, match.end)
    return best


def _edges(found: _Found) -> tuple[int, int]:
    """The window made as wide as a snippet, from the beginning of a word to the end of one."""
    text, words, _, window = found
    begin = max(0, window.begin - min(_LEAD, max(0, WIDTH - (window.end - window.begin))))
    end = max(window.end, begin + WIDTH)
    if end >= len(text):
        end = len(text)
        begin = max(0, min(window.begin, end - WIDTH))
    if begin > 0:
        begin = min(window.begin, min((w.begin for w in words if w.begin >= begin), default=begin))
    if end < len(text):
        end = max(window.end, max((w.end for w in words if w.end <= end), default=end))
    return begin, end


def _parts(found: _Found) -> Iterator[SnippetPart]:
    begin, end = _edges(found)
    text, at = found.text, begin
    said = "…" if begin > 0 else ""
    for first, last in _merged(found.matches):
        if begin <= first and last <= end:
            before = said + text[at:first]
            if before:
                yield SnippetPart(text=before)
            yield SnippetPart(text=text[first:last], match=True)
            at, said = last, ""
    rest = said + text[at:end] + ("…" if end < len(text) else "")
    if rest:
        yield SnippetPart(text=rest)


def _merged(matches: Sequence[_Match]) -> Iterator[tuple[int, int]]:
    """Matches in their order; those that touch are one."""
    begin = end = -1
    for match in matches:
        if match.begin > end >= 0:
            yield begin, end
        if match.begin > end or end < 0:
            begin = match.begin
        end = max(end, match.end)
    if end >= 0:
        yield begin, end
