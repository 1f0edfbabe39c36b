"""The piece of a text around what was found: the text as it was written, with marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.archive.search_terms import read_terms
from wigwag.archive.snippets import WIDTH, Snippets


def marked(query: str, *texts: str | None) -> str:
    terms = read_terms(query)
    assert terms is not None
    return "".join(f"[{p.text}]" if p.match else p.text for p in Snippets(terms).of(texts))


@pytest.mark.parametrize(
    ("query", "text", "shown"),
    [
        ("STRASSE", "In der Straße 5", "In der [Straße] 5"),
        ("lodz", "Łódź!", "[Łódź]!"),
        ("世界", "你好世界。", "你好[世界]。"),
        ("世", "世世 x", "[世世] x"),
        ("ครับ", "สวัสดีครับ", "สวัสดี[ครับ]"),
        ("😀", "so 😀 happy", "so [😀] happy"),
        ("naïve", "nai\u0308ve x", "[nai\u0308ve] x"),
        ("final", "the ﬁnal word", "the [ﬁnal] word"),
        ("wor*", "A word, the world", "A [word], the [world]"),
        ('"a b" b', "b a b", "[b] [a b]"),
        ("a OR x -y", "a y", "[a] y"),
        ("cafe", "<b>cafe\u0301</b>", "<b>[cafe\u0301]</b>"),
        ("株式", "㍿です", "[㍿]です"),
    ],
)
def test_it_shows_the_text_as_it_was_written(query: str, text: str, shown: str) -> None:
    assert marked(query, text) == shown


def test_a_long_text_is_cut_around_what_was_found() -> None:
    shown = marked("tea", "x " * 200 + "tea" + " y" * 200)
    assert shown.startswith("…x ")
    assert "[tea]" in shown
    assert shown.endswith("y…")
    assert len(shown) <= WIDTH + 4
    assert marked("tea", "tea" + " y" * 200).startswith("[tea] y")
    assert marked("tea", "y " * 200 + "tea").endswith("y [tea]")


def test_the_place_with_the_most_terms_is_shown() -> None:
    text = "tea " + "x " * 200 + "milk and tea " + "y " * 200 + "milk"
    assert "[milk] and [tea]" in marked("tea milk", text)


def test_the_name_of_a_document_is_shown_when_it_was_found_there() -> None:
    assert marked("pdf", "the words", "Plan.pdf") == "Plan.[pdf]"
    assert marked("plan", "the plan", "Plan.pdf") == "the [plan]"
    assert marked("plan", "the plan", None) == "the [plan]"


@given(st.text(max_size=400), st.text(max_size=400), st.text(min_size=1, max_size=5))
def test_a_snippet_is_a_piece_of_one_text(text: str, name: str, query: str) -> None:
    terms = read_terms(query)
    if terms is None:
        return
    parts = Snippets(terms).of((f"{text} {query} {text}", name))
    told = "".join(part.text for part in parts)
    piece = told.removeprefix("…").removesuffix("…")
    assert piece in f"{text} {query} {text}" or piece in name
