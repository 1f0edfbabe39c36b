"""A contact card of a name and a number."""

import pytest

from wigwag.core.cards import phone_card
from wigwag.model.errors import MalformedJid


def test_a_card_can_be_written_to() -> None:
    card = phone_card("Ann Lee", "+49 170 000-0001")
    assert card.name == "Ann Lee"
    assert card.vcard.splitlines() == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "N:;Ann Lee;;;",
        "FN:Ann Lee",
        "TEL;type=CELL;type=VOICE;waid=491700000001:+491700000001",
        "END:VCARD",
    ]


def test_a_name_cannot_write_lines_of_its_own() -> None:
    card = phone_card("A;B,C\\D\r\nEND:VCARD", "+491700000001")
    assert card.vcard.splitlines()[3] == "FN:A\\;B\\,C\\\\D\\nEND:VCARD"
    assert card.vcard.count("\n") == 5


@pytest.mark.parametrize("phone", ["nobody", "1@lid", "120363000000000000@g.us"])
def test_who_has_no_number_has_no_card(phone: str) -> None:
    with pytest.raises(MalformedJid):
        phone_card("Ann", phone)
