"""What the QR code of a companion says to the phone that scans it."""

import base64
import binascii
from enum import StrEnum
from typing import Final

from wigwag.model.value import Value
from wigwag.wire.errors import PairingFailure
from wigwag.wire.signal.curve import KEY_BYTES

QR_URL: Final = "https://wa.me/settings/linked_devices#"
"""What newer clients put before the contents, so that any camera leads to WhatsApp."""

ADV_SECRET_BYTES: Final = 32
MAX_QR_CHARACTERS: Final = 2048
"""A QR code holds some 2,900 characters; real contents have about 280."""


class LinkPlatform(StrEnum):
    """What a companion says that it is (source: whatsmeow pair-code.go)."""

    UNKNOWN = "0"
    CHROME = "1"
    EDGE = "2"
    FIREFOX = "3"
    IE = "4"
    OPERA = "5"
    SAFARI = "6"
    ELECTRON = "7"
    UWP = "8"
    OTHER_WEB_CLIENT = "9"
    MACOS = "c"
    ANDROID = "e"


class QrContents(Value):
    """`ref` is the server's reference; the keys are raw, 32 bytes each; `platform` may be ""."""

    ref: str
    noise_public: bytes
    identity_public: bytes
    adv_secret: bytes
    platform: str = LinkPlatform.UNKNOWN

    def __repr__(self) -> str:
        """Whoever has the contents can link the companion, so they are not shown."""
        return f"QrContents(platform={self.platform!r})"


def format_qr(contents: QrContents) -> str:
    """The text of the QR code. Raises PairingFailure for a reference that it cannot carry."""
    ref = contents.ref
    if not ref or "," in ref or not ref.isprintable() or len(ref) > MAX_QR_CHARACTERS // 2:
        raise PairingFailure("The server's pairing reference cannot be put into a QR code.")
    keys = (contents.noise_public, contents.identity_public, contents.adv_secret)
    fields = [ref, *(base64.b64encode(key).decode() for key in keys)]
    if contents.platform:
        fields.append(contents.platform)
    return QR_URL + ",".join(fields)


def parse_qr(text: str) -> QrContents:
    """The contents of a scanned code, with or without the URL, as older clients show it.

    Raises PairingFailure for a code that is not a WhatsApp companion's.
    """
    if len(text) > MAX_QR_CHARACTERS:
        raise _not_a_companion()
    ref, *keys = text.strip().removeprefix(QR_URL).split(",")
    if len(keys) not in (3, 4) or not ref:
        raise _not_a_companion()
    return QrContents(
        ref=ref,
        noise_public=_parse_key(keys[0], KEY_BYTES),
        identity_public=_parse_key(keys[1], KEY_BYTES),
        adv_secret=_parse_key(keys[2], ADV_SECRET_BYTES),
        platform=keys[3] if len(keys) == 4 else "",
    )


def _parse_key(text: str, size: int) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _not_a_companion() from None
    if len(key) != size:
        raise _not_a_companion()
    return key


def _not_a_companion() -> PairingFailure:
    return PairingFailure("That is not the QR code of a WhatsApp companion.")
