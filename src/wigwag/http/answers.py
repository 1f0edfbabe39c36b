"""Answers in JSON, made from the views of the core as they are."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from starlette.responses import Response

from wigwag.core.views import View

PROBLEM_CONTENT: Final = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}
_JSON: Final = (b"content-type", b"application/json")


class JsonAnswer(Response):
    """A body of JSON. Its headers are few, and made without a look at what others may have."""

    def __init__(self, body: bytes, status: int) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [(b"content-length", b"%d" % len(body)), _JSON]


def view_response(view: View, status: int = 200) -> Response:
    """One view. Its shape is said by the model that the route documents."""
    return JsonAnswer(msgspec.json.encode(view), status)


def page_response(items: Iterable[View], next_cursor: str) -> Response:
    """A page of a list, with the cursor of the next one (null at the end)."""
    return view_response({"items": list(items), "next_cursor": next_cursor or None})


def documented(model: type[Any], status: int = 200, what: str = "") -> dict[int | str, Any]:
    """What a route that answers with a view says of it in OpenAPI (`responses=`)."""
    return {status: {"model": model, **({"description": what} if what else {})}}


def refused(status: int, what: str) -> dict[int | str, Any]:
    """What a route says in OpenAPI of a problem that has a status of its own."""
    return {status: {"description": what, "content": PROBLEM_CONTENT}}
