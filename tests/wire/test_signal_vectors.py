"""Signal against published vectors.

X25519: RFC 7748, sections 5.2 and 6.1. HKDF: RFC 5869, appendix A. The signatures, derivations
and conversations are those of the tests of Signal's own libraries, named at each.
"""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from wigwag.wire.errors import DuplicateMessage
from wigwag.wire.signal import curve, ratchet
from wigwag.wire.signal.agreement import initiate, respond
from wigwag.wire.signal.curve import KeyPair, key_pair_from_private, strip_type
from wigwag.wire.signal.keys import LocalIdentity, PreKey, PreKeyBundle, SignedPreKey
from wigwag.wire.signal.messages import PreKeyMessage, SignalMessage
from wigwag.wire.signal.session import (
    SessionRecord,
    decrypt_message,
    decrypt_prekey_message,
    encrypt,
    start_session,
)


def h(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize(
    ("private", "public", "shared"),
    [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        ),
    ],
)
def test_x25519_of_rfc_7748(private: str, public: str, shared: str) -> None:
    assert curve.shared_secret(h(private), h(public)) == h(shared)


def test_agreement_of_rfc_7748() -> None:
    alice = key_pair_from_private(
        h("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    )
    bob = key_pair_from_private(
        h("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
    )
    shared = h("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
    assert alice.public == h("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    assert bob.public == h("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    assert curve.shared_secret(alice.private, bob.public) == shared
    assert curve.shared_secret(bob.private, alice.public) == shared


def test_hkdf_of_rfc_5869() -> None:
    output = ratchet.hkdf_64(b"\x0b" * 22, bytes(range(13)), h("f0f1f2f3f4f5f6f7f8f9"))
    assert b"".join(output)[:42] == h(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    long_output = ratchet.hkdf_64(
        bytes(range(0x50)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100))
    )
    assert b"".join(long_output) == h(
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
    )


def test_signature_of_libsignal() -> None:
    """libsignal, rust/core/src/curve/curve25519.rs; the sign bit is set in it."""
    private = h("c097248412e58bf05df487968205132794178e367637f5818f81e0e6ce73e865")
    public = h("ab7e717d4a163b7d9a1d8071dfe9dcf8cdcd1cea3339b6356be84d887e322c64")
    message = h("05edce9d9c415ca78cb7252e72c2c4a554d3eb29485a0e1d503118d1a82d99fb4a")
    signature = h(
        "5de88ca9a89b4a115da79109c67c9c7464a3e4180274f1cb8c63c2984e286dfb"
        "ede82deb9dcd9fae0bfbb821569b3d9001bd8130cd11d486cef047bd60b86e88"
    )
    assert curve.public_key(private) == public
    assert curve.verify(public, message, signature)
    for place in range(64):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not curve.verify(public, message, bytes(changed))


def test_xeddsa_signature_of_libsignal_protocol_c() -> None:
    """libsignal-protocol-c, internal_fast_tests.c: all zeros but for one byte of the key."""
    pair = key_pair_from_private(bytes(8) + b"\xbd" + bytes(23))
    message = bytes(200)
    made = curve.sign(pair.private, message, bytes)
    assert made == h(
        "11c7f3e6c4df9e8a5150e1db3b30f92de3a3b3aa438656545fa7390f4bcc7bb2"
        "6c431d9e90643e4f0eaa0e9c557766fa69ada576d63dcaf2ac326c11d0b97702"
    )
    older_form = h(
        "cf873d0379ac20e8893e5567ee0f8951f8db840d26b243b463526689d01ca718"
        "ac189fb1678574ebdde569330659448b0bd6c1973f7d780ab39518626803d782"
    )
    assert curve.verify(pair.public, message, made)
    assert curve.verify(pair.public, message, older_form)


def test_chain_key_of_libsignal() -> None:
    """libsignal-protocol-c, test_ratchet.c, version 3: the keys seen through a sealed message."""
    chain_key = h("8ab72d6f4cc5ac0d387eaf463378ddb28edd07385b1cb01250c715982e7ad48f")
    cipher_key = h("bf51e9d75e0e31031051f82a2491ffc084fa298b7793bd9db620056febf45217")
    mac_key = h("c6c77d6a73a354337a56435e34607dfe48e3ace14e77314dc6abc172e7a7030b")
    seed, following = ratchet.chain_step(chain_key)
    body, made_mac_key = ratchet.seal(seed, b"plaintext")
    assert made_mac_key == mac_key
    # CBC decrypts every block but the first without the IV.
    two_blocks, _ = ratchet.seal(seed, bytes(16) + b"plaintext")
    assert ratchet.decrypt_body(cipher_key, two_blocks[:16], two_blocks[16:]) == b"plaintext"
    assert len(body) == 16
    assert following == h("28e8f8fee54b801eef7c5cfb2f17f32c7b334485bbb70fac6ec10342a246d15d")


BOB_IDENTITY = KeyPair(
    h("4875cc69ddf8ea0719ec947d61081135868d5fd801f02c0225e516df2156605e"),
    h("f1f43874f6966956c2dd473f8fa15adeb71d1cb991b2341692324cefb1c5e626"),
)
BOB_SIGNED = KeyPair(
    h("583900131fb727998b7803fe6ac22cc591f342e4e42a8c8d5d78194209b8d253"),
    h("ac248a8f263be6863576eb0362e28c828f0107a3379d34bab1586bf8c770cd67"),
)
ALICE_IDENTITY = KeyPair(
    h("9040f0d4e09cf38f6dc7c13779c908c015a1da4fa78737a080eb0a6f4f5f8f58"),
    h("b4a8455660ada65b401007f615e654041746432e3339c6875149bceefcb42b4a"),
)
ALICE_BASE = KeyPair(
    h("10ae7c64d1e61cd596b76a0db5012673391cae66edbfcf073b4da80516a47449"),
    h("e2c05860f2ac6b2b57ba564b421ffe71e4b128c591e46e0491cc9b33dbf22a27"),
)
FIRST_CHAIN = h("ab9be50e5cb22a925446ab90ee5670545f4fd32902459ec274b6ad0ae5d6031a")


def test_agreement_of_libsignal_as_bob() -> None:
    """libsignal, RatchetingSessionTest (as corrected in 2025): ratcheting session as Bob."""

    class Keys:
        def find_prekey(self, _prekey_id: int, /) -> PreKey | None:
            return None

        def find_signed_prekey(self, prekey_id: int, /) -> SignedPreKey | None:
            return SignedPreKey(prekey_id, BOB_SIGNED, b"")

    inner = SignalMessage(bytes(32), 0, b"", b"", b"")
    first = PreKeyMessage(1, None, 1, ALICE_BASE.public, ALICE_IDENTITY.public, inner)
    state = respond(LocalIdentity(BOB_IDENTITY, 2), first, Keys())
    assert state.send_key == FIRST_CHAIN


def test_agreement_of_libsignal_as_alice() -> None:
    """libsignal, RatchetingSessionTest (as corrected in 2025): ratcheting session as Alice."""
    signature = curve.sign(BOB_IDENTITY.private, curve.with_type(BOB_SIGNED.public))
    bundle = PreKeyBundle(2, BOB_IDENTITY.public, 1, BOB_SIGNED.public, signature)
    state = initiate(LocalIdentity(ALICE_IDENTITY, 1), bundle, lambda _size: ALICE_BASE.private)
    assert state.base_key == ALICE_BASE.public
    assert state.chains[0].key == FIRST_CHAIN


class Published(msgspec.Struct):
    id: int
    private: str
    public: str
    signature: str = ""


class Alice(msgspec.Struct):
    registration_id: int
    identity_private: str
    base_private: list[str]
    ratchet_private: list[str]


class Bob(msgspec.Struct):
    registration_id: int
    identity_private: str
    identity_public: str
    signed_prekey: Published
    one_time_prekeys: list[Published]
    ratchet_private: list[str]

    def find_prekey(self, prekey_id: int, /) -> PreKey | None:
        for key in self.one_time_prekeys:
            if key.id == prekey_id:
                return PreKey(prekey_id, key_pair_from_private(h(key.private)))
        return None

    def find_signed_prekey(self, prekey_id: int, /) -> SignedPreKey | None:
        key = self.signed_prekey
        if key.id != prekey_id:
            return None
        return SignedPreKey(prekey_id, key_pair_from_private(h(key.private)), h(key.signature))

    def bundle(self, number: int) -> PreKeyBundle:
        one_time = self.one_time_prekeys[number]
        return PreKeyBundle(
            self.registration_id,
            strip_type(h(self.identity_public)),
            self.signed_prekey.id,
            strip_type(h(self.signed_prekey.public)),
            h(self.signed_prekey.signature),
            one_time.id,
            strip_type(h(one_time.public)),
        )


class Transcript(msgspec.Struct):
    """A conversation of Alice and Bob: their secrets and every message as it travelled."""

    alice: Alice
    bob: Bob
    messages: dict[str, str]


class Transcripts(msgspec.Struct):
    """Those of libsignal-protocol-javascript, test/testvectors.js."""

    origin: str
    two_parties: Transcript
    two_sessions: Transcript


TRANSCRIPTS = msgspec.json.decode(
    (Path(__file__).parent / "vectors" / "signal_sessions.json").read_bytes(), type=Transcripts
)


def plaintext(name: str) -> bytes:
    """The text in Signal's envelope of that time, padded to 159 bytes."""
    envelope = h("2001") if name == "end" else b"\x0a\x01" + name.encode()
    return (envelope + b"\x80").ljust(159, b"\x00")


def identity_of(party: Alice | Bob) -> LocalIdentity:
    return LocalIdentity(key_pair_from_private(h(party.identity_private)), party.registration_id)


def keys_in_order(*privates: str) -> curve.RandomBytes:
    queue = [h(private) for private in privates]
    return lambda _size: queue.pop(0)


class Endpoint:
    """One side of a transcript, which is stored and loaded again between all steps."""

    def __init__(self, transcript: Transcript, party: Alice | Bob) -> None:
        self.transcript = transcript
        self.local = identity_of(party)
        self.record = SessionRecord()

    def send(self, name: str, random: curve.RandomBytes) -> bytes:
        sent = encrypt(self.local, self.record, plaintext(name), random)
        self.record = SessionRecord.load(self.record.dump())
        assert sent.data == h(self.transcript.messages[name])
        return sent.data

    def receive(self, name: str) -> int | None:
        data, used = h(self.transcript.messages[name]), None
        if self.transcript.messages[name].find("22d301330a2105") > 0:
            text, used = decrypt_prekey_message(self.local, self.record, data, self.transcript.bob)
        else:
            text = decrypt_message(self.local, self.record, data)
        self.record = SessionRecord.load(self.record.dump())
        assert text == plaintext(name)
        return used


def no_random(_size: int) -> bytes:
    raise AssertionError("no new key is due")


@pytest.mark.parametrize("order", ["CD", "DC"])
def test_a_conversation_as_alice(order: str) -> None:
    transcript = TRANSCRIPTS.two_parties
    alice = Endpoint(transcript, transcript.alice)
    keys = transcript.alice
    start_session(
        alice.local, transcript.bob.bundle(0), alice.record, keys_in_order(keys.base_private[0])
    )
    alice.send("A", keys_in_order(keys.ratchet_private[0]))
    alice.send("B", no_random)
    for name in order:
        alice.receive(name)
    alice.send("E", keys_in_order(keys.ratchet_private[1]))


def orders() -> Iterator[Sequence[str]]:
    """Every order in which Bob can live through the conversation; "A" or "B" comes first."""
    for order in itertools.permutations("ABCDE"):
        if order[0] in "AB" and order.index("C") < order.index("D") < order.index("E"):
            yield order


@pytest.mark.parametrize("order", list(orders()), ids="".join)
def test_a_conversation_as_bob(order: Sequence[str]) -> None:
    transcript = TRANSCRIPTS.two_parties
    bob = Endpoint(transcript, transcript.bob)
    random = keys_in_order(transcript.bob.ratchet_private[0])
    for place, name in enumerate(order):
        if name in "CD":
            bob.send(name, random)
        else:
            assert bob.receive(name) == (4611143 if place == 0 else None)
    for name in "ABE":
        with pytest.raises(DuplicateMessage):
            bob.receive(name)
    assert bob.record.remote_registration_id == 10290


def test_two_sessions_as_alice() -> None:
    transcript = TRANSCRIPTS.two_sessions
    alice = Endpoint(transcript, transcript.alice)
    keys = transcript.alice
    for number, names in enumerate((("A", "B", "end"), ("C", "D"))):
        base = keys_in_order(keys.base_private[number])
        start_session(alice.local, transcript.bob.bundle(number), alice.record, base)
        random = keys_in_order(keys.ratchet_private[number])
        for name in names:
            alice.send(name, random)
    alice.receive("E")


@pytest.mark.parametrize(
    "order",
    [
        ("A", "B", "end", "C", "D", "E"),
        ("B", "A", "end", "C", "D", "E"),
        ("end", "B", "A", "C", "D", "E"),
        ("A", "C", "end", "B", "D", "E"),
        ("C", "A", "B", "end", "D", "E"),
        ("D", "end", "C", "E", "B", "A"),
        ("A", "end", "D", "E", "C", "B"),
    ],
    ids="".join,
)
def test_two_sessions_as_bob(order: Sequence[str]) -> None:
    transcript = TRANSCRIPTS.two_sessions
    bob = Endpoint(transcript, transcript.bob)
    for name in order:
        if name == "E":
            bob.send(name, keys_in_order(transcript.bob.ratchet_private[1]))
        else:
            bob.receive(name)
    assert len(bob.record.states) == 2
