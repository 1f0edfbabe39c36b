"""A text as the words by which it is found: without case and accents, in every script.

Index and search both go through here, so whatever is folded is found either way. The index splits
at spaces alone (FTS5's `ascii` tokenizer); what a word is, is said here:

- Letters lose their case, accents and compatibility forms: "Straße" is "strasse", "Łódź" "lodz",
  "ﬁ" "fi"; the points of Hebrew and Arabic go. What makes another letter stays: the marks of kana
  and of Indic scripts, "й".
- Ideographs, Hangul syllables and emoji are a word each.
- Kana and the letters of Thai, Lao, Khmer and Myanmar are pairs, each letter with the next one, and
  the last one alone: a letter by itself is in nearly every message, and would find slowly.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

_MAX_KNOWN: Final = 65_536
"""Characters that are looked up once and kept; there are not more in use."""
_WITHOUT_PARTS: Final = str.maketrans(
    {
        "ł": "l", "đ": "d", "ð": "d", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe",
        "þ": "th", "ŧ": "t", "ŋ": "n", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ɨ": "i",
        "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ـ": None, "ʻ": " ", "ʼ": " ", "ʹ": " ", "ʺ": " ",
    }
)  # fmt: skip
"""Letters that Unicode does not take apart; of Arabic, those that keyboards tell apart and people
do not; and apostrophes that count as letters."""
_OWN_LETTERS: Final = frozenset("йўїѓќ")
"""Not letters with an accent, for who writes them (as Unicode's order of letters has it)."""
_ALONE: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3035\u3038-\u303c\u3100-\u318f\u31a0-\u31bf"
    "\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff"
    "\U00017000-\U00018d7f\U00020000-\U0003ffff]"
)
"""Ideographs, bopomofo, Hangul, Yi, Tangut."""
_PAIRED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u3040-\u30ff\u31f0-\u31ff"
    "\ua9e0-\ua9ff\uaa60-\uaadf\U0001aff0-\U0001b16f"
)
_RUN: Final = re.compile(f"[{_PAIRED}]+")
_PAIR: Final = re.compile(f"[{_PAIRED}]{{2}}")
_WORD_OR_LETTER: Final = re.compile(f"[{_PAIRED}]|[^ {_PAIRED}]+")
_ASCII_WORD: Final = re.compile("[0-9A-Za-z]+")
_FRAMES: Final = range(0x2500, 0x25A0)
_SPECIALS: Final = range(0xFFF0, 0x10000)
_ARROWS: Final = 0x2190


class Word(NamedTuple):
    """A word of a text, and where it stands there. A letter of a pair is a word of its own here."""

    text: str
    begin: int
    end: int


class Phrase(NamedTuple):
    """Words of the index one after the other; with `prefix`, the last one is a beginning."""

    words: tuple[str, ...]
    prefix: bool


def indexed(text: str) -> str:
    """What the index takes of a text. It splits and folds plain ASCII itself, to the same words."""
    return text if text.isascii() else _with_pairs(_folded(text))


def phrase_of(text: str, *, prefix: bool = False) -> Phrase:
    """The words behind which a text is found; none when nothing in it can be searched."""
    found = _with_pairs(_folded(text)).split()
    if found and _RUN.fullmatch(found[-1]):
        # More letters may follow in what is found: pairs say it all, one letter begins a pair.
        if len(found) > 1 and _PAIR.fullmatch(found[-2]):
            found.pop()
        else:
            prefix = True
    return Phrase(tuple(found), prefix)


def words_of(text: str) -> list[Word]:
    """All words of a text in their order, for showing where they stand."""
    if text.isascii():
        return [
            Word(found[0].lower(), found.start(), found.end())
            for found in _ASCII_WORD.finditer(text)
        ]
    words: list[Word] = []
    word = ""
    begin = end = 0
    for at, after in _clusters(text):
        for piece in _pieces(text[at:after]):
            if word and piece.begins:
                words.append(Word(word, begin, end))
                word = ""
            if piece.text:
                begin = begin if word else at
                word, end = word + piece.text, after
    return [*words, Word(word, begin, end)] if word else words


def letters_of(text: str) -> tuple[str, ...]:
    """The words of a text as `words_of` has them."""
    return tuple(_WORD_OR_LETTER.findall(_folded(text)))


def plain(text: str) -> str:
    """The text without case and accents; signs and spaces stay."""
    return "".join(map(_plain, unicodedata.normalize("NFKC", text)))


class _Table(dict[int, str]):
    """For `str.translate`: what a character of a composed text (NFKC) is in the index."""

    def __missing__(self, code: int) -> str:
        made = "".join(map(_placed, _plain(chr(code))))
        if len(self) < _MAX_KNOWN:
            self[code] = made
        return made


_TABLE: Final = _Table()


def _folded(text: str) -> str:
    """The words of a text between spaces, with runs of paired letters still in one."""
    return unicodedata.normalize("NFKC", text).translate(_TABLE)


def _with_pairs(folded: str) -> str:
    return _RUN.sub(_paired, folded)


def _paired(run: re.Match[str]) -> str:
    letters = run[0]
    pairs = map("".join, pairwise(letters))
    return f" {' '.join([*pairs, letters[-1]])} "


@lru_cache(4_096)
def _plain(character: str) -> str:
    """A character of a composed text without case and accents, or nothing."""
    small = character.casefold()
    if small in _OWN_LETTERS:
        return small
    # Twice: what has no capital may come apart only as a small letter.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", small).casefold())
    kept = "".join(_digit(one) for one in apart if not _is_accent(one))
    return unicodedata.normalize("NFC", kept.translate(_WITHOUT_PARTS))


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _is_accent(character: str) -> bool:
    """A mark above, below or through a letter, a point of Hebrew or Arabic, or nothing to see. The
    classes of other marks (0, 7 to 9, 84 to 132) make letters."""
    category = unicodedata.category(character)
    if category in ("Me", "Cf"):
        return True
    place = unicodedata.combining(character)
    return (
        place == 1
        or 10 <= place <= 36
        or place >= 200
        or (place == 0 and category == "Mn" and _is_variation(ord(character)))
    )


def _is_variation(code: int) -> bool:
    """Whether it says which form a letter or an emoji has."""
    return (
        code in (0x034F, 0x180F)
        or 0x180B <= code <= 0x180D
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0100 <= code <= 0xE01EF
    )


def _placed(character: str) -> str:
    """A plain character as a part of a word, a word, or the end of one. What no database takes
    stays, so that it is refused."""
    category = unicodedata.category(character)
    if _ALONE.match(character) or _is_picture(ord(character), category):
        return f" {character} "
    return character if category[0] in "LMN" or category == "Cs" else " "


def _is_picture(code: int, category: str) -> bool:
    """Emoji and other signs that are searched; also characters that this Python does not know yet,
    for most new ones are emoji."""
    if category in ("Cn", "Co"):
        return True
    if code in _FRAMES or code in _SPECIALS:
        return False
    return category == "So" or (category[0] == "S" and code >= _ARROWS)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Each character with those that may be composed with it; what is composed whole or by clusters
    is the same."""
    begin = 0
    for at in range(1, len(text)):
        if not _joins(text[at]):
            yield begin, at
            begin = at
    if text:
        yield begin, len(text)


@lru_cache(4_096)
def _joins(character: str) -> bool:
    first = unicodedata.normalize("NFKD", character)[0]
    is_vowel_or_final = "\u1160" <= first <= "\u11ff"
    return is_vowel_or_final or unicodedata.category(first)[0] == "M"


class _Piece(NamedTuple):
    """What a cluster adds to words: to the last one, or, if it `begins`, to another."""

    text: str
    begins: bool


@lru_cache(4_096)
def _pieces(cluster: str) -> tuple[_Piece, ...]:
    pieces: list[_Piece] = []
    for part in re.findall(f" |[{_PAIRED}]|[^ {_PAIRED}]+", _folded(cluster)):
        if part == " ":
            pieces.append(_Piece("", begins=True))
        elif _RUN.match(part):
            pieces += (_Piece(part, begins=True), _Piece("", begins=True))
        else:
            pieces.append(_Piece(part, begins=False))
    return tuple(pieces)
