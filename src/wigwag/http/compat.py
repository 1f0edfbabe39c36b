"""The two classic endpoints, kept exactly: existing programs depend on their shapes and texts.

Success is 200 and failure 500, both with `success` and `message`; a malformed or incomplete body
is 400, another method 405. Any content type is taken, as it always was; the Origin rule of
`access` keeps foreign pages out.
"""

import json
from typing import Annotated, Any, Final, TypeVar

import msgspec
import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from wigwag.core.sending import Draft
from wigwag.http.callers import check_address, needs
from wigwag.http.services import Services
from wigwag.model.errors import (
    InvalidInput,
    MalformedJid,
    MediaForbidden,
    MediaTooLarge,
    MediaUnreadable,
    NotConnected,
    WigwagError,
)
from wigwag.model.key import ApiKey, Scope
from wigwag.model.message import SendState

log = structlog.get_logger(__name__)

ACCOUNT: Final = "default"
"""The classic endpoints know one account only."""
WAIT_S: Final = 60.0
"""How long a send waits for WhatsApp's acknowledgement; after that it stays queued."""

_MEDIA_ERRORS: Final = (MediaUnreadable, MediaForbidden, MediaTooLarge)


class SendRequest(msgspec.Struct):
    """`null` is as good as leaving out, as it always was."""

    recipient: str | None = ""
    message: str | None = ""
    media_path: str | None = ""


class DownloadRequest(msgspec.Struct):
    message_id: str | None = ""
    chat_jid: str | None = ""


class _BadBody(Exception):
    """The body is not what it should be; its text says why."""


Asked = TypeVar("Asked", SendRequest, DownloadRequest)


def _decoded(body: bytes, model: type[Asked]) -> Asked:
    """Raises _BadBody for whatever is no JSON object with texts in the right places."""
    try:
        return msgspec.json.decode(body, type=model)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _BadBody(f"Invalid request format: {_reason(body, error)}") from error
    except RecursionError as error:
        raise _BadBody("Invalid request format: nested too deeply") from error


def _reason(body: bytes, error: Exception) -> str:
    """What is wrong with a body that is refused; of half a character the decoder says the end."""
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "a text has half of a surrogate pair, which is no character; send whole ones"
    except (ValueError, RecursionError):
        pass
    return str(error)


class ClassicResponse(JSONResponse):
    """JSON in which everything beyond ASCII is escaped, so that every text can be said."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode()


class ClassicAnswer(BaseModel):
    """Success or failure, and a sentence about it."""

    success: bool
    message: str


class SendAnswer(ClassicAnswer):
    """`id`, `chat_jid`, `timestamp` (RFC 3339) and `state` are there once a message was kept."""

    id: str | None = None
    chat_jid: str | None = None
    timestamp: str | None = None
    state: str | None = None


class DownloadAnswer(ClassicAnswer):
    """`path` is the absolute path of the file on the server."""

    filename: str
    path: str


_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": ClassicAnswer, "description": "The body is malformed or incomplete"},
    500: {"model": ClassicAnswer, "description": "It failed; the message says why"},
}


_SOME: Final = {"type": "string", "minLength": 1}
_SEND: Final = {
    "type": "object",
    "title": "SendRequest",
    "description": "A text, a file, or both; `null` is as good as leaving out.",
    "properties": {
        "recipient": _SOME,
        "message": {"type": ["string", "null"]},
        "media_path": {"type": ["string", "null"]},
    },
    "required": ["recipient"],
    "anyOf": [
        {"properties": {name: _SOME}, "required": [name]} for name in ("message", "media_path")
    ],
}
_DOWNLOAD: Final = {
    "type": "object",
    "title": "DownloadRequest",
    "properties": {"message_id": _SOME, "chat_jid": _SOME},
    "required": ["message_id", "chat_jid"],
}


def _body_docs(schema: dict[str, Any], example: dict[str, str]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def _answer(status: int, message: str, **extra: str | None) -> JSONResponse:
    return ClassicResponse({"success": status == 200, "message": message, **extra}, status)


def send_failure(error: WigwagError) -> str:
    """The classic text of a failed send."""
    match error:
        case NotConnected():
            return "Not connected to WhatsApp"
        case MalformedJid():
            return f"Error parsing JID: {error.detail}"
        case _ if isinstance(error, _MEDIA_ERRORS):
            return f"Error reading media file: {error.detail}"
        case _:
            return f"Error sending message: {error.detail}"


async def _send(services: Services, key: ApiKey, body: SendRequest) -> JSONResponse:
    if not body.recipient:
        return _answer(400, "Recipient is required")
    if not body.message and not body.media_path:
        return _answer(400, "Message or media path is required")
    await check_address(services.library, key, ACCOUNT, body.recipient)
    submitted = await services.sending.submit(
        ACCOUNT,
        body.recipient,
        Draft(text=body.message or "", media_path=body.media_path or ""),
        wait_s=WAIT_S,
        require_connected=True,
    )
    if submitted.state is SendState.FAILED:
        return _answer(500, f"Error sending message: {submitted.error}", id=submitted.id)
    return _answer(
        200,
        f"Message sent to {body.recipient}",
        id=submitted.id,
        chat_jid=submitted.chat_jid,
        timestamp=submitted.timestamp.isoformat(),
        state=submitted.state.value,
    )


async def _download(services: Services, key: ApiKey, body: DownloadRequest) -> JSONResponse:
    if not body.message_id or not body.chat_jid:
        return _answer(400, "Message ID and Chat JID are required")
    await check_address(services.library, key, ACCOUNT, body.chat_jid)
    stored = await services.media.fetch(ACCOUNT, body.chat_jid, body.message_id)
    return _answer(
        200,
        f"Successfully downloaded {stored.media_type} media",
        filename=stored.filename,
        path=str(stored.path),
    )


def classic_router(services: Services) -> APIRouter:
    router = APIRouter(tags=["classic"])

    @router.post(
        "/api/send",
        summary="Send a text or a file",
        response_model=SendAnswer,
        responses=_RESPONSES,
        openapi_extra=_body_docs(_SEND, {"recipient": "491701234567", "message": "Hello"}),
    )
    async def classic_send(
        request: Request, key: Annotated[ApiKey, needs(Scope.SEND)]
    ) -> JSONResponse:
        try:
            return await _send(services, key, _decoded(await request.body(), SendRequest))
        except _BadBody as error:
            return _answer(400, str(error))
        except (HTTPException, ClientDisconnect):
            raise
        except WigwagError as error:
            log.info("classic.send_failed", code=error.code)
            return _answer(500, send_failure(error))
        except Exception as error:
            log.error("classic.send_broke", exc_info=error)
            return _answer(500, send_failure(WigwagError()))

    @router.post(
        "/api/download",
        summary="Have the file of a message on disk",
        response_model=DownloadAnswer,
        responses=_RESPONSES,
        openapi_extra=_body_docs(
            _DOWNLOAD,
            {"message_id": "3EB0C431C26A1916E07E", "chat_jid": "491701234567@s.whatsapp.net"},
        ),
    )
    async def classic_download(
        request: Request, key: Annotated[ApiKey, needs(Scope.READ)]
    ) -> JSONResponse:
        try:
            return await _download(services, key, _decoded(await request.body(), DownloadRequest))
        except _BadBody as error:
            return _answer(400, str(error))
        except (HTTPException, ClientDisconnect):
            raise
        except WigwagError as error:
            kind = "input" if isinstance(error, InvalidInput) else "other"
            log.info("classic.download_failed", code=error.code, kind=kind)
            return _answer(500, f"Failed to download media: {error.detail}")
        except Exception as error:
            log.error("classic.download_broke", exc_info=error)
            return _answer(500, f"Failed to download media: {WigwagError().detail}")

    return router
