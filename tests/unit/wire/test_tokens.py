"""The token dictionaries."""

from wigwag.wire.tokens import DOUBLE, DOUBLE_INDEX, SINGLE, SINGLE_INDEX


def test_the_tables_have_the_sizes_that_the_format_can_address():
    assert len(SINGLE) == 236
    assert [len(table) for table in DOUBLE] == [256] * 4


def test_known_places():
    assert SINGLE[0] == ""
    assert SINGLE[3] == "s.whatsapp.net"
    assert SINGLE[19] == "message"
    assert DOUBLE[0][0] == "read-self"


def test_every_token_has_one_place():
    assert len(SINGLE_INDEX) == 235
    assert len(DOUBLE_INDEX) == 1024
    assert not SINGLE_INDEX.keys() & DOUBLE_INDEX.keys()
    assert all(SINGLE[index] == token for token, index in SINGLE_INDEX.items())
    assert all(DOUBLE[table][index] == token for token, (table, index) in DOUBLE_INDEX.items())


def test_tokens_are_ascii():
    assert all(token.isascii() for token in (*SINGLE_INDEX, *DOUBLE_INDEX))
