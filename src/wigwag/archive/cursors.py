"""Opaque cursors: where a page of a list ended."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec

from wigwag.model.archived import Page
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


def page_of(
    rows: Sequence[tuple[Any, ...]],
    limit: int,
    make: Callable[[tuple[Any, ...]], T],
    place: Callable[[T], object],
) -> Page[T]:
    """A page of at most `limit` of these rows, of which one more tells that there are more."""
    items = tuple(make(row) for row in rows[:limit])
    return Page(
        items=items, next_cursor=format_cursor(place(items[-1])) if len(rows) > limit else ""
    )
