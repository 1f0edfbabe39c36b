"""The two classic endpoints, kept exactly: existing programs depend on their shapes and texts.

Success is 200 and failure 500, both with `success` and `message`; a malformed or incomplete body
is 400, another method 405. Any content type is taken, as it always was; the Origin rule of
`access` keeps foreign pages out.
"""

from typing import Any, Final

import msgspec
import structlog
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from wigwag.core.sending import Draft
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
from wigwag.model.message import SendState

log = structlog.get_logger(__name__)

ACCOUNT: Final = "default"
"""The classic endpoints know one account only."""
WAIT_S: Final = 60.0
"""How long a send waits for WhatsApp's acknowledgement; after that it stays queued."""

_MEDIA_ERRORS: Final = (MediaUnreadable, MediaForbidden, MediaTooLarge)


class SendRequest(msgspec.Struct):
    recipient: str = ""
    message: str = ""
    media_path: str | None = None


class DownloadRequest(msgspec.Struct):
    message_id: str = ""
    chat_jid: str = ""


def _body_docs(model: type[msgspec.Struct], example: dict[str, str]) -> dict[str, Any]:
    schema = msgspec.json.schema(model, ref_template="#/components/schemas/{name}")
    inline = schema.get("$defs", {}).get(model.__name__, schema)
    content = {"application/json": {"schema": inline, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def _answer(status: int, message: str, **extra: str | None) -> JSONResponse:
    return JSONResponse({"success": status == 200, "message": message, **extra}, status)


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


def classic_router(services: Services) -> APIRouter:
    router = APIRouter(tags=["classic"])

    @router.post(
        "/api/send",
        summary="Send a text or a file",
        openapi_extra=_body_docs(SendRequest, {"recipient": "491701234567", "message": "Hello"}),
    )
    async def send(request: Request) -> JSONResponse:
        try:
            body = msgspec.json.decode(await request.body(), type=SendRequest)
        except msgspec.MsgspecError as error:
            return _answer(400, f"Invalid request format: {error}")
        if not body.recipient:
            return _answer(400, "Recipient is required")
        if not body.message and not body.media_path:
            return _answer(400, "Message or media path is required")
        try:
            submitted = await services.sending.submit(
                ACCOUNT,
                body.recipient,
                Draft(text=body.message, media_path=body.media_path or ""),
                wait_s=WAIT_S,
                require_connected=True,
            )
        except WigwagError as error:
            log.info("classic.send_failed", code=error.code)
            return _answer(500, send_failure(error))
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

    @router.post(
        "/api/download",
        summary="Have the file of a message on disk",
        openapi_extra=_body_docs(
            DownloadRequest,
            {"message_id": "3EB0C431C26A1916E07E", "chat_jid": "491701234567@s.whatsapp.net"},
        ),
    )
    async def download(request: Request) -> JSONResponse:
        try:
            body = msgspec.json.decode(await request.body(), type=DownloadRequest)
        except msgspec.MsgspecError as error:
            return _answer(400, f"Invalid request format: {error}")
        if not body.message_id or not body.chat_jid:
            return _answer(400, "Message ID and Chat JID are required")
        try:
            stored = await services.media.fetch(ACCOUNT, body.chat_jid, body.message_id)
        except WigwagError as error:
            kind = "input" if isinstance(error, InvalidInput) else "other"
            log.info("classic.download_failed", code=error.code, kind=kind)
            return _answer(500, f"Failed to download media: {error.detail}")
        return _answer(
            200,
            f"Successfully downloaded {stored.media_type} media",
            filename=stored.filename,
            path=str(stored.path),
        )

    return router
