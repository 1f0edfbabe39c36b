"""Queries of w:mex: a number that names a GraphQL document, its variables as JSON, and the answer
(whatsmeow newsletter.go sendMexIQ)."""

from typing import Any, Final

import msgspec

from wigwag.model.errors import WigwagError
from wigwag.wire.errors import MalformedNode
from wigwag.wire.nodes import Node

NAMESPACE: Final = "w:mex"
UPDATE_ABOUT: Final = "9152604461510864"
"""The document that sets what the account says of itself (whatsmeow user.go)."""
MAX_ANSWER_BYTES: Final = 8 * 2**20


class MexRefused(WigwagError):
    """WhatsApp refused a query of w:mex."""

    code = "mex_refused"
    status = 502

    def __init__(self, server_code: int) -> None:
        super().__init__(f"WhatsApp refused a request: {server_code}")
        self.server_code = server_code


class _Extensions(msgspec.Struct, frozen=True):
    error_code: int = 0


class _Error(msgspec.Struct):
    message: str = ""
    extensions: _Extensions = _Extensions()


class _Answer(msgspec.Struct):
    data: dict[str, Any] | None = None
    errors: list[_Error] | None = None


class _Question(msgspec.Struct):
    variables: dict[str, Any]


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_question = msgspec.json.Decoder(_Question).decode


def mex_query(query_id: str, variables: dict[str, Any]) -> Node:
    """The element of a request; keys stay in their order."""
    body = msgspec.json.encode({"variables": variables})
    return Node("query", {"query_id": query_id}, body)


def read_mex_query(query: Node) -> tuple[str, dict[str, Any]]:
    """The number and the variables of a request. Raises MalformedNode."""
    try:
        return query.attr("query_id"), _decode_question(query.data).variables
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise MalformedNode("a query of w:mex is no JSON") from error


def mex_result(data: dict[str, Any]) -> Node:
    """The element of an answer."""
    return Node("result", {}, msgspec.json.encode({"data": data}))


def mex_refusal(code: int) -> Node:
    """The element of an answer that refuses."""
    error = {"message": "refused", "extensions": {"error_code": code, "severity": "CRITICAL"}}
    return Node("result", {}, msgspec.json.encode({"data": None, "errors": [error]}))


def read_mex_result(answer: Node) -> dict[str, Any]:
    """The data of an answer. Raises MexRefused, MalformedNode (also for the form `argo`)."""
    result = answer.child("result")
    if result is None or result.attr("format") == "argo":
        raise MalformedNode("an answer of w:mex has no result in JSON")
    read = _read(result, _decode_answer)
    if read.errors:
        raise MexRefused(read.errors[0].extensions.error_code)
    return read.data or {}


def read_mex_update(update: Node) -> dict[str, Any]:
    """The data of a notification's `<update>`. Raises MalformedNode."""
    return _read(update, _decode_answer).data or {}


def _read(node: Node, decode: Any) -> _Answer:
    data = node.data
    if len(data) > MAX_ANSWER_BYTES:
        raise MalformedNode("an answer of w:mex is too long")
    try:
        return decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise MalformedNode("an answer of w:mex is no JSON of its form") from error
