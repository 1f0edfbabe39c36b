"""What groups are asked for: checked before anybody is asked."""

import re
from collections.abc import Sequence
from typing import Final

from wigwag.model.errors import InvalidInput
from wigwag.model.jid import Jid

LINK_PREFIX: Final = "https://chat.whatsapp.com/"
MAX_SUBJECT: Final = 100
MAX_TEXT: Final = 2048
MAX_CHANGED: Final = 1024
"""People of one change."""
CODE: Final = re.compile(r"[0-9A-Za-z_\-]{1,64}", re.ASCII)


def group_of(jid: Jid) -> Jid:
    """The address of a group. Raises InvalidInput."""
    if not jid.is_group:
        raise InvalidInput("That is no group.")
    return jid


def checked_people(people: Sequence[Jid]) -> list[Jid]:
    """The people, each once. Raises InvalidInput."""
    if len(people) > MAX_CHANGED or not all(who.is_person for who in people):
        raise InvalidInput(f"Members are people, at most {MAX_CHANGED} at once.")
    return list(dict.fromkeys(who.bare for who in people))


def check_subject(subject: str) -> None:
    """Raises InvalidInput."""
    if not subject.strip() or len(subject) > MAX_SUBJECT:
        raise InvalidInput(f"The name of a group has 1 to {MAX_SUBJECT} characters.")


def check_description(description: str) -> None:
    """Raises InvalidInput."""
    if len(description) > MAX_TEXT:
        raise InvalidInput(f"A description has at most {MAX_TEXT} characters.")


def link_code(link: str) -> str:
    """The code of a link, or the code itself. Raises InvalidInput."""
    code = link.strip().removeprefix(LINK_PREFIX).removeprefix("invite/").partition("?")[0]
    if not CODE.fullmatch(code):
        raise InvalidInput(f"That is no link into a group; such links begin with {LINK_PREFIX}")
    return code
