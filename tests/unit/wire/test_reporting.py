"""Reporting tokens, against those that whatsmeow made."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wigwag.model.content import Text
from wigwag.model.jid import Jid, parse_jid
from wigwag.wire.content import encode_content
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.nodes import Node
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import delimited, parse
from wigwag.wire.reporting import reported_fields, reporting_node

SENDER = Jid("334806046644998", "lid")
FRIEND = "758070523808493@lid"
GROUP = "120363475906645808@g.us"


class Made(NamedTuple):
    """A token of whatsmeow, in hexadecimal like the message that it is about."""

    plaintext: str
    id: str
    chat: str
    token: str


MADE_BY_WHATSMEOW = {
    "text": Made(
        "0a086d697374616b656e9a02221a20d5f7030c25fe58a2a2125676619084690e80001ece1584dfd4443ab0"
        "f3d81c9d",
        "3EB014FBB0076866D85C1D",
        FRIEND,
        "39a95da028117992a5e067951184ff50",
    ),
    "text to a group": Made(
        "0a086d697374616b656e9a02221a20312a77f6a23f086fd04a4ece86826bd908b90336676bab6767b39e6d"
        "58ff20f3",
        "3EB0AD366CB1CA733A8B23",
        GROUP,
        "5829aa695915611b0819e1e56905d960",
    ),
    "edit, whose content does not count": Made(
        "9a02221a2054fbfa5f6575f8ccf846724fbe4b1f302ad9b055d564067d8b9c1074279f7214d203470a4562"
        "430a2f0a13373538303730353233383038343933406c696410011a16334542303134464242303037363836"
        "3644383543314410"
        "0e72070a0572696768747890dfc4c1a134",
        "3EB031A440945146FBB3FB",
        FRIEND,
        "c179aab04ea85e6f3d4ecf666256a036",
    ),
    "revoke": Made(
        "62330a2f0a13373538303730353233383038343933406c696410011a163345423039313545463736354331"
        "363433413941373010009a02221a20f15970ec4a4890dc0a85e004da7dfa434b10006be3e8543b499a5348"
        "88613e2c",
        "3EB039AC17FAF7ABAAC6B3",
        FRIEND,
        "cb8daf37dc8cd1497ec4c45218c2ef7c",
    ),
    "poll": Made(
        "9a02221a201fb0220fbd331dde1c21c3b5d5416bae89706303a6c56541ce04526252d82e348a030f12013f"
        "1a030a01611a030a01622001",
        "3EB055FE5F7DF36A0D5C70",
        FRIEND,
        "425f2c459407aa15befdc6ad2408c998",
    ),
    "location": Made(
        "2a1209000000000000f03f1100000000000000409a02221a20e80be243e5fca37f653daa68f62925e9b8b9"
        "aff69829cb4798dad5d7064de464",
        "3EB052B110C3C153E3BE7A",
        FRIEND,
        "ef17d6dd2475dcbfae11886c041e8306",
    ),
    "contact": Made(
        "22070a014b820101569a02221a20b2ec41565cd0fbebc5045dfd3338568465161388b5e19ad3db0105fb78"
        "d09775",
        "3EB047594BBDED44E4F4DF",
        FRIEND,
        "31f900475d4b0b46b856745fc08ee8ef",
    ),
}


@pytest.mark.parametrize("kind", MADE_BY_WHATSMEOW)
def test_the_token_is_that_of_whatsmeow(kind: str):
    made = MADE_BY_WHATSMEOW[kind]
    raw = bytes.fromhex(made.plaintext)
    secret = parse(e2e_pb2.Message, raw).messageContextInfo.messageSecret
    node = reporting_node(raw, secret, made.id, SENDER, parse_jid(made.chat))
    token = Node("reporting_token", {"v": "2"}, bytes.fromhex(made.token))
    assert node == Node("reporting", {}, [token])


def test_fields_count_in_the_order_of_their_numbers():
    text, card = delimited(1, b"x"), delimited(4, delimited(1, b"y"))
    assert reported_fields(card + text) == text + card


def test_only_some_fields_of_a_part_count():
    image = delimited(3, delimited(2, b"image/png") + delimited(8, b"key") + delimited(9, b"z"))
    assert reported_fields(image) == delimited(3, delimited(2, b"image/png") + delimited(8, b"key"))
    assert reported_fields(delimited(3, delimited(9, b"z"))) == b""
    assert reported_fields(delimited(35, b"\x1a\x00")) == b""


@given(st.text(max_size=200))
def test_a_text_with_its_secret_counts_as_any_other_message(text: str):
    secret = bytes(range(32))
    raw = encode_content(Text(text=text), secret=secret)
    more = raw + delimited(200, b"does not count")
    one, other = (reporting_node(each, secret, "3EB0", SENDER, SENDER) for each in (raw, more))
    assert one == other


@given(st.binary(max_size=200))
def test_any_bytes_have_a_part_or_are_refused(raw: bytes):
    try:
        part = reported_fields(raw)
    except MalformedProtobuf:
        return
    assert len(part) <= len(raw)
