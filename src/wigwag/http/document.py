"""What OpenAPI says beyond what each route says of itself: problems, keys, and addresses."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from wigwag.http.access import OPEN_PATHS
from wigwag.http.models.fields import MAX_ADDRESS
from wigwag.model.jid import RECIPIENT_PATTERN

_ADDRESSES: Final = frozenset({"chat", "jid"})
"""Parameters of paths that are addresses."""
_PROBLEM_CONTENT: Final = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}
_INVALID: Final = {"description": "The input is not valid", "content": _PROBLEM_CONTENT}
_PROBLEM: Final = {"description": "Any other problem", "content": _PROBLEM_CONTENT}
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
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            answers = operation["responses"]
            if answers.pop("422", None) is not None:
                answers.setdefault("400", _INVALID)
            answers.setdefault("default", _PROBLEM)
            if path in OPEN_PATHS:
                operation["security"] = []
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in _ADDRESSES:
                    parameter["schema"] |= {
                        "pattern": RECIPIENT_PATTERN,
                        "maxLength": MAX_ADDRESS,
                    }
