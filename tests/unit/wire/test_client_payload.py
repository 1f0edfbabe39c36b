"""Client payloads, made and read back."""

import hashlib

import pytest

from wigwag.model.jid import Jid
from wigwag.wire.client_payload import (
    MAX_PAYLOAD_BYTES,
    WEB_VERSION,
    DeviceDescription,
    Login,
    Registration,
    build_hash,
    login_payload,
    parse_client_payload,
    registration_payload,
)
from wigwag.wire.errors import InvalidKey, MalformedProtobuf
from wigwag.wire.pairing import LinkPlatform
from wigwag.wire.proto.handshake_pb2 import ClientPayload, DeviceProps
from wigwag.wire.signal.curve import generate_key_pair
from wigwag.wire.signal.keys import make_signed_prekey

IDENTITY = generate_key_pair()
SIGNED = make_signed_prekey(IDENTITY, 0x010203)
DEVICE = DeviceDescription(os="Ubuntu", os_version=(1, 2, 3), platform="FIREFOX", full_history=True)
REGISTRATION = registration_payload(
    registration_id=0xFEDCBA98,
    identity_public=IDENTITY.public,
    signed_prekey=SIGNED,
    device=DEVICE,
)


def test_a_registration_is_read_back():
    registration = parse_client_payload(REGISTRATION)
    assert isinstance(registration, Registration)
    assert registration.registration_id == 0xFEDCBA98
    assert registration.identity_public == IDENTITY.public
    assert registration.signed_prekey.id == 0x010203
    assert registration.signed_prekey.public == SIGNED.pair.public
    assert registration.signed_prekey.signature == SIGNED.signature
    assert registration.device == DEVICE
    assert registration.version == WEB_VERSION


def test_a_registration_is_what_the_protocol_says():
    payload = ClientPayload.FromString(REGISTRATION)
    data = payload.devicePairingData
    assert (data.eRegid, data.eKeytype, data.eSkeyID) == (
        bytes.fromhex("fedcba98"),
        b"\x05",
        bytes.fromhex("010203"),
    )
    assert data.buildHash == hashlib.md5(b"2.3000.1047769893").digest()
    assert (payload.passive, payload.pull) == (False, False)
    assert payload.HasField("passive")
    assert not payload.HasField("username")
    assert payload.userAgent.platform == ClientPayload.UserAgent.WEB
    assert payload.userAgent.osVersion == "1.2.3"
    props = DeviceProps.FromString(data.deviceProps)
    assert (props.os, props.platformType, props.requireFullSync) == (
        "Ubuntu",
        DeviceProps.FIREFOX,
        True,
    )
    assert props.historySyncConfig.inlineInitialPayloadInE2EeMsg


def test_a_login_is_read_back():
    data = login_payload(Jid("491701234567", "s.whatsapp.net", 5), version=(2, 3000, 7))
    assert parse_client_payload(data) == Login(
        username="491701234567", device=5, version=(2, 3000, 7), passive=True
    )
    payload = ClientPayload.FromString(data)
    assert payload.username == 491701234567
    assert (payload.passive, payload.pull, payload.lidDbMigrated, payload.lc) == (
        True,
        True,
        True,
        1,
    )
    assert not payload.HasField("devicePairingData")


def test_a_build_hash_is_the_md5_of_the_version():
    assert build_hash((2, 3000, 1)) == hashlib.md5(b"2.3000.1").digest()


def test_the_platform_of_the_qr_code():
    assert DeviceDescription().link_platform is LinkPlatform.CHROME
    assert DeviceDescription(platform="SAFARI").link_platform is LinkPlatform.SAFARI
    assert DeviceDescription(platform="DESKTOP").link_platform is LinkPlatform.OTHER_WEB_CLIENT


@pytest.mark.parametrize("garbage", [b"", b"\xff" * 30, REGISTRATION[:-5], b"\x9a\x01\x00"])
def test_garbage_is_refused(garbage: bytes):
    with pytest.raises(MalformedProtobuf):
        parse_client_payload(garbage)


def test_a_huge_payload_is_refused():
    with pytest.raises(MalformedProtobuf):
        parse_client_payload(bytes(MAX_PAYLOAD_BYTES + 1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("eRegid", b"\x01"),
        ("eKeytype", b"\x04"),
        ("eIdent", b""),
        ("eSkeyID", bytes(4)),
        ("eSkeyVal", bytes(33)),
        ("eSkeySig", bytes(63)),
        ("deviceProps", b"\xff"),
    ],
)
def test_malformed_keys_are_refused(field: str, value: bytes):
    payload = ClientPayload.FromString(REGISTRATION)
    setattr(payload.devicePairingData, field, value)
    with pytest.raises(MalformedProtobuf):
        parse_client_payload(payload.SerializeToString())


def test_a_wrong_signature_is_refused():
    payload = ClientPayload.FromString(REGISTRATION)
    payload.devicePairingData.eIdent = generate_key_pair().public
    with pytest.raises(InvalidKey):
        parse_client_payload(payload.SerializeToString())


def test_odd_device_props_are_made_safe():
    payload = ClientPayload.FromString(REGISTRATION)
    # Field 1 (os) that is not UTF-8, field 3 (platformType) with a number that is not known.
    payload.devicePairingData.deviceProps = b"\x0a\x02\xff\x41\x18\xe7\x07"
    registration = parse_client_payload(payload.SerializeToString())
    assert isinstance(registration, Registration)
    assert registration.device.os == "\ufffdA"
    assert registration.device.platform == "UNKNOWN"
