"""What is wrong with a request, in sentences that tell the next step."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, get_args

from fastapi.exceptions import RequestValidationError, ValidationException
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from wigwag.core.keys import KEY_NAME_PATTERN
from wigwag.http.models.calls import CALL_ID_PATTERN
from wigwag.http.models.events import CURSOR_PATTERN, EVENT_ID_PATTERN
from wigwag.http.models.fields import EMOJI_PATTERN, SHA256_PATTERN
from wigwag.http.models.groups import SUBJECT_PATTERN
from wigwag.http.models.profile import CHOICE_PATTERN
from wigwag.http.models.sending import ONCE_PATTERN
from wigwag.model.account import NAME_PATTERN, NAME_RULE

MOST: Final = 5
"""Mistakes that are told of at once."""
WORDS: Final[Mapping[str, str]] = {
    CALL_ID_PATTERN: "take the id that call.offered tells",
    CHOICE_PATTERN: "write one word of a-z and _",
    CURSOR_PATTERN: "write the seq of an event, or latest",
    EMOJI_PATTERN: "write one emoji, without spaces",
    EVENT_ID_PATTERN: "write the id of an event, which is a number",
    KEY_NAME_PATTERN: "write something that can be seen, without control characters",
    NAME_PATTERN: f"the name of an account is {NAME_RULE}",
    ONCE_PATTERN: "write 1 to 255 visible ASCII characters, without spaces",
    SHA256_PATTERN: "write 64 hexadecimal digits",
    SUBJECT_PATTERN: "write something that can be seen",
}
"""What a pattern asks for."""
_NO_OBJECT: Final = frozenset({"dict_type", "model_type", "model_attributes_type"})


def sentence_of_http(error: HTTPException) -> str:
    """What an error of the framework says; its own words are those of the status alone."""
    said = str(error.detail)
    if said == HTTPStatus.NOT_FOUND.phrase:
        return "There is no such route; /docs lists them."
    allowed = (error.headers or {}).get("Allow")
    if said == HTTPStatus.METHOD_NOT_ALLOWED.phrase and allowed:
        return f"This path takes {allowed}."
    if said == "There was an error parsing the body":
        return "The body cannot be read: send JSON in UTF-8, not nested too deeply."
    return said


def sentence_of_invalid(error: ValidationException, route: object) -> str:
    """What does not fit the models of the route that was asked."""
    body = error.body if isinstance(error, RequestValidationError) else None
    items: Sequence[dict[str, Any]] = error.errors()
    return "; ".join(_one(item, body, route) for item in items[:MOST])


def _one(item: dict[str, Any], body: object, route: object) -> str:
    """What is wrong in one place; of the body as a whole, in a sentence of its own."""
    whole = _of_body(item, body, route) if item["loc"][:1] == ("body",) else ""
    if whole:
        return whole
    place = ".".join(str(part) for part in item["loc"] if part != "body")
    words = _WORDS_OF.get(item["type"], _own_words)(item)
    return f"{place}: {words}" if place else words


def _of_body(item: dict[str, Any], body: object, route: object) -> str:
    if item["type"] == "json_invalid":
        return f"The body is no JSON (character {item['loc'][1] + 1})."
    if item["loc"] != ("body",):
        return ""
    if isinstance(body, bytes):  # nobody said that it is JSON
        return "Send the body as JSON, with the header Content-Type: application/json."
    if item["type"] == "missing":
        return "Send a body, as JSON."
    if item["type"] == "union_tag_not_found":
        return f"type is missing; it is one of {', '.join(_types_of(route))}."
    return "The body has to be a JSON object." if item["type"] in _NO_OBJECT else ""


def _types_of(route: object) -> list[str]:
    """The types that the body of a route has, whose models are told apart by it."""
    field = route.body_field if isinstance(route, APIRoute) else None
    models = get_args(field.field_info.annotation) if field is not None else ()
    return [kind for model in models for kind in get_args(model.model_fields["type"].annotation)]


def _of_pattern(item: dict[str, Any]) -> str:
    return WORDS.get(item["ctx"]["pattern"], str(item["msg"]))


def _of_type(item: dict[str, Any]) -> str:
    known = str(item["ctx"]["expected_tags"]).replace("'", "")
    return f"there is no type {item['ctx']['tag'][:64]!a}; it is one of {known}"


def _of_surrogates(_item: dict[str, Any]) -> str:
    return "this has half of a surrogate pair, which is no character; send whole ones"


def _own_words(item: dict[str, Any]) -> str:
    return str(item["msg"]).removeprefix("Value error, ")


_WORDS_OF: Final[Mapping[str, Callable[[dict[str, Any]], str]]] = {
    "string_pattern_mismatch": _of_pattern,
    "string_unicode": _of_surrogates,
    "union_tag_invalid": _of_type,
}
"""The words for a mistake, by pydantic's type of it."""
