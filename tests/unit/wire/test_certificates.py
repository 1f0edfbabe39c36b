"""The server's certificate chain."""

from datetime import UTC, datetime, timedelta

import pytest

from wigwag.wire.certificates import WHATSAPP_ROOT, issue_chain, verify_chain
from wigwag.wire.errors import CertificateInvalid, NoiseFailure
from wigwag.wire.proto.handshake_pb2 import CertChain
from wigwag.wire.signal.curve import KeyPair, generate_key_pair, sign

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROOT = generate_key_pair()
STATIC = generate_key_pair().public
CHAIN = issue_chain(ROOT, STATIC, NOW)


def test_an_issued_chain_is_valid():
    verify_chain(CHAIN, ROOT.public, STATIC, NOW)


@pytest.mark.parametrize("days", [-2, 4000])
def test_a_chain_is_valid_only_in_its_time(days: int):
    with pytest.raises(CertificateInvalid, match="clock"):
        verify_chain(CHAIN, ROOT.public, STATIC, NOW + timedelta(days=days))


def test_another_root_is_refused():
    for root in (WHATSAPP_ROOT, generate_key_pair().public, bytes(32)):
        with pytest.raises(CertificateInvalid):
            verify_chain(CHAIN, root, STATIC, NOW)


def test_another_static_key_is_refused():
    for key in (generate_key_pair().public, b""):
        with pytest.raises(CertificateInvalid):
            verify_chain(CHAIN, ROOT.public, key, NOW)


def test_every_damaged_byte_is_refused():
    for position in range(len(CHAIN)):
        damaged = bytearray(CHAIN)
        damaged[position] ^= 0x10
        with pytest.raises(CertificateInvalid):
            verify_chain(bytes(damaged), ROOT.public, STATIC, NOW)
    for garbage in (b"", b"\xff" * 9, CHAIN[:-1]):
        with pytest.raises(CertificateInvalid):
            verify_chain(garbage, ROOT.public, STATIC, NOW)


def test_a_leaf_that_names_another_issuer_is_refused():
    # The intermediate key is unknown here, so the chain is made anew around a known one.
    intermediate = generate_key_pair()
    for issuer_serial, root_serial in ((1, 7), (7, 0)):
        chain = CertChain(
            intermediate=_certificate(ROOT, 1, root_serial, intermediate.public),
            leaf=_certificate(intermediate, 2, issuer_serial, STATIC),
        )
        with pytest.raises(CertificateInvalid, match="hang together"):
            verify_chain(chain.SerializeToString(), ROOT.public, STATIC, NOW)


def _certificate(
    issuer: KeyPair, serial: int, issuer_serial: int, key: bytes
) -> CertChain.NoiseCertificate:
    at = int(NOW.timestamp())
    details = CertChain.NoiseCertificate.Details(
        serial=serial, issuerSerial=issuer_serial, key=key, notBefore=at - 1, notAfter=at + 1
    ).SerializeToString()
    return CertChain.NoiseCertificate(details=details, signature=sign(issuer.private, details))


def test_an_invalid_certificate_is_a_failed_handshake():
    assert issubclass(CertificateInvalid, NoiseFailure)
