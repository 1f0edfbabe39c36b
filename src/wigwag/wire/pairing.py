"""Pairing a companion with a phone: the QR code, the pairing by code, the device identity.

Both sides, without I/O: the engine plays the companion, the sandbox the phone and the server.
"""

from wigwag.wire.pairing_adv import (
    VerifiedIdentity,
    make_device_identity,
    verify_companion_signature,
    verify_device_identity,
)
from wigwag.wire.pairing_code import (
    CompanionFinish,
    PhoneHello,
    companion_finish,
    format_link_code,
    generate_link_code,
    parse_link_code,
    phone_finish,
    phone_hello,
    unwrap_ephemeral,
    wrap_ephemeral,
)
from wigwag.wire.pairing_qr import (
    ADV_SECRET_BYTES,
    LinkPlatform,
    QrContents,
    format_qr,
    parse_qr,
)

__all__ = [
    "ADV_SECRET_BYTES",
    "CompanionFinish",
    "LinkPlatform",
    "PhoneHello",
    "QrContents",
    "VerifiedIdentity",
    "companion_finish",
    "format_link_code",
    "format_qr",
    "generate_link_code",
    "make_device_identity",
    "parse_link_code",
    "parse_qr",
    "phone_finish",
    "phone_hello",
    "unwrap_ephemeral",
    "verify_companion_signature",
    "verify_device_identity",
    "wrap_ephemeral",
]
