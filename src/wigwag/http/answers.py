"""Answers in JSON, made from the views of the core as they are."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from starlette.responses import Response

from wigwag.core.views import View

JSON: Final = "application/json"


def view_response(view: View, status: int = 200) -> Response:
    """One view. Its shape is said by the model that the route documents."""
    return Response(msgspec.json.encode(view), status, media_type=JSON)


def page_response(items: Iterable[View], next_cursor: str) -> Response:
    """A page of a list, with the cursor of the next one (null at the end)."""
    return view_response({"items": list(items), "next_cursor": next_cursor or None})


def documented(model: type[Any], status: int = 200, what: str = "") -> dict[int | str, Any]:
    """What a route that answers with a view says of it in OpenAPI (`responses=`)."""
    return {status: {"model": model, **({"description": what} if what else {})}}
