"""Starting a child, and what of its errors is logged."""

import pytest

from wigwag.engine.whatsmeow.process import child_environment, masked


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"fatal error: concurrent map writes", "fatal error: concurrent map writes"),
        (b"to 15550100001@s.whatsapp.net failed", "to # failed"),
        (b'message "hello there" of 15550100001', "message # of #"),
        (b"goroutine 12 [running]:", "goroutine 12 [running]:"),
    ],
)
def test_a_line_is_logged_without_what_it_tells_of_people(line: bytes, shown: str) -> None:
    assert masked(line) == shown


def test_a_line_has_an_end() -> None:
    assert len(masked(b"x" * 10_000)) == 160


def test_a_child_knows_no_secret() -> None:
    environment = child_environment({"PATH": "/bin", "WIGWAG_API_KEY": "secret"}, "/ca.pem")
    assert environment["PATH"] == "/bin"
    assert environment["NEONIZE_BOT_TAG"] == "off"
    assert environment["SSL_CERT_FILE"] == "/ca.pem"
    assert "secret" not in environment.values()
    assert "SSL_CERT_FILE" not in child_environment({}, "")
