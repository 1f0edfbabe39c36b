"""Which pictures may be set: JPEG alone, of a sensible size."""

from typing import Final

from wigwag.model.errors import InvalidInput

MAX_PICTURE_BYTES: Final = 1_000_000
_JPEG: Final = b"\xff\xd8\xff"


def check_picture(jpeg: bytes) -> None:
    """Raises InvalidInput."""
    if not jpeg.startswith(_JPEG) or len(jpeg) > MAX_PICTURE_BYTES:
        raise InvalidInput(f"A picture is a JPEG of at most {MAX_PICTURE_BYTES} bytes.")
