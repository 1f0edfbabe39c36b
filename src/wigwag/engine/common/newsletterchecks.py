"""What newsletters are asked for: checked before anybody is asked. Each raises InvalidInput."""

import re
from typing import Final

from wigwag.model.errors import InvalidInput
from wigwag.model.jid import Jid
from wigwag.wire.newsletters import LINK_PREFIX

MAX_NAME: Final = 100
MAX_TEXT: Final = 2048
MAX_EMOJI: Final = 64
MAX_ASKED: Final = 300
"""Posts that are asked for, or counted as seen, at once."""
_MAX_SERVER_ID: Final = 2**31 - 1
_CODE: Final = re.compile(r"[0-9A-Za-z]{10,64}", re.ASCII)


def newsletter_of(newsletter: Jid) -> Jid:
    """The address of a newsletter."""
    if not newsletter.is_newsletter or not newsletter.user:
        raise InvalidInput("That is no newsletter.")
    return newsletter


def link_code(link: str) -> str:
    """The code of a link, or the code itself."""
    code = link.strip().removeprefix(LINK_PREFIX).partition("?")[0]
    if not _CODE.fullmatch(code):
        raise InvalidInput(f"Such links begin with {LINK_PREFIX}")
    return code


def checked_number(server_id: int) -> int:
    if not 0 < server_id <= _MAX_SERVER_ID:
        raise InvalidInput("That is not the server id of a post.")
    return server_id


def checked_count(count: int) -> int:
    if not 0 < count <= MAX_ASKED:
        raise InvalidInput(f"Ask for 1 to {MAX_ASKED} posts.")
    return count


def check_emoji(emoji: str) -> None:
    if len(emoji) > MAX_EMOJI:
        raise InvalidInput("A reaction is one emoji.")


def check_words(name: str | None, description: str) -> None:
    """The name, where there is one to be, and the description."""
    if name is not None and (not name.strip() or len(name) > MAX_NAME):
        raise InvalidInput(f"The name of a newsletter has 1 to {MAX_NAME} characters.")
    if len(description) > MAX_TEXT:
        raise InvalidInput(f"A description has at most {MAX_TEXT} characters.")
