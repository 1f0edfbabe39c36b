"""Webhooks are verified as the standard's own library signs them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from wigwag.client import InvalidSignature, verify_webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD = "whsec_" + "b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQ="
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "seq": 1,
    "account": "default",
    "type": "message.received",
    "data": {},
}
BODY = json.dumps(EVENT).encode()
AT = 1_780_000_000


def headers(secret: str = SECRET, at: int = AT, body: bytes = BODY) -> dict[str, str]:
    signed = Webhook(secret).sign("evt_1", datetime.fromtimestamp(at, UTC), body.decode())
    return {"Webhook-Id": "evt_1", "Webhook-Timestamp": str(at), "Webhook-Signature": signed}


def now() -> float:
    return AT + 10.0


def test_what_the_standard_signs_is_taken() -> None:
    assert verify_webhook(SECRET, headers(), BODY, now=now) == EVENT
    assert verify_webhook([OLD, SECRET], headers(), BODY, now=now) == EVENT
    both = headers() | {"Webhook-Signature": f"v1,AAAA {headers(OLD)['Webhook-Signature']}"}
    assert verify_webhook(OLD, both, BODY, now=now) == EVENT


@pytest.mark.parametrize(
    ("told", "body"),
    [
        (headers(OLD), BODY),
        (headers(), BODY + b" "),
        (headers(at=AT - 400), BODY),
        (headers(at=AT + 400), BODY),
        (headers() | {"Webhook-Id": "evt_2"}, BODY),
        (headers() | {"Webhook-Timestamp": str(AT + 1)}, BODY),
        (headers() | {"Webhook-Timestamp": "٣"}, BODY),
        (headers() | {"Webhook-Timestamp": "9" * 5_000}, BODY),
        (headers() | {"Webhook-Signature": "v1,é"}, BODY),
        (headers() | {"Webhook-Signature": "v1, " * 10_000}, BODY),
        (headers() | {"Webhook-Signature": headers()["Webhook-Signature"][3:]}, BODY),
        ({}, BODY),
    ],
)
def test_what_is_forged_or_old_is_not(told: dict[str, str], body: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify_webhook(SECRET, told, body, now=now)


def test_a_secret_that_is_none_is_told() -> None:
    with pytest.raises(InvalidSignature, match="secret"):
        verify_webhook("whsec_é", headers(), BODY, now=now)
