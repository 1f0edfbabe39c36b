"""The keys of callers: known by their digests, checked in constant time."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.model.key import ApiKey, Scope
from wigwag.ports import Clock

CONFIGURED: Final = "configured"
"""The id of the key that the settings name."""


def digest_of(secret: str) -> bytes:
    """What is kept of a key: keys are long and random, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class KeyRing:
    """The keys that are valid now."""

    def __init__(
        self, keys: Mapping[bytes, ApiKey] | None = None, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._keys = dict(keys or {})
        self._clock = clock

    def find(self, secret: str) -> ApiKey | None:
        """The key with this secret, unless it is unknown or has expired."""
        digest = digest_of(secret)
        for known, key in self._keys.items():
            if hmac.compare_digest(known, digest):
                return key if key.is_valid(self._clock.now()) else None
        return None


def configured_ring(secret: str, clock: Clock = SYSTEM_CLOCK) -> KeyRing:
    """The one key of the settings, which may do everything."""
    key = ApiKey(
        id=CONFIGURED, name=CONFIGURED, scopes=frozenset({Scope.ADMIN}), created_at=clock.now()
    )
    return KeyRing({digest_of(secret): key}, clock)
