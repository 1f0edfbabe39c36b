"""Seals: for one message, one use, one author."""

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from wigwag.model.jid import Jid
from wigwag.wire.sealing import IV_BYTES, Seal, Use, bot_secret, open_sealed, seal

AUTHOR, AUTHOR_PN = Jid("1", "lid"), Jid("491", "s.whatsapp.net")
OTHER, OTHER_PN = Jid("2", "lid"), Jid("492", "s.whatsapp.net")
SECRET = bytes(range(32))
SEAL = Seal(message_id="3EB0", author=AUTHOR, secret=SECRET)
BY_NUMBER = Seal(message_id="3EB0", author=AUTHOR_PN, secret=SECRET)


@given(st.sampled_from(Use), st.binary(max_size=60), st.binary(min_size=12, max_size=12))
def test_a_seal_opens_for_one_use_alone(use: Use, plain: bytes, iv: bytes) -> None:
    payload, told_iv = seal(SEAL, use, OTHER.with_device(3), plain, lambda _: iv)
    assert told_iv == iv
    assert open_sealed([BY_NUMBER, SEAL], use, [OTHER_PN, OTHER], payload, iv) == plain
    assert open_sealed([SEAL], use, [OTHER_PN], payload, iv) is None
    for another in set(Use) - {use}:
        assert open_sealed([SEAL], another, [OTHER], payload, iv) is None


@given(st.binary(max_size=40), st.binary(max_size=16))
def test_what_is_no_seal_is_not_opened(payload: bytes, iv: bytes) -> None:
    assert open_sealed([SEAL], Use.REACTION, [OTHER], payload, iv) is None


def test_a_bots_secret_is_not_that_of_the_question() -> None:
    assert bot_secret(SECRET) != SECRET
    assert len(bot_secret(SECRET)) == len(SECRET)


def test_a_reaction_as_whatsmeow_seals_it() -> None:
    """The derivation written out: HKDF-SHA256 over id, both authors and the use; no extra data."""
    payload, iv = seal(SEAL, Use.REACTION, OTHER, b"plain", bytes)
    assert iv == bytes(IV_BYTES)
    info = b"3EB0" + b"1@lid" + b"2@lid" + b"Enc Reaction"
    key = HKDF(SHA256(), 32, None, info).derive(SECRET)
    assert AESGCM(key).decrypt(iv, payload, None) == b"plain"
