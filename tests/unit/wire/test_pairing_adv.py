"""Device identities: phone, companion and server against each other."""

import hmac
from datetime import UTC, datetime

import pytest

from wigwag.wire.errors import PairingFailure
from wigwag.wire.pairing import (
    make_device_identity,
    verify_companion_signature,
    verify_device_identity,
)
from wigwag.wire.proto.adv_pb2 import (
    HOSTED,
    ADVDeviceIdentity,
    ADVSignedDeviceIdentity,
    ADVSignedDeviceIdentityHMAC,
)
from wigwag.wire.signal.curve import generate_key_pair, sign, verify

PHONE = generate_key_pair()
COMPANION = generate_key_pair()
STRANGER = generate_key_pair()
SECRET = b"s" * 32
CONTAINER = make_device_identity(
    account=PHONE,
    companion_public=COMPANION.public,
    adv_secret=SECRET,
    raw_id=77,
    key_index=3,
    timestamp=datetime(2026, 11, 22, tzinfo=UTC),
)


def hmaced(signed: ADVSignedDeviceIdentity, secret: bytes = SECRET) -> bytes:
    data = signed.SerializeToString()
    return ADVSignedDeviceIdentityHMAC(
        details=data, HMAC=hmac.digest(secret, data, "sha256")
    ).SerializeToString()


def phone_s_word() -> ADVSignedDeviceIdentity:
    outer = ADVSignedDeviceIdentityHMAC.FromString(CONTAINER)
    return ADVSignedDeviceIdentity.FromString(outer.details)


def test_phone_companion_and_server_agree():
    verified = verify_device_identity(CONTAINER, SECRET, COMPANION)
    assert verified.account_signature_key == PHONE.public
    assert verified.key_index == 3
    key_index = verify_companion_signature(
        verified.signed_for_server,
        account_public=PHONE.public,
        companion_public=COMPANION.public,
    )
    assert key_index == 3


def test_what_is_signed_is_what_the_protocol_says():
    verified = verify_device_identity(CONTAINER, SECRET, COMPANION)
    full = ADVSignedDeviceIdentity.FromString(verified.full)
    details = ADVDeviceIdentity.FromString(full.details)
    assert (details.rawID, details.keyIndex, details.timestamp) == (77, 3, 1795305600)
    account_message = b"\x06\x00" + full.details + COMPANION.public
    device_message = b"\x06\x01" + full.details + COMPANION.public + PHONE.public
    assert verify(PHONE.public, account_message, full.accountSignature)
    assert verify(COMPANION.public, device_message, full.deviceSignature)
    assert full.accountSignatureKey == PHONE.public
    for_server = ADVSignedDeviceIdentity.FromString(verified.signed_for_server)
    assert not for_server.HasField("accountSignatureKey")
    full.ClearField("accountSignatureKey")
    assert for_server == full


def test_another_secret_is_refused():
    with pytest.raises(PairingFailure) as caught:
        verify_device_identity(CONTAINER, b"t" * 32, COMPANION)
    assert (caught.value.reply_code, caught.value.reply_text) == (401, "hmac-mismatch")


def test_an_identity_for_another_companion_is_refused():
    with pytest.raises(PairingFailure) as caught:
        verify_device_identity(CONTAINER, SECRET, STRANGER)
    assert (caught.value.reply_code, caught.value.reply_text) == (401, "signature-mismatch")


@pytest.mark.parametrize("field", ["details", "accountSignatureKey", "accountSignature"])
def test_a_changed_part_is_refused_even_under_the_right_secret(field: str):
    signed = phone_s_word()
    value = getattr(signed, field)
    setattr(signed, field, value[:-1] + bytes((value[-1] ^ 1,)))
    with pytest.raises(PairingFailure):
        verify_device_identity(hmaced(signed), SECRET, COMPANION)
    signed.ClearField(field)
    with pytest.raises(PairingFailure):
        verify_device_identity(hmaced(signed), SECRET, COMPANION)


@pytest.mark.parametrize("garbage", [b"", b"\xff" * 20, CONTAINER[:-1], CONTAINER + b"\x0a"])
def test_garbage_is_refused(garbage: bytes):
    with pytest.raises(PairingFailure):
        verify_device_identity(garbage, SECRET, COMPANION)
    with pytest.raises(PairingFailure):
        verify_companion_signature(
            garbage, account_public=PHONE.public, companion_public=COMPANION.public
        )


def test_a_damaged_container_under_the_right_secret_is_an_internal_error():
    damaged = ADVSignedDeviceIdentityHMAC(
        details=b"\xff", HMAC=hmac.digest(SECRET, b"\xff", "sha256")
    ).SerializeToString()
    with pytest.raises(PairingFailure) as caught:
        verify_device_identity(damaged, SECRET, COMPANION)
    assert (caught.value.reply_code, caught.value.reply_text) == (500, "internal-error")


def test_a_hosted_account_has_prefixes_of_its_own():
    details = ADVDeviceIdentity(keyIndex=9, deviceType=HOSTED).SerializeToString()
    message = b"\x06\x05" + details + COMPANION.public
    signed = ADVSignedDeviceIdentity(
        details=details,
        accountSignatureKey=PHONE.public,
        accountSignature=sign(PHONE.private, message),
    ).SerializeToString()
    hosted = ADVSignedDeviceIdentityHMAC(
        details=signed,
        HMAC=hmac.digest(SECRET, b"\x06\x05" + signed, "sha256"),
        accountType=HOSTED,
    )
    verified = verify_device_identity(hosted.SerializeToString(), SECRET, COMPANION)
    assert verified.key_index == 9
    hosted.ClearField("accountType")
    with pytest.raises(PairingFailure):
        verify_device_identity(hosted.SerializeToString(), SECRET, COMPANION)


def test_the_server_refuses_what_the_companion_or_the_phone_did_not_sign():
    verified = verify_device_identity(CONTAINER, SECRET, COMPANION)
    for account, companion in ((STRANGER, COMPANION), (PHONE, STRANGER)):
        with pytest.raises(PairingFailure):
            verify_companion_signature(
                verified.signed_for_server,
                account_public=account.public,
                companion_public=companion.public,
            )
    unsigned = ADVSignedDeviceIdentity.FromString(verified.signed_for_server)
    unsigned.ClearField("deviceSignature")
    with pytest.raises(PairingFailure):
        verify_companion_signature(
            unsigned.SerializeToString(),
            account_public=PHONE.public,
            companion_public=COMPANION.public,
        )
