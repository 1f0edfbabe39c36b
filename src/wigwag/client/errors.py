"""What goes wrong when a server is asked."""

import json
from collections.abc import Mapping
from typing import Any, cast


class ClientError(Exception):
    """The root of everything that the client raises by itself."""


class ConnectionFailed(ClientError):
    """The server was not reached, or the answer did not come whole."""


class InvalidSignature(ClientError):
    """That is no webhook of the owner of this secret, or an old one."""


class ApiError(ClientError):
    """The server refused, with its problem document.

    `code` is a stable word, `detail` a sentence about the next step, `request_id` finds the request
    in the server's log; `facts` are further members, such as `oldest_seq` or `retry_after_s`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        request_id: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.request_id = request_id
        self.facts: Mapping[str, Any] = facts or {}


_MEMBERS = frozenset({"type", "title", "status", "code", "detail", "request_id"})


def error_of(status: int, body: bytes) -> ApiError:
    """The error that an answer of this status tells; also of one that is no problem document."""
    try:
        told: Any = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict) or "code" not in told:
        return ApiError(status, "http_error", body[:200].decode(errors="replace"))
    members = cast("dict[str, Any]", told)
    return ApiError(
        status,
        str(members["code"]),
        str(members.get("detail", "")),
        str(members.get("request_id", "")),
        {name: value for name, value in members.items() if name not in _MEMBERS},
    )
