"""URLs of other servers, as callers write them."""

import re
from typing import Final
from urllib.parse import urlsplit

MAX_URL: Final = 2_000
URL_PATTERN: Final = (
    r"^[Hh][Tt][Tt][Pp][Ss]?://(?:[A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:[/?][!\x22\x24-\x7e]*)?$"
)
"""Of ASCII, with a host, without credentials and fragment."""
URL_RULE: Final = (
    "http:// or https:// with a host, without credentials and fragment; write other letters than "
    "ASCII's percent-encoded"
)
_URL: Final = re.compile(URL_PATTERN)


def is_url(text: str) -> bool:
    """Whether the text is a URL that this server may ask."""
    try:
        parts = urlsplit(text)
        fine = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return fine and len(text) <= MAX_URL and _URL.fullmatch(text) is not None
