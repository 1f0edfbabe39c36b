"""Keys are found by their secrets alone, and only while they are valid."""

from datetime import timedelta

import pytest

from scripted.waiting import VirtualClock
from wigwag.core.keys import KeyRing, configured_ring, digest_of
from wigwag.model.key import ApiKey, Scope

SECRET = "a-key-of-some-length"


def test_the_configured_key_may_do_everything() -> None:
    key = configured_ring(SECRET).find(SECRET)
    assert key is not None
    assert all(key.may(scope) for scope in Scope)
    assert key.reaches("anything")
    assert key.sees("15550001111@s.whatsapp.net")


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", "\udc80"])
def test_other_secrets_open_nothing(secret: str) -> None:
    assert configured_ring(SECRET).find(secret) is None


async def test_a_key_expires() -> None:
    clock = VirtualClock()
    key = ApiKey(
        id="key_1",
        name="bot",
        scopes=frozenset({Scope.SEND}),
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(hours=1),
    )
    ring = KeyRing({digest_of(SECRET): key}, clock)
    assert ring.find(SECRET) is key
    await clock.advance(3600)
    assert ring.find(SECRET) is None


def test_limits_of_a_key() -> None:
    key = ApiKey(
        id="key_1",
        name="bot",
        scopes=frozenset({Scope.READ}),
        created_at=VirtualClock().now(),
        accounts=frozenset({"work"}),
        chats=frozenset({"15550001111@s.whatsapp.net"}),
    )
    assert (key.may(Scope.READ), key.may(Scope.SEND), key.may(Scope.ADMIN)) == (True, False, False)
    assert (key.reaches("work"), key.reaches("default")) == (True, False)
    assert key.sees("15550001111@s.whatsapp.net")
    assert not key.sees("15550002222@s.whatsapp.net")
