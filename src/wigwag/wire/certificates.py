"""The certificate chain by which the server proves its Noise key.

root key -> intermediate (issuer serial 0) -> leaf, whose key is the server's static Noise key.
Signatures are XEdDSA over the serialised details (source: whatsmeow handshake.go).
"""

import hmac
import os
from datetime import datetime, timedelta
from typing import Final

from wigwag.wire.errors import CertificateInvalid, MalformedProtobuf
from wigwag.wire.proto.handshake_pb2 import CertChain
from wigwag.wire.protobuf import parse
from wigwag.wire.signal.curve import (
    KEY_BYTES,
    KeyPair,
    RandomBytes,
    generate_key_pair,
    sign,
    verify,
)

WHATSAPP_ROOT: Final = bytes.fromhex(
    "142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b"
)
"""The public key that WhatsApp's own servers are vouched for with (source: whatsmeow)."""

_ROOT_SERIAL: Final = 0
_INTERMEDIATE_SERIAL: Final = 1
_LEAF_SERIAL: Final = 2
_VALID_BEFORE: Final = timedelta(days=1)
_VALID_AFTER: Final = timedelta(days=3650)

_Details = CertChain.NoiseCertificate.Details


def issue_chain(
    root: KeyPair, static_public: bytes, now: datetime, random: RandomBytes = os.urandom
) -> bytes:
    """A chain for a server of one's own, valid for ten years from the day before `now`."""
    intermediate = generate_key_pair(random)
    window = {
        "notBefore": int((now - _VALID_BEFORE).timestamp()),
        "notAfter": int((now + _VALID_AFTER).timestamp()),
    }
    of_intermediate = _Details(
        serial=_INTERMEDIATE_SERIAL, issuerSerial=_ROOT_SERIAL, key=intermediate.public, **window
    )
    of_leaf = _Details(
        serial=_LEAF_SERIAL, issuerSerial=_INTERMEDIATE_SERIAL, key=static_public, **window
    )
    chain = CertChain(
        intermediate=_signed(of_intermediate, root, random),
        leaf=_signed(of_leaf, intermediate, random),
    )
    return chain.SerializeToString()


def _signed(details: _Details, issuer: KeyPair, random: RandomBytes) -> CertChain.NoiseCertificate:
    data = details.SerializeToString()
    signature = sign(issuer.private, data, random)
    return CertChain.NoiseCertificate(details=data, signature=signature)


def verify_chain(chain: bytes, root_public: bytes, static_public: bytes, now: datetime) -> None:
    """Raises CertificateInvalid unless `root_public` vouches for `static_public` at `now`."""
    try:
        parsed = parse(CertChain, chain)
        intermediate = _verified(parsed.intermediate, root_public, _ROOT_SERIAL, now)
        leaf = _verified(parsed.leaf, intermediate.key, intermediate.serial, now)
    except MalformedProtobuf as error:
        raise CertificateInvalid("The server's certificate chain is damaged.") from error
    if not hmac.compare_digest(leaf.key, static_public):
        raise CertificateInvalid("The server's certificate is for another key.")


def _verified(
    certificate: CertChain.NoiseCertificate,
    issuer_public: bytes,
    issuer_serial: int,
    now: datetime,
) -> _Details:
    if not verify(issuer_public, certificate.details, certificate.signature):
        raise CertificateInvalid
    details = parse(_Details, certificate.details)
    if details.issuerSerial != issuer_serial or len(details.key) != KEY_BYTES:
        raise CertificateInvalid("The server's certificate chain does not hang together.")
    if not details.notBefore <= now.timestamp() <= details.notAfter:
        raise CertificateInvalid(
            "The server's certificate is not valid today; check the clock of this machine."
        )
    return details
