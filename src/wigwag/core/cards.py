"""Contact cards (vCard 3.0, RFC 2426) as WhatsApp's own applications write them."""

from typing import Final

from wigwag.model.content import ContactCard
from wigwag.model.errors import MalformedJid
from wigwag.model.jid import parse_recipient

_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None, "\u2028": " ", "\u2029": " "}
)


def phone_card(name: str, phone: str) -> ContactCard:
    """The card of a person with a phone number; `waid` makes it one that can be written to.

    Raises MalformedJid.
    """
    jid = parse_recipient(phone)
    if not jid.is_pn:
        raise MalformedJid("A contact card needs a phone number in international form.")
    shown = name.translate(_ESCAPES)
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:;{shown};;;",
        f"FN:{shown}",
        f"TEL;type=CELL;type=VOICE;waid={jid.user}:+{jid.user}",
        "END:VCARD",
    )
    return ContactCard(name=name, vcard="\n".join(lines))
