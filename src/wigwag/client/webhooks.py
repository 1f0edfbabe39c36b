"""Whether a webhook is real: Standard Webhooks 1.0, without another library."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast

from wigwag.client.errors import InvalidSignature
from wigwag.client.shapes import Event

TOLERANCE_S: Final = 300
_MAX_SIGNATURES: Final = 16


def verify_webhook(
    secret: str | Iterable[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance_s: float = TOLERANCE_S,
    now: Callable[[], float] = time.time,
) -> Event:
    """The event that was posted. `secret` is that of the webhook, or several while one is rotated.

    Raises InvalidSignature when no secret fits, or when the time of the delivery is further off
    than `tolerance_s`. An event may come more than once: its `id` says so.
    """
    told = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = told.get("webhook-id", ""), told.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise InvalidSignature("the headers of a webhook are missing")
    if abs(now() - int(stamp)) > tolerance_s:
        raise InvalidSignature("this delivery is too old, or the clock is wrong")
    signed = f"{message_id}.{stamp}.".encode() + body
    secrets = [secret] if isinstance(secret, str) else list(secret)
    wanted = [_signature(one, signed) for one in secrets]
    offered = told.get("webhook-signature", "").split()[:_MAX_SIGNATURES]
    # every pair is compared, so that the time it takes tells nothing
    fits = [hmac.compare_digest(a, b.encode()) for a in wanted for b in offered]
    if not any(fits):
        raise InvalidSignature("no secret fits the signature")
    return cast("Event", json.loads(body))


def _signature(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as error:
        raise InvalidSignature("the secret is not one of a webhook") from error
    return b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
