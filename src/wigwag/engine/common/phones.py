"""The phone number that an account is linked by."""

from typing import Final

from wigwag.model.errors import InvalidInput
from wigwag.model.jid import Jid, parse_recipient

_SHORTEST_NUMBER: Final = 7


def parse_phone(phone: str) -> Jid:
    """The account's phone number as an address. Raises InvalidInput."""
    jid = parse_recipient(phone)
    if not jid.is_pn or len(jid.user) < _SHORTEST_NUMBER or jid.user.startswith("0"):
        raise InvalidInput("Give the phone number of the account in international form.")
    return jid
