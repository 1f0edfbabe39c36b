"""What OpenAPI says beyond what each route says of itself: problems, keys, and addresses."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from wigwag.http.access import OPEN_PATHS
from wigwag.http.answers import PROBLEM_CONTENT
from wigwag.http.models.fields import ADDRESS_WORDS, MAX_ADDRESS
from wigwag.http.parameters import STRICT
from wigwag.model.capability import Capability
from wigwag.model.jid import RECIPIENT_PATTERN

_ADDRESSES: Final = frozenset({"chat", "group", "jid"})
"""Parameters of paths that are addresses."""
_INVALID: Final = {"description": "The input is not valid", "content": PROBLEM_CONTENT}
_PROBLEM: Final = {"description": "Any other problem", "content": PROBLEM_CONTENT}
_SHARED: Final = (
    "change_chat", "clear_chat", "delete_chat", "star_message", "unstar_message",
    "delete_message", "make_label", "change_label", "delete_label", "label_chat", "unlabel_chat",
    "label_message", "unlabel_message", "set_status_privacy", "change_profile",
)  # fmt: skip
NEEDED: Final[dict[Capability, tuple[str, ...]]] = {
    Capability.APP_STATE_WRITE: _SHARED,
    Capability.HISTORY_ON_DEMAND: ("ask_for_older",),
    Capability.MEDIA_RETRY: ("retry_media",),
    Capability.GROUP_ADMISSION: ("change_group", "create_group"),
    Capability.JOIN_REQUESTS: ("approve_requests", "reject_requests"),
    Capability.NEWSLETTER_SETTINGS: ("create_newsletter", "change_newsletter"),
    Capability.NEWSLETTER_HISTORY: ("fetch_posts",),
    Capability.NEWSLETTER_COUNTS: ("follow_counts", "mark_posts_seen"),
    Capability.BUSINESS_PROFILES: ("get_business",),
    Capability.PICTURE_REMOVAL: ("change_profile", "remove_group_picture"),
}
"""Capabilities of the engine that operations need, at least for some of what they take."""
_PROBLEM_SCHEMA: Final = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457; `code` is stable, `request_id` finds it in the log.",
    "properties": {
        "status": {"type": "integer"},
        **{name: {"type": "string"} for name in ("type", "title", "code", "detail", "request_id")},
    },
    "required": ["type", "title", "status", "code", "detail"],
}
_KEYS: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key"},
}


def operation_id(route: APIRoute) -> str:
    """The name of the function where that is unique; it names the method of a client, too."""
    if route.path_format.startswith("/sandbox"):
        return f"sandbox_{route.name}{route.path_format.replace('/', '_')}"
    return route.name


def document_truth(api: FastAPI) -> None:
    """Let OpenAPI say what is true of all routes: invalid input is answered 400, problems are
    problem documents, and every route but those that are open asks for a key."""
    make = api.openapi

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            _tell_truth(make())
        return make()

    api.openapi = openapi


def _tell_truth(schema: dict[str, Any]) -> None:
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = _PROBLEM_SCHEMA
    components["securitySchemes"] = _KEYS
    schema["security"] = [{name: []} for name in _KEYS]
    needed = _needed_by_operation()
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            answers = operation["responses"]
            if operation["operationId"] in needed:
                answers["501"] = _lacking(needed[operation["operationId"]])
            # a parameter that an operation has not is invalid, even where it has none
            if answers.pop("422", None) is not None or path.startswith(STRICT):
                answers.setdefault("400", _INVALID)
            answers.setdefault("default", _PROBLEM)
            if path in OPEN_PATHS:
                operation["security"] = []
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in _ADDRESSES:
                    parameter.setdefault("description", ADDRESS_WORDS)
                    parameter["schema"] |= {
                        "pattern": RECIPIENT_PATTERN,
                        "maxLength": MAX_ADDRESS,
                    }


def _needed_by_operation() -> dict[str, list[Capability]]:
    needed: dict[str, list[Capability]] = {}
    for capability, operations in NEEDED.items():
        for operation in operations:
            needed.setdefault(operation, []).append(capability)
    return needed


def _lacking(capabilities: Sequence[Capability]) -> dict[str, Any]:
    words = " or ".join(f"`{capability}`" for capability in capabilities)
    description = f"The engine of the account lacks the capability {words}"
    return {"description": description, "content": PROBLEM_CONTENT}
