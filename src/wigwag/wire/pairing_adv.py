"""Device identities: how an account vouches for a companion, and the companion for itself.

The phone signs the companion's identity key; an HMAC with the secret out of the QR code (or of the
pairing by code) shows the companion that it is the phone which the owner held. The companion adds
its own signature, which the server checks (source: whatsmeow pair.go).
"""

import hmac
import os
from datetime import datetime
from typing import Final

from wigwag.model.value import Value
from wigwag.wire.errors import MalformedProtobuf, PairingFailure
from wigwag.wire.proto.adv_pb2 import (
    ADVDeviceIdentity,
    ADVEncryptionType,
    ADVSignedDeviceIdentity,
    ADVSignedDeviceIdentityHMAC,
)
from wigwag.wire.protobuf import parse
from wigwag.wire.signal.curve import KeyPair, RandomBytes, sign, verify

_ACCOUNT_PREFIX: Final = b"\x06\x00"
_DEVICE_PREFIX: Final = b"\x06\x01"
_HOSTED_PREFIX: Final = b"\x06\x05"
"""Of accounts that a business provider hosts: before the signed bytes and before the HMAC's."""


class VerifiedIdentity(Value):
    """A companion's identity that the account and the companion have both signed.

    `full` is stored and accompanies messages as <device-identity>; `signed_for_server` is the
    same without the account's key, the answer to pair-success, sent with `key_index`.
    """

    account_signature_key: bytes
    signed_for_server: bytes
    full: bytes
    key_index: int


def make_device_identity(
    *,
    account: KeyPair,
    companion_public: bytes,
    adv_secret: bytes,
    raw_id: int,
    key_index: int,
    timestamp: datetime,
    random: RandomBytes = os.urandom,
) -> bytes:
    """The phone's word for a companion: a serialised ADVSignedDeviceIdentityHMAC.

    `account` is the phone's identity key pair, `companion_public` the companion's identity key,
    `raw_id` one random 32-bit number per account, `key_index` the companion's device number.
    """
    details = ADVDeviceIdentity(
        rawID=raw_id,
        timestamp=int(timestamp.timestamp()),
        keyIndex=key_index,
        accountType=ADVEncryptionType.E2EE,
        deviceType=ADVEncryptionType.E2EE,
    ).SerializeToString()
    signed = ADVSignedDeviceIdentity(
        details=details,
        accountSignatureKey=account.public,
        accountSignature=sign(
            account.private, _ACCOUNT_PREFIX + details + companion_public, random
        ),
    ).SerializeToString()
    return ADVSignedDeviceIdentityHMAC(
        details=signed,
        HMAC=hmac.digest(adv_secret, signed, "sha256"),
        accountType=ADVEncryptionType.E2EE,
    ).SerializeToString()


def verify_device_identity(
    container: bytes, adv_secret: bytes, identity: KeyPair, random: RandomBytes = os.urandom
) -> VerifiedIdentity:
    """The companion's own identity out of pair-success, checked and countersigned.

    `identity` is the companion's identity key pair. Raises PairingFailure, which knows how to
    answer the server.
    """
    try:
        outer = parse(ADVSignedDeviceIdentityHMAC, container)
        _check_hmac(outer, adv_secret)
        signed = parse(ADVSignedDeviceIdentity, outer.details)
        details = parse(ADVDeviceIdentity, signed.details)
    except MalformedProtobuf as error:
        raise PairingFailure("The phone's device identity is damaged.") from error
    _check_account_signature(signed, details, identity.public)
    account_key = signed.accountSignatureKey
    signed.deviceSignature = sign(
        identity.private, _device_message(signed.details, identity.public, account_key), random
    )
    full = signed.SerializeToString()
    signed.ClearField("accountSignatureKey")
    return VerifiedIdentity(
        account_signature_key=account_key,
        signed_for_server=signed.SerializeToString(),
        full=full,
        key_index=details.keyIndex,
    )


def verify_companion_signature(
    signed_for_server: bytes, *, account_public: bytes, companion_public: bytes
) -> int:
    """The server's check of what a companion answers pair-success with: its key index.

    `account_public` is the phone's identity key, `companion_public` the companion's.
    Raises PairingFailure unless both have signed.
    """
    try:
        signed = parse(ADVSignedDeviceIdentity, signed_for_server)
        details = parse(ADVDeviceIdentity, signed.details)
    except MalformedProtobuf as error:
        raise PairingFailure("The companion's device identity is damaged.") from error
    signed.accountSignatureKey = account_public
    _check_account_signature(signed, details, companion_public)
    message = _device_message(signed.details, companion_public, account_public)
    if not verify(companion_public, message, signed.deviceSignature):
        raise _wrong_signature()
    return details.keyIndex


def _check_hmac(outer: ADVSignedDeviceIdentityHMAC, adv_secret: bytes) -> None:
    hosted = outer.accountType == ADVEncryptionType.HOSTED
    covered = _HOSTED_PREFIX + outer.details if hosted else outer.details
    if not hmac.compare_digest(hmac.digest(adv_secret, covered, "sha256"), outer.HMAC):
        raise PairingFailure(
            "The phone that answered is not the one that read this pairing code; pair anew.",
            reply_code=401,
            reply_text="hmac-mismatch",
        )


def _check_account_signature(
    signed: ADVSignedDeviceIdentity, details: ADVDeviceIdentity, companion_public: bytes
) -> None:
    hosted = details.deviceType == ADVEncryptionType.HOSTED
    prefix = _HOSTED_PREFIX if hosted else _ACCOUNT_PREFIX
    message = prefix + signed.details + companion_public
    if not verify(signed.accountSignatureKey, message, signed.accountSignature):
        raise _wrong_signature()


def _wrong_signature() -> PairingFailure:
    return PairingFailure(
        "A signature of the device identity is wrong; pair anew.",
        reply_code=401,
        reply_text="signature-mismatch",
    )


def _device_message(details: bytes, companion_public: bytes, account_public: bytes) -> bytes:
    return _DEVICE_PREFIX + details + companion_public + account_public
