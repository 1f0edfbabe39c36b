"""What a peer claims, made safe: strings, addresses, times and small blobs out of a protobuf.

Protobuf strings are not checked for UTF-8 when they are parsed (nor does whatsmeow check them),
and then read as bytes. Text meant for people is kept, with U+FFFD for what cannot be read, so that
no message is lost over one bad byte; what serves as an address or an id must be clean or is void.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from wigwag.model.errors import MalformedJid
from wigwag.model.jid import Jid, parse_jid

TEXT_LIMIT: Final = 262_144
"""Characters of a text or caption; four times what WhatsApp's own clients send."""

NAME_LIMIT: Final = 1_024
"""Characters of a name, a title, a file name."""

PATH_LIMIT: Final = 4_096
"""Characters of a URL or a direct path."""

ID_LIMIT: Final = 128
"""Characters of a message id."""

_JID_LIMIT: Final = 100
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_LAST_SECOND: Final = 253_402_300_799
_INT64_MAX: Final = 2**63 - 1
_UINT32_MAX: Final = 2**32 - 1

_MILLISECOND: Final = timedelta(milliseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def text(value: str | bytes, limit: int = TEXT_LIMIT) -> str:
    """Text for people: cut at `limit` characters, NULs and invalid UTF-8 become U+FFFD."""
    if isinstance(value, bytes):
        value = value[: 4 * limit].decode("utf-8", "replace")
    if len(value) > limit:
        value = value[:limit]
    return value.replace("\0", _REPLACEMENT) if "\0" in value else value


def name(value: str | bytes) -> str:
    """A name, a title or a file name."""
    return text(value, NAME_LIMIT)


def identifier(value: str | bytes) -> str:
    """A message id, or an empty string when it is none: printable ASCII of bounded length."""
    if isinstance(value, bytes) or len(value) > ID_LIMIT:
        return ""
    return value if value.isascii() and value.isprintable() else ""


def path(value: str | bytes) -> str:
    """A URL or path, or an empty string when it is not printable ASCII of bounded length."""
    if isinstance(value, bytes) or len(value) > PATH_LIMIT:
        return ""
    return value if value.isascii() and value.isprintable() else ""


def find_jid(value: str | bytes) -> Jid | None:
    """The address written as `value` without its device, or None when it is none."""
    if isinstance(value, bytes) or not value or len(value) > _JID_LIMIT:
        return None
    return _parsed_jid(value)


@lru_cache(maxsize=8192)
def _parsed_jid(value: str) -> Jid | None:
    try:
        jid = parse_jid(value)
    except MalformedJid:
        return None
    return jid.bare if jid.user else None


def blob(value: bytes, limit: int) -> bytes:
    """Bytes, or none at all when they are more than `limit`."""
    return value if len(value) <= limit else b""


def size(value: int) -> int:
    """A file size in bytes; 0 when it is negative (as unsigned 64 bits) or absurd."""
    return value if 0 <= value <= _INT64_MAX else 0


def moment(seconds: int) -> datetime:
    """A time in Unix seconds; the epoch when it is out of range."""
    if 0 < seconds <= _LAST_SECOND:
        return datetime.fromtimestamp(seconds, UTC)
    return EPOCH


def moment_ms(milliseconds: int) -> datetime:
    """A time in Unix milliseconds; the epoch when it is out of range."""
    if 0 < milliseconds <= _LAST_SECOND * 1000:
        return EPOCH + timedelta(milliseconds=milliseconds)
    return EPOCH


def outgoing_ms(moment: datetime) -> int:
    """An aware time as Unix milliseconds."""
    return (moment - EPOCH) // _MILLISECOND


def outgoing_text(value: str) -> str:
    """Text of a caller as it can be encoded: lone surrogates become U+FFFD, NULs too."""
    if "\0" in value:
        value = value.replace("\0", _REPLACEMENT)
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def outgoing_uint32(value: int) -> int:
    """A number of a caller, moved into the range of unsigned 32 bits."""
    return min(max(value, 0), _UINT32_MAX)
