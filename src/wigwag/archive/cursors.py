"""Opaque cursors: where a page of a list ended."""

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, TypeVar

import msgspec

from wigwag.model.archived import Page
from wigwag.model.errors import InvalidInput

T = TypeVar("T")
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A whole number that the database takes."""
MAX_PAGE_CHARS: Final = 1_000_000
"""How much a page says, more or less an item: it is held until its reader has taken it."""

Row = tuple[Any, ...]


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
    rows: Iterable[Row],
    limit: int,
    make: Callable[[Row], T],
    place: Callable[[T], object],
) -> Page[T]:
    """The page of `page_rows`. One row more than `limit` tells that there are more."""
    found, more = page_rows(rows, limit)
    items = tuple(make(row) for row in found)
    return Page(items=items, next_cursor=format_cursor(place(items[-1])) if more else "")


def page_rows(rows: Iterable[Row], limit: int | None = None) -> tuple[list[Row], bool]:
    """The rows of a page, one at least if there is one, and whether there are more; the rest is
    not read. They end at `limit`, and where they have said MAX_PAGE_CHARS."""
    found: list[Row] = []
    size = 0
    for row in rows:
        if len(found) == limit or size >= MAX_PAGE_CHARS:
            return found, True
        found.append(row)
        size += sum(len(value) for value in row if isinstance(value, (str, bytes)))
    return found, False
