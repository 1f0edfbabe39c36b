"""The client payload: what a client says of itself at the end of the handshake.

A new companion registers its keys, a linked one logs in by number and device; both name the web
client's version, which the server refuses when it is too old (source: whatsmeow
store/clientpayload.go).
"""

import hashlib
from typing import Final

from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire.claims import name
from wigwag.wire.errors import InvalidKey, MalformedProtobuf
from wigwag.wire.pairing_qr import LinkPlatform
from wigwag.wire.proto.handshake_pb2 import ClientPayload, DeviceProps
from wigwag.wire.protobuf import parse
from wigwag.wire.signal.curve import DJB, KEY_BYTES, SIGNATURE_BYTES, verify, with_type
from wigwag.wire.signal.keys import SignedPreKey

Version = tuple[int, int, int]

WEB_VERSION: Final[Version] = (2, 3000, 1047769893)
"""The version of the web client that whatsmeow said in September 2026 (neonize 0.5.2)."""

QUOTA_MB: Final = 10_240
FULL_QUOTA_MB: Final = 102_400
FULL_DAYS: Final = 3_650
"""How far back a full history is asked for."""

MAX_PAYLOAD_BYTES: Final = 64 << 10
"""Real payloads have about 400 bytes."""

_REGISTRATION_ID_BYTES: Final = 4
_KEY_ID_BYTES: Final = 3
_LINK_PLATFORMS: Final = {
    platform: LinkPlatform[platform]
    for platform in ("CHROME", "EDGE", "FIREFOX", "IE", "OPERA", "SAFARI", "UWP")
} | {"ANDROID_PHONE": LinkPlatform.ANDROID}

_UserAgent = ClientPayload.UserAgent
_WebInfo = ClientPayload.WebInfo


class DeviceDescription(Value):
    """How a companion introduces itself; the phone shows it under Linked devices.

    `platform` is a name of DeviceProps.PlatformType. `full_history` asks the phone for all of its
    history instead of the last months.
    """

    os: str = "wigwag"
    os_version: Version = (0, 1, 0)
    platform: str = "CHROME"
    full_history: bool = False

    @property
    def link_platform(self) -> LinkPlatform:
        """The same platform as QR codes and pairing by code write it."""
        return _LINK_PLATFORMS.get(self.platform, LinkPlatform.OTHER_WEB_CLIENT)


class SignedPreKeyPublic(Value):
    """The public half of a signed prekey; the signature is over 05 and the public key."""

    id: int
    public: bytes
    signature: bytes


class Registration(Value):
    """A companion that wants to be linked."""

    registration_id: int
    identity_public: bytes
    signed_prekey: SignedPreKeyPublic
    device: DeviceDescription
    version: Version


class Login(Value):
    """A linked device: `username` is the phone number as digits."""

    username: str
    device: int
    version: Version
    passive: bool = True


def format_version(version: Version) -> str:
    return ".".join(map(str, version))


def build_hash(version: Version) -> bytes:
    """MD5 of the version's text: the build that a registration claims to come from."""
    return hashlib.md5(format_version(version).encode(), usedforsecurity=False).digest()


def device_props(device: DeviceDescription) -> bytes:
    """The serialised DeviceProps: name, platform, and which history the companion can take.

    The limits are those of whatsmeow (store/clientpayload.go); for a full history, those that
    bridges on it ask for.
    """
    primary, secondary, tertiary = device.os_version
    full = device.full_history
    return DeviceProps(
        os=device.os,
        version=DeviceProps.AppVersion(primary=primary, secondary=secondary, tertiary=tertiary),
        platformType=device.platform,
        requireFullSync=device.full_history,
        historySyncConfig=DeviceProps.HistorySyncConfig(
            fullSyncDaysLimit=FULL_DAYS if full else None,
            fullSyncSizeMbLimit=FULL_QUOTA_MB if full else None,
            storageQuotaMb=FULL_QUOTA_MB if full else QUOTA_MB,
            inlineInitialPayloadInE2EeMsg=True,
            supportCallLogHistory=True,
            supportBotUserAgentChatHistory=True,
            supportCagReactionsAndPolls=True,
            supportBizHostedMsg=True,
            supportRecentSyncChunkMessageCountTuning=True,
            supportHostedGroupMsg=True,
            supportFbidBotChatHistory=True,
            supportMessageAssociation=True,
            supportGroupHistory=True,
            thumbnailSyncDaysLimit=60,
            supportManusHistory=True,
            supportHatchHistory=True,
        ),
    ).SerializeToString()


def registration_payload(
    *,
    registration_id: int,
    identity_public: bytes,
    signed_prekey: SignedPreKey,
    device: DeviceDescription | None = None,
    version: Version = WEB_VERSION,
) -> bytes:
    """What a companion that is not linked yet says. `registration_id` has 32 bits."""
    device = device or DeviceDescription()
    payload = _base_payload(version, device.os_version)
    payload.devicePairingData.CopyFrom(
        ClientPayload.DevicePairingRegistrationData(
            eRegid=registration_id.to_bytes(_REGISTRATION_ID_BYTES, "big"),
            eKeytype=DJB,
            eIdent=identity_public,
            eSkeyID=signed_prekey.id.to_bytes(_KEY_ID_BYTES, "big"),
            eSkeyVal=signed_prekey.pair.public,
            eSkeySig=signed_prekey.signature,
            buildHash=build_hash(version),
            deviceProps=device_props(device),
        )
    )
    payload.passive = False
    payload.pull = False
    return payload.SerializeToString()


def login_payload(
    jid: Jid, *, os_version: Version = (0, 1, 0), version: Version = WEB_VERSION
) -> bytes:
    """What the linked device `jid` (a phone-number JID with device) says."""
    payload = _base_payload(version, os_version)
    payload.username = int(jid.user)
    payload.device = jid.device
    payload.passive = True
    payload.pull = True
    payload.lidDbMigrated = True
    payload.lc = 1
    return payload.SerializeToString()


def parse_client_payload(data: bytes) -> Registration | Login:
    """Who has connected. Raises MalformedProtobuf, or InvalidKey for a wrong signature."""
    if len(data) > MAX_PAYLOAD_BYTES:
        raise MalformedProtobuf("The client payload is too long.")
    payload = parse(ClientPayload, data)
    claimed = payload.userAgent.appVersion
    version = (claimed.primary, claimed.secondary, claimed.tertiary)
    if payload.HasField("devicePairingData"):
        return _parse_registration(payload.devicePairingData, version)
    if not payload.username:
        raise MalformedProtobuf("The client payload names neither keys nor a number.")
    return Login(
        username=str(payload.username),
        device=payload.device,
        version=version,
        passive=payload.passive,
    )


def _parse_registration(
    data: ClientPayload.DevicePairingRegistrationData, version: Version
) -> Registration:
    sizes = (len(data.eRegid), len(data.eIdent), len(data.eSkeyID), len(data.eSkeyVal))
    expected = (_REGISTRATION_ID_BYTES, KEY_BYTES, _KEY_ID_BYTES, KEY_BYTES)
    if sizes != expected or data.eKeytype != DJB or len(data.eSkeySig) != SIGNATURE_BYTES:
        raise MalformedProtobuf("A key of the registration has a wrong length.")
    if not verify(data.eIdent, with_type(data.eSkeyVal), data.eSkeySig):
        raise InvalidKey("The signature of the registration's signed prekey is wrong.")
    return Registration(
        registration_id=int.from_bytes(data.eRegid, "big"),
        identity_public=data.eIdent,
        signed_prekey=SignedPreKeyPublic(
            id=int.from_bytes(data.eSkeyID, "big"), public=data.eSkeyVal, signature=data.eSkeySig
        ),
        device=_parse_device(data.deviceProps),
        version=version,
    )


def _parse_device(data: bytes) -> DeviceDescription:
    props = parse(DeviceProps, data)
    return DeviceDescription(
        os=name(props.os),
        os_version=(props.version.primary, props.version.secondary, props.version.tertiary),
        platform=DeviceProps.PlatformType.Name(props.platformType),
        full_history=props.requireFullSync,
    )


def _base_payload(version: Version, os_version: Version) -> ClientPayload:
    """What every web client says of its browser."""
    primary, secondary, tertiary = version
    system = format_version(os_version)
    return ClientPayload(
        userAgent=_UserAgent(
            platform=_UserAgent.Platform.WEB,
            releaseChannel=_UserAgent.ReleaseChannel.RELEASE,
            appVersion=_UserAgent.AppVersion(
                primary=primary, secondary=secondary, tertiary=tertiary
            ),
            mcc="000",
            mnc="000",
            osVersion=system,
            manufacturer="",
            device="Desktop",
            osBuildNumber=system,
            localeLanguageIso6391="en",
            localeCountryIso31661Alpha2="US",
        ),
        webInfo=_WebInfo(webSubPlatform=_WebInfo.WebSubPlatform.WEB_BROWSER),
        connectType=ClientPayload.ConnectType.WIFI_UNKNOWN,
        connectReason=ClientPayload.ConnectReason.USER_ACTIVATED,
    )
