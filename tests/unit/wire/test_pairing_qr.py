"""QR contents."""

import pytest

from wigwag.wire.errors import PairingFailure
from wigwag.wire.pairing import LinkPlatform, QrContents, format_qr, parse_qr

CONTENTS = QrContents(
    ref="2@abc/+=",
    noise_public=bytes(32),
    identity_public=b"\x01" * 32,
    adv_secret=b"\xff" * 32,
    platform=LinkPlatform.CHROME,
)
ZEROS, ONES, FULL = "A" * 43 + "=", "AQEB" * 10 + "AQE=", "/" * 42 + "8="
TEXT = f"2@abc/+=,{ZEROS},{ONES},{FULL},1"


def test_the_code_is_a_url_with_the_contents_behind_it():
    assert format_qr(CONTENTS) == f"https://wa.me/settings/linked_devices#{TEXT}"


def test_a_code_is_read_with_and_without_the_url():
    assert parse_qr(format_qr(CONTENTS)) == CONTENTS
    assert parse_qr(TEXT) == CONTENTS
    assert parse_qr(f" {TEXT}\n") == CONTENTS


def test_printed_contents_tell_no_secret():
    assert repr(CONTENTS) == "QrContents(platform=<LinkPlatform.CHROME: '1'>)"


def test_older_codes_do_not_name_a_platform():
    older = parse_qr(TEXT.removesuffix(",1"))
    assert older.platform == ""
    assert parse_qr(format_qr(older)) == older


BAD_CODES = [
    "",
    "https://example.com",
    "https://wa.me/settings/linked_devices#",
    f",{ZEROS},{ONES},{FULL},1",
    f"2@abc,{ZEROS},{ONES}",
    f"{TEXT},5",
    f"2@abc,{ZEROS[:-4]},{ONES},{FULL},1",
    f"2@abc,{ZEROS},{ONES},{FULL}*,1",
    f"2@abc,{ZEROS},{ONES},Ü,1",
    f"2@abc,{ZEROS},{ONES},,1",
    "x" * 5000,
]


@pytest.mark.parametrize("text", BAD_CODES, ids=range(len(BAD_CODES)))
def test_other_codes_are_refused(text: str):
    with pytest.raises(PairingFailure):
        parse_qr(text)


@pytest.mark.parametrize("ref", ["", "a,b", "a\nb", "x" * 2000])
def test_a_reference_that_does_not_fit_is_refused(ref: str):
    contents = QrContents(
        ref=ref, noise_public=bytes(32), identity_public=bytes(32), adv_secret=bytes(32)
    )
    with pytest.raises(PairingFailure):
        format_qr(contents)
