"""The ways to write one phone number, where a country has two of them.

WhatsApp knows a number by one of them only, and which one depends on when the account was made.
No rule tells: the server is asked, and what it returns is taken.
"""

import re
from typing import Final

_BRAZIL_OLD: Final = re.compile(r"(55[1-9][1-9])([6-9][0-9]{7})", re.ASCII)
_BRAZIL_NEW: Final = re.compile(r"(55[1-9][1-9])9([6-9][0-9]{7})", re.ASCII)
_MEXICO: Final = re.compile(r"52(1?)([2-9][0-9]{9})", re.ASCII)
_ARGENTINA: Final = re.compile(r"54(9?)([1-8][0-9]{9})", re.ASCII)
_ARGENTINA_DIALLED: Final = re.compile(r"549?[1-8][0-9]{11}", re.ASCII)
_ARGENTINA_LENGTH: Final = 10
"""Digits of area and subscriber together."""


def other_forms(phone: str) -> tuple[str, ...]:
    """Other ways in which WhatsApp may know `phone` (digits); none for most numbers.

    Brazil: mobile numbers with and without their ninth digit, landlines as they are. Mexico: with
    and without the 1 of mobile numbers. Argentina: with and without the 9, and without the 15 of
    a number as it is dialled at home.
    """
    found: list[str] = []
    if match := _BRAZIL_OLD.fullmatch(phone):
        found = [f"{match[1]}9{match[2]}"]
    elif match := _BRAZIL_NEW.fullmatch(phone):
        found = [match[1] + match[2]]
    elif match := _MEXICO.fullmatch(phone):
        found = [f"52{'' if match[1] else '1'}{match[2]}"]
    elif match := _ARGENTINA.fullmatch(phone):
        found = [f"54{'' if match[1] else '9'}{match[2]}"]
    elif _ARGENTINA_DIALLED.fullmatch(phone):
        found = _dialled(phone)
    return tuple(found)


def _dialled(phone: str) -> list[str]:
    """An Argentine number with the 15 after an area code of two to four digits."""
    national = phone.removeprefix("54").removeprefix("9")
    found: list[str] = []
    for area in (2, 3, 4):
        whole = national[:area] + national[area + 2 :]
        if national[area : area + 2] == "15" and len(whole) == _ARGENTINA_LENGTH:
            found += [f"549{whole}", f"54{whole}"]
    return found
