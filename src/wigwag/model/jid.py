"""JIDs: the addresses of WhatsApp.

One person has two: a phone-number JID (PN, `@s.whatsapp.net`) and a hidden JID (LID, `@lid`).
Text form `user[:device]@server`; a JID without a user is its server alone.
"""

import re
from typing import Final

import msgspec

from wigwag.model.errors import MalformedJid

PN_SERVER: Final = "s.whatsapp.net"
LID_SERVER: Final = "lid"
GROUP_SERVER: Final = "g.us"
BROADCAST_SERVER: Final = "broadcast"
NEWSLETTER_SERVER: Final = "newsletter"
LEGACY_SERVER: Final = "c.us"
HOSTED_SERVER: Final = "hosted"
HOSTED_LID_SERVER: Final = "hosted.lid"
BOT_SERVER: Final = "bot"
MESSENGER_SERVER: Final = "msgr"
INTEROP_SERVER: Final = "interop"

KNOWN_SERVERS: Final = frozenset(
    {
        PN_SERVER,
        LID_SERVER,
        GROUP_SERVER,
        BROADCAST_SERVER,
        NEWSLETTER_SERVER,
        LEGACY_SERVER,
        HOSTED_SERVER,
        HOSTED_LID_SERVER,
        BOT_SERVER,
        MESSENGER_SERVER,
        INTEROP_SERVER,
    }
)

_USER = re.compile(r"[0-9A-Za-z._\-]{1,64}", re.ASCII)
_DEVICE = re.compile(r"[0-9]{1,5}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{5,20}", re.ASCII)
BLANK: Final = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What `str.strip` takes off, for a class of a regular expression: dialects differ in `\\s`."""
_AROUND: Final = (
    rf"[{BLANK}().\-/\u2010-\u2015\u2212\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
"""Blanks, dashes of every length, and the invisible marks that come with a copied number."""
_NUMBER_DECORATION = re.compile(f"{_AROUND}+")
_HOME: Final = {HOSTED_SERVER: PN_SERVER, HOSTED_LID_SERVER: LID_SERVER}


class Jid(msgspec.Struct, frozen=True, array_like=True, cache_hash=True, gc=False):
    """One address. `device` 0 is the phone (or no device at all); companions count from 1."""

    user: str
    server: str
    device: int = 0

    def __str__(self) -> str:
        if not self.user:
            return self.server
        if self.device:
            return f"{self.user}:{self.device}@{self.server}"
        return f"{self.user}@{self.server}"

    @property
    def bare(self) -> "Jid":
        """The same address without its device part."""
        return Jid(self.user, self.server) if self.device else self

    @property
    def home(self) -> "Jid":
        """A hosted address as the ordinary address of the same person, with its device."""
        server = _HOME.get(self.server)
        return Jid(self.user, server, self.device) if server is not None else self

    def with_device(self, device: int) -> "Jid":
        return Jid(self.user, self.server, device)

    @property
    def is_pn(self) -> bool:
        return self.server == PN_SERVER and bool(self.user)

    @property
    def is_lid(self) -> bool:
        return self.server == LID_SERVER

    @property
    def is_person(self) -> bool:
        return self.server in (PN_SERVER, LID_SERVER, HOSTED_SERVER, HOSTED_LID_SERVER) and bool(
            self.user
        )

    @property
    def is_group(self) -> bool:
        return self.server == GROUP_SERVER

    @property
    def is_status(self) -> bool:
        return self == STATUS_JID

    @property
    def is_newsletter(self) -> bool:
        return self.server == NEWSLETTER_SERVER


SERVER_JID: Final = Jid("", PN_SERVER)
STATUS_JID: Final = Jid("status", BROADCAST_SERVER)


def parse_jid(text: str) -> Jid:
    """The JID written as `text`; the legacy server `c.us` is read as `s.whatsapp.net`.

    Raises MalformedJid for an unknown server, an empty or unsafe user, or a bad device.
    """
    user, at, server = text.partition("@")
    if not at:
        if text in KNOWN_SERVERS:
            return Jid("", PN_SERVER if text == LEGACY_SERVER else text)
        raise MalformedJid(f"{_shown(text)} is not a WhatsApp address: it has no '@'")
    if server not in KNOWN_SERVERS:
        raise MalformedJid(f"{_shown(text)} is not a WhatsApp address: its server is unknown")
    user, colon, device_text = user.partition(":")
    device = 0
    if colon:
        if not _DEVICE.fullmatch(device_text) or int(device_text) > 65535:
            raise MalformedJid(f"{_shown(text)} is not a WhatsApp address: bad device part")
        device = int(device_text)
    if not _USER.fullmatch(user):
        raise MalformedJid(f"{_shown(text)} is not a WhatsApp address: bad user part")
    return Jid(user, PN_SERVER if server == LEGACY_SERVER else server, device)


def address_pair(one: Jid | None, other: Jid | None) -> tuple[Jid, Jid] | None:
    """(LID, PN) when the two are the addresses that one person may have, else None.

    Both are bare and of digits alone: nothing else is the address of a person.
    """
    if one is None or other is None:
        return None
    one, other = one.home.bare, other.home.bare
    if one.is_pn:
        one, other = other, one
    if not (one.is_lid and other.is_pn):
        return None
    if not (_DIGITS.fullmatch(one.user) and _DIGITS.fullmatch(other.user)):
        return None
    return one, other


def digits_of(text: str) -> str:
    """A number, or a part of one, without what people write around its digits."""
    return _NUMBER_DECORATION.sub("", text).removeprefix("+").removeprefix("00")


def _patterns() -> tuple[str, str, str]:
    digit, some = f"{_AROUND}*[0-9]", f"{_AROUND}*"
    number = (
        rf"{some}\+?{some}"
        rf"(?:0{some}0(?:{digit}){{5,20}}|0{some}[1-9](?:{digit}){{3,18}}|[1-9](?:{digit}){{4,19}})"
        rf"{some}"
    )
    device = (
        "(?::(?:[0-9]{1,4}|[0-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
    )
    phone = rf"[0-9]{{5,20}}{device}@(?:s\.whatsapp\.net|c\.us|hosted)"
    blank = f"[{BLANK}]*"

    def pattern(*servers: str) -> str:
        user = rf"[0-9A-Za-z._\-]{{1,64}}{device}@(?:{'|'.join(map(re.escape, servers))})"
        jid = f"(?:{phone}|{user})" if servers else phone
        return f"^(?:{number}|{blank}{jid}{blank})$"

    others = sorted(KNOWN_SERVERS - {PN_SERVER, LEGACY_SERVER, HOSTED_SERVER})
    return pattern(), pattern(LID_SERVER, HOSTED_LID_SERVER), pattern(*others)


PHONE_PATTERN, PERSON_PATTERN, RECIPIENT_PATTERN = _patterns()
"""What `parse_recipient` takes, as phones, as people and in all, and nothing else, for OpenAPI:
regular expressions of ECMA 262."""


def parse_recipient(text: str) -> Jid:
    """What a caller names as a recipient: a JID, or a phone number in international form.

    `+`, leading `00`, blanks, dots, dashes, slashes and parentheses in a number are ignored.
    """
    text = text.strip()
    if "@" in text:
        jid = parse_jid(text).home.bare
        if jid.server == PN_SERVER and not _DIGITS.fullmatch(jid.user):
            raise MalformedJid(f"{_shown(text)} is not a phone number in international form")
        return jid
    number = digits_of(text)
    if not _DIGITS.fullmatch(number):
        raise MalformedJid(
            f"{_shown(text)} is neither a phone number in international form "
            "(as 491701234567) nor a WhatsApp address (as 491701234567@s.whatsapp.net)"
        )
    return Jid(number, PN_SERVER)


def _shown(text: str) -> str:
    """A caller's text inside an error: quoted, escaped and short."""
    return ascii(text if len(text) <= 60 else text[:57] + "...")
