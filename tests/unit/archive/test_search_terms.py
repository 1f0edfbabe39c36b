"""What people type, made an expression that the index always understands."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.archive.search_terms import MAX_TERMS, expression_of, read_terms

CASES = {
    "tea": '("tea")',
    "tea time": '("tea" AND "time")',
    "tea OR coffee cup": '("tea") OR ("coffee" AND "cup")',
    '"tea time" x': '("tea time" AND "x")',
    "tea*": '("tea"*)',
    "tea -time": '(("tea")) NOT ("time")',
    '-"a b" c': '(("c")) NOT ("a b")',
    "OR": None,
    "-tea": None,
    "": None,
    '"" !? *': None,
    "NEAR(a b)": '("near a" AND "b")',
    "content:x": '("content x")',
    "世界 世": '("世 界" AND "世")',
    "なって な": '("なっ って" AND "な"*)',
}


def search_expression(text: str) -> str | None:
    terms = read_terms(text)
    return expression_of(terms) if terms else None


@pytest.mark.parametrize("text", CASES)
def test_an_expression(text: str) -> None:
    assert search_expression(text) == CASES[text]


@given(st.text(st.sampled_from('ab"*-() OR:^+{}\0\\é\n'), max_size=60) | st.text(max_size=60))
def test_the_index_takes_every_expression(text: str) -> None:
    expression = search_expression(text)
    if expression is None or any(0xD800 <= ord(c) < 0xE000 for c in expression):
        return
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(a)")
    connection.execute("SELECT * FROM t WHERE t MATCH ?", (expression,)).fetchall()
    connection.close()


def test_there_are_not_too_many_terms() -> None:
    expression = search_expression("x " * 1000)
    assert expression is not None
    assert expression.count('"x"') == MAX_TERMS
