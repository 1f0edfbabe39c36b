"""Signatures are those of Standard Webhooks, as its own library reads them."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from wigwag.deliver.signing import signature, signed_headers

NEW = "whsec_" + base64.b64encode(b"n" * 24).decode()
OLD = "whsec_" + base64.b64encode(b"o" * 24).decode()


def test_the_example_of_the_specification() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    found = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(body=st.text().map(str.encode))
def test_the_official_library_verifies_both_secrets_during_a_rotation(body: bytes) -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = signed_headers((NEW, OLD), "evt_1", now, body)
    for secret in (NEW, OLD):
        verifies(secret, body, headers)
    with pytest.raises(WebhookVerificationError):
        verifies(OLD, body, signed_headers((NEW,), "evt_1", now, body))
    with pytest.raises(WebhookVerificationError):
        verifies(NEW, body + b" ", headers)


def verifies(secret: str, body: bytes, headers: dict[str, str]) -> None:
    """Raises WebhookVerificationError."""
    Webhook(secret).verify(body, headers, json_parse=False)
