import pytest

from wigwag.wire.errors import InvalidMessage
from wigwag.wire.signal import ratchet
from wigwag.wire.signal.messages import SignalMessage

SEED = bytes(range(32))
SENDER, RECEIVER = b"s" * 32, b"r" * 32


def sealed(plaintext: bytes) -> SignalMessage:
    body, mac_key = ratchet.seal(SEED, plaintext)
    mac = ratchet.message_mac(mac_key, SENDER, RECEIVER, b"signed" + body)
    return SignalMessage(bytes(32), 0, body, b"signed" + body, mac)


def test_what_is_sealed_is_unsealed() -> None:
    for size in (0, 1, 15, 16, 100):
        plaintext = b"p" * size
        assert ratchet.unseal(SEED, sealed(plaintext), SENDER, RECEIVER) == plaintext


def test_the_mac_covers_both_identities_and_their_order() -> None:
    for sender, receiver in ((RECEIVER, SENDER), (SENDER, SENDER), (b"x" * 32, RECEIVER)):
        with pytest.raises(InvalidMessage):
            ratchet.unseal(SEED, sealed(b"text"), sender, receiver)


def test_a_chain_is_walked_and_its_seeds_remembered() -> None:
    chain_key = SEED
    expected: dict[int, bytes] = {}
    for number in range(3, 8):
        expected[number] = ratchet.digest(chain_key, b"\x01")
        chain_key = ratchet.digest(chain_key, b"\x02")
    assert ratchet.skip_to(SEED, 3, 8) == (chain_key, expected)
    assert ratchet.skip_to(SEED, 3, 3) == (SEED, {})


def test_a_jump_has_a_limit() -> None:
    ratchet.skip_to(SEED, 5, 5 + ratchet.MAX_JUMP)
    for counter in (6 + ratchet.MAX_JUMP, 2**32 - 1):
        with pytest.raises(InvalidMessage):
            ratchet.skip_to(SEED, 5, counter)


@pytest.mark.parametrize("body", [b"", b"x" * 15, b"x" * 17])
def test_bodies_are_whole_blocks(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        ratchet.decrypt_body(SEED, bytes(16), body)


@pytest.mark.parametrize("last", [b"\x00", b"\x11", b"\x02", b"\xff"])
def test_wrong_block_padding_is_refused(last: bytes) -> None:
    whole = ratchet.encrypt_body(SEED, bytes(16), b"x" * 15 + last)
    with pytest.raises(InvalidMessage):
        ratchet.decrypt_body(SEED, bytes(16), whole[:16])
