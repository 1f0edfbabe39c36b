"""Who is who, and which id is which, in one client's world: two runs then use the same words."""

import re
from collections.abc import Mapping
from typing import Final

from wigwag.model.errors import MalformedJid
from wigwag.model.jid import Jid, parse_jid
from wigwag.wire.nodes import AttrValue

_FORMS: Final = (
    (re.compile(r"3EB0[0-9A-F]{18}"), "<message id>"),
    (re.compile(r"\d+\.\d+-\d+"), "<request id>"),
    (re.compile(r"\d{10}-\d+"), "<notice id>"),
    (re.compile(r"2:[A-Za-z0-9+/]{8}"), "<phash>"),
    (re.compile(r"1[6-9]\d{8}"), "<seconds>"),
    (re.compile(r"1[6-9]\d{11}"), "<milliseconds>"),
)
"""What differs from run to run; that it has the same form does not."""

_IN_TEXT: Final = re.compile(r"\d{5,}(?::\d+)?@(?:lid|s\.whatsapp\.net|g\.us|newsletter)")

_LONG_WORD: Final = 18
"""From this length on a word is known inside a longer text, too."""


class Roles:
    """Words for addresses (`people`), and for ids, numbers and names (`words`)."""

    def __init__(
        self, people: Mapping[Jid, str] | None = None, words: Mapping[str, str] | None = None
    ) -> None:
        self._people = dict(people or {})
        self._words = dict(words or {})

    def name(self, value: AttrValue) -> str:
        """The word for an attribute's value, or the value itself."""
        return self.jid(value) if isinstance(value, Jid) else self.text(value)

    def jid(self, jid: Jid) -> str:
        role = self._people.get(jid.bare)
        if role is None:
            return str(jid)
        return f"{role}:{jid.device}" if jid.device else role

    def text(self, text: str) -> str:
        """The word for a text, an address inside it, or the form of an id or a time."""
        known = self._words.get(text)
        if known is not None:
            return known
        for form, word in _FORMS:
            if form.fullmatch(text):
                return word
        for value, word in self._words.items():
            if len(value) >= _LONG_WORD:
                text = text.replace(value, word)
        return _IN_TEXT.sub(lambda found: self._address(found.group()), text)

    def _address(self, text: str) -> str:
        try:
            return self.jid(parse_jid(text))
        except MalformedJid:
            return text
