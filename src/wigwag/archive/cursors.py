"""Opaque cursors: where a page of a list ended."""

import base64
import binascii
from typing import Annotated, TypeVar

import msgspec

from wigwag.model.errors import InvalidInput

T = TypeVar("T")
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A whole number that the database takes."""


def format_cursor(place: object) -> str:
    """A cursor for a place: a tuple of numbers and texts."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).rstrip(b"=").decode()


def parse_cursor(cursor: str, place_type: type[T]) -> T:
    """The place of a cursor. Raises InvalidInput for anything that is not one of ours."""
    try:
        data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.msgpack.decode(data, type=place_type)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise InvalidInput("This cursor is not one that this server gave; start anew.") from error
