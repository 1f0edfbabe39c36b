"""One number, written in two ways: which ones, and that no other number has any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.core.numbers import other_forms


@pytest.mark.parametrize(
    ("phone", "others"),
    [
        # Brazil: a mobile number with and without its ninth digit
        ("5511987654321", ("551187654321",)),
        ("551187654321", ("5511987654321",)),
        ("5585999990000", ("558599990000",)),
        # a landline has none, nor a mobile number that never was without
        ("551133334444", ()),
        ("5511933334444", ()),
        ("5501987654321", ()),
        # Mexico
        ("5215512345678", ("525512345678",)),
        ("525512345678", ("5215512345678",)),
        ("52551234567", ()),
        # Argentina, also as it is dialled at home
        ("5491123456789", ("541123456789",)),
        ("541123456789", ("5491123456789",)),
        ("54111523456789", ("5491123456789", "541123456789")),
        ("543511512345678", ()),
        ("54351152345678", ("5493512345678", "543512345678")),
        ("542966154567890", ()),
        ("54296615456789", ("5492966456789", "542966456789")),
        # everybody else
        ("491701234567", ()),
        ("15550100002", ()),
        ("3519123456789", ()),
        ("", ()),
    ],
)
def test_the_other_forms_of_a_number(phone: str, others: tuple[str, ...]) -> None:
    assert other_forms(phone) == others


@given(st.from_regex(r"(55|52|54)[0-9]{8,13}", fullmatch=True))
def test_every_form_is_another_number_of_the_same_country(phone: str) -> None:
    others = other_forms(phone)
    assert phone not in others
    assert len(set(others)) == len(others) <= 6
    for other in others:
        assert other.isdigit()
        assert other[:2] == phone[:2]
        assert phone in other_forms(other) or "15" in phone
