"""Errors on the wire: RFC 9457 problem documents with a stable code and a sentence."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import (
    RequestValidationError,
    ValidationException,
    WebSocketRequestValidationError,
)
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from wigwag.http.sentences import sentence_of_http, sentence_of_invalid
from wigwag.model.errors import WigwagError

log = structlog.get_logger(__name__)

_CODES: Final = {
    400: "invalid_input",
    404: "not_found",
    405: "method_not_allowed",
    408: "body_too_slow",
    413: "body_too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
}


RETRY_AFTER: Final = "retry_after_s"
"""The fact of a problem that says when to try again, also told as a header."""


class Problem(NamedTuple):
    status: int
    code: str
    detail: str
    facts: Mapping[str, int | str] = MappingProxyType({})


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        # A sentence may quote what no UTF-8 can say: half of a surrogate pair.
        return json.dumps(content).encode()


def problem_response(problem: Problem, request_id: str) -> ProblemResponse:
    """The problem as a response; `request_id` finds it in the log."""
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
    if RETRY_AFTER in problem.facts:
        headers["Retry-After"] = str(problem.facts[RETRY_AFTER])
    return ProblemResponse(
        {
            "type": "about:blank",
            "title": problem.code.replace("_", " "),
            "status": problem.status,
            "code": problem.code,
            "detail": problem.detail,
            "request_id": request_id,
            **problem.facts,
        },
        problem.status,
        headers,
    )


def problem_of(error: WigwagError) -> Problem:
    return Problem(error.status, error.code, error.detail, error.facts)


KNOWN_ERRORS: Final = (WigwagError, HTTPException, ValidationException)
"""What is raised on purpose, and says itself what is wrong."""


def error_response(
    error: WigwagError | HTTPException | ValidationException, request: HTTPConnection
) -> Response:
    """The problem that such an error of a request is."""
    request_id = request_id_of(request)
    if isinstance(error, WigwagError):
        return problem_response(problem_of(error), request_id)
    if isinstance(error, ValidationException):
        problem = Problem(
            400, "invalid_input", sentence_of_invalid(error, request.scope.get("route"))
        )
        return problem_response(problem, request_id)
    code = _CODES.get(error.status_code, "http_error")
    problem = Problem(error.status_code, code, sentence_of_http(error))
    response = problem_response(problem, request_id)
    response.headers.update(error.headers or {})
    return response


def unexpected_response(error: Exception, request_id: str) -> Response:
    """What is said of an error of ours, which the log tells."""
    log.error("http.unexpected_error", error=type(error).__name__, exc_info=error)
    sentence = "the server met an unexpected error; its log has this request_id"
    return problem_response(Problem(500, "internal", sentence), request_id)


def request_id_of(request: HTTPConnection) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def install_problem_handlers(api: FastAPI) -> None:
    """Every error of every route becomes a problem document."""

    async def on_known_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, KNOWN_ERRORS)  # noqa: S101 - registered for these classes alone
        return error_response(error, request)

    async def on_invalid_socket(socket: WebSocket, error: Exception) -> None:
        assert isinstance(error, WebSocketRequestValidationError)  # noqa: S101 - as above
        await socket.send_denial_response(error_response(error, socket))

    async def on_unexpected(request: Request, error: Exception) -> Response:
        return unexpected_response(error, request_id_of(request))

    for known in (WigwagError, HTTPException, RequestValidationError):
        api.add_exception_handler(known, on_known_error)
    api.add_exception_handler(WebSocketRequestValidationError, on_invalid_socket)
    api.add_exception_handler(Exception, on_unexpected)
