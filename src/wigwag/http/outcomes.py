"""What became of something sent, as an answer; and the key under which it happens once."""

import hashlib
from typing import Annotated, Any, Final

import msgspec
from fastapi import Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from wigwag.core.scheduled import SCHEDULED
from wigwag.core.sending import Idempotency, Submitted
from wigwag.core.views import time_view
from wigwag.http.answers import view_response
from wigwag.http.models.sending import ONCE_PATTERN, SentView
from wigwag.http.problems import Problem, problem_response, request_id_of
from wigwag.model.errors import status_of
from wigwag.model.key import ApiKey
from wigwag.model.message import SendState

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=ONCE_PATTERN,
        description="Repeat a request with the same key, and it is done once: the answer tells of "
        "the first one. 1 to 255 visible ASCII characters, remembered for a week; each API key has "
        "its own.",
    ),
]

SENT: Final[dict[int | str, dict[str, Any]]] = {
    201: {"model": SentView, "description": "WhatsApp has acknowledged it"},
    202: {"model": SentView, "description": "It is kept, and will be sent"},
}
"""What a route that sends says of its answers in OpenAPI (`responses=`)."""


def idempotency_of(
    caller: ApiKey, key: str | None, what: str, body: BaseModel | None
) -> Idempotency | None:
    """The key of this caller with a digest of the request; how long to wait is no part of it.

    Callers choose their keys each for themselves, and two may choose the same. `what` names the
    route and what its path names. What a body leaves out and what it gives as the default are the
    same.
    """
    if key is None:
        return None
    said = body.model_dump(mode="json", exclude={"wait_s"}, exclude_defaults=True) if body else None
    digest = hashlib.sha256(msgspec.json.encode([what, said], order="sorted")).digest()
    if not caller.id:
        return Idempotency(key=key, fingerprint=digest)
    # no caller's key has a space in it
    return Idempotency(key=f"{caller.id} {key}", fingerprint=digest, nobodys=key)


def submitted_response(request: Request, account: str, submitted: Submitted) -> Response:
    """201 when it was sent, 202 while it is queued or scheduled, else the problem that ended it."""
    if submitted.state is SendState.FAILED:
        code = submitted.error_code
        facts = {"id": submitted.id, "chat_jid": submitted.chat_jid}
        problem = Problem(status_of(code), code, submitted.error, facts)
        return problem_response(problem, request_id_of(request))
    queued = submitted.state is SendState.QUEUED
    view = {
        "id": submitted.id,
        "account": account,
        "chat_jid": submitted.chat_jid,
        "state": "queued" if queued else "sent",
        "timestamp": time_view(submitted.timestamp),
    }
    if submitted.due_at is not None:
        view |= {"state": SCHEDULED, "send_at": time_view(submitted.due_at)}
    return view_response(view, 202 if queued else 201)
