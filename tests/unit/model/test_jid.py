"""JIDs: text form, the forms of a recipient, and what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.model.errors import MalformedJid
from wigwag.model.jid import (
    KNOWN_SERVERS,
    PERSON_PATTERN,
    PHONE_PATTERN,
    RECIPIENT_PATTERN,
    STATUS_JID,
    Jid,
    address_pair,
    parse_jid,
    parse_recipient,
)


@pytest.mark.parametrize(
    ("text", "jid"),
    [
        ("491701234567@s.whatsapp.net", Jid("491701234567", "s.whatsapp.net")),
        ("491701234567@c.us", Jid("491701234567", "s.whatsapp.net")),
        ("1234:5@lid", Jid("1234", "lid", 5)),
        ("120363012345678901@g.us", Jid("120363012345678901", "g.us")),
        ("4917012-1600000@g.us", Jid("4917012-1600000", "g.us")),
        ("status@broadcast", STATUS_JID),
        ("s.whatsapp.net", Jid("", "s.whatsapp.net")),
    ],
)
def test_parse(text: str, jid: Jid) -> None:
    assert parse_jid(text) == jid


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "x",
        "x@",
        "@lid",
        "x@nowhere",
        "a/b@lid",
        "../x@g.us",
        "1:x@lid",
        "1:-1@lid",
        "1:70000@lid",
        "1:" + "9" * 5000 + "@lid",
        "1:٣@lid",
        "a@b@lid",
        "x\x00@lid",
        "x\n@lid",
        "é@lid",
    ],
)
def test_malformed(text: str) -> None:
    with pytest.raises(MalformedJid):
        parse_jid(text)


users = st.from_regex(r"[0-9A-Za-z._\-]{1,64}", fullmatch=True)


@given(users, st.sampled_from(sorted(KNOWN_SERVERS - {"c.us"})), st.integers(0, 65535))
def test_round_trip(user: str, server: str, device: int) -> None:
    jid = Jid(user, server, device)
    assert parse_jid(str(jid)) == jid
    assert jid.bare == Jid(user, server)


@given(st.text())
def test_any_text_parses_or_is_refused(text: str) -> None:
    for parse in (parse_jid, parse_recipient):
        try:
            jid = parse(text)
        except MalformedJid:
            continue
        assert "/" not in str(jid)
        assert jid.server in KNOWN_SERVERS


@pytest.mark.parametrize(
    "text",
    ["491701234567", "+491701234567", "+49 170 1234567", "+49 (170) 123-4567", "00491701234567",
     " 491701234567 ", "+49\u2011170\u20131234567", "\u202a+49 170 1234567\u202c",
     "+49/170/1234567",      "491701234567@hosted", "491701234567:99@hosted",
     "491701234567@s.whatsapp.net", "491701234567@c.us",
     "491701234567:3@s.whatsapp.net"],
)  # fmt: skip
def test_every_form_of_a_number_is_one_recipient(text: str) -> None:
    assert parse_recipient(text) == Jid("491701234567", "s.whatsapp.net")


@pytest.mark.parametrize(
    "text", ["", "12", "hello", "+", "49170x1234", "abc@s.whatsapp.net", "1" * 30]
)
def test_what_is_no_recipient(text: str) -> None:
    with pytest.raises(MalformedJid, match=r"phone number|address"):
        parse_recipient(text)


PN, LID = Jid("491701234567", "s.whatsapp.net"), Jid("11000000000001", "lid")


def test_a_pair_is_a_lid_and_a_number() -> None:
    assert address_pair(PN, LID) == address_pair(LID, PN) == (LID, PN)
    assert address_pair(PN.with_device(3), LID.with_device(3)) == (LID, PN)
    hosted = Jid(PN.user, "hosted", 99), Jid(LID.user, "hosted.lid", 99)
    assert address_pair(*hosted) == (LID, PN)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PN, PN),
        (LID, LID),
        (PN, None),
        (None, LID),
        (PN, Jid("120363000000000001", "g.us")),
        (Jid("0", "s.whatsapp.net"), LID),
        (PN, Jid("abcdefgh", "lid")),
        (Jid("", "s.whatsapp.net"), LID),
        (Jid("1" * 21, "s.whatsapp.net"), LID),
    ],
)
def test_nothing_else_is_a_pair(one: Jid | None, other: Jid | None) -> None:
    assert address_pair(one, other) is None


def is_recipient(text: str) -> bool:
    try:
        parse_recipient(text)
    except MalformedJid:
        return False
    return True


LIKELY = st.text("0123456789+@:.-/() \t\x1c\u2011\u00a0ghostedlidsu.whatsappnet", max_size=30)
NUMBERS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "+", "00", "0", " +", "+00", "000", "+ 0-0", "0000"]),
    st.from_regex(r"\A[0-9]{3,21}\Z"),
    st.sampled_from(["", " ", ":1", ":65535", ":65536", ":00001", ":99999"]),
    st.sampled_from(["", *(f"@{server}" for server in sorted(KNOWN_SERVERS)), "@lid ", "@"]),
)


@given(st.one_of(NUMBERS, LIKELY, st.text(max_size=12)))
def test_the_pattern_is_what_is_parsed(text: str) -> None:
    assert (re.search(RECIPIENT_PATTERN, text) is not None) == is_recipient(text)


@given(st.one_of(NUMBERS, LIKELY))
def test_the_pattern_of_phones_is_what_is_parsed_as_one(text: str) -> None:
    is_phone = is_recipient(text) and parse_recipient(text).is_pn
    assert (re.search(PHONE_PATTERN, text) is not None) == is_phone


@given(st.one_of(NUMBERS, LIKELY))
def test_the_pattern_of_people_is_what_is_parsed_as_one(text: str) -> None:
    is_person = is_recipient(text) and parse_recipient(text).is_person
    assert (re.search(PERSON_PATTERN, text) is not None) == is_person


@given(st.from_regex(RECIPIENT_PATTERN))
def test_what_the_pattern_makes_is_parsed(text: str) -> None:
    assert is_recipient(text)
