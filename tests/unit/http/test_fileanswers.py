"""What a Range asks for, by the letter of RFC 9110."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.http.fileanswers import is_known, satisfiable


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("bytes=0-4", [(0, 4)]),
        ("Bytes=2-", [(2, 9)]),
        ("bytes=-3", [(7, 9)]),
        ("bytes=-30", [(0, 9)]),
        ("bytes=5-99", [(5, 9)]),
        ("bytes=0-0, ,9-9", [(0, 0), (9, 9)]),
        ("bytes=0-0,50-60", [(0, 0)]),
        ("bytes=10-", []),
        ("bytes=-0", []),
        ("bytes=5-2", None),
        ("bytes=0-1,5-2", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=,", None),
        ("bytes=a-b", None),
        ("bytes=0 - 1", None),
        ("bytes=\u0661-", None),
        ("items=0-1", None),
        ("", None),
    ],
)
def test_parts_that_are_there_are_told_from_nonsense(
    header: str, ranges: list[tuple[int, int]] | None
) -> None:
    assert satisfiable(header, 10) == ranges


def test_an_empty_file_has_no_parts() -> None:
    assert satisfiable("bytes=0-", 0) == satisfiable("bytes=-1", 0) == []


@given(st.text(st.sampled_from("bytes=0123456789-, \t"), max_size=20), st.integers(0, 50))
def test_whatever_is_asked_lies_in_the_file(rest: str, size: int) -> None:
    for first, last in satisfiable(f"bytes={rest}", size) or ():
        assert 0 <= first <= last < size


def test_a_tag_is_known_among_others_and_by_the_star() -> None:
    assert is_known(['"a", W/"b"'], '"b"')
    assert is_known(["*"], '"b"')
    assert not is_known([], '"b"')
    assert not is_known(['"a"', '"c"'], '"b"')
