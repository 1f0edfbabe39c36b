"""`POST /v1/media`: a file is handed over as it is, to be sent by its `media_id`."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from wigwag.core.uploads import LIFETIME
from wigwag.core.views import time_view
from wigwag.http.access import UPLOAD_PATH
from wigwag.http.answers import documented, refused, view_response
from wigwag.http.callers import Sender
from wigwag.http.models.sending import UploadShape
from wigwag.http.services import Services
from wigwag.model.errors import InvalidInput

SILENCE_S: Final = 60.0
"""How long a caller may say nothing in the middle of a file."""
MAX_MIME: Final = 128
_BINARY: Final = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
_BODY: Final = {"requestBody": {"required": True, "content": {"application/octet-stream": _BINARY}}}
_FORM: Final = "multipart/"
"""What browsers and most libraries wrap files in. A form of the other kind is not told from a file:
curl names that type for any body."""
_NO_FORM: Final = "Send the file itself as the body (curl --data-binary @file), without a form."
_ANSWERS: Final = {
    **documented(UploadShape, 201, "The file is here"),
    **refused(415, "The body is a form; the file itself is asked for"),
}


def uploads_router(services: Services) -> APIRouter:
    router = APIRouter(tags=["media"])

    @router.post(
        UPLOAD_PATH,
        summary="Hand a file over, to send it by its media_id within a day",
        status_code=201,
        responses=_ANSWERS,
        openapi_extra=_BODY,
    )
    async def upload_media(
        request: Request,
        key: Sender,
        filename: Annotated[str, Query(max_length=255)] = "",
    ) -> Response:
        told = request.headers.get("content-type", "").strip().lower()
        if len(told) > MAX_MIME or not told.isprintable():
            raise InvalidInput("The Content-Type is not a type of media.")
        if told.startswith(_FORM):
            raise HTTPException(415, _NO_FORM)
        made = await services.uploads.receive(
            key.id,
            _chunks(request),
            mime=told,
            filename=filename,
            size_bytes=_size_of(request),
        )
        view = {
            "media_id": made.id,
            "size_bytes": made.size_bytes,
            "sha256": made.sha256.hex(),
            "mime": made.mime,
            "filename": made.filename or None,
            "expires_at": time_view(made.created_at + LIFETIME),
        }
        return view_response(view, 201)

    return router


def _size_of(request: Request) -> int | None:
    """What the head says of the body; the access rules have checked that."""
    told = request.headers.get("content-length", "")
    return int(told) if told.isdigit() else None


async def _chunks(request: Request) -> AsyncGenerator[bytes]:
    """The body as it comes; whoever stops in the middle, or says nothing, has sent no file."""
    stream = request.stream()
    is_empty = True
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                chunk = await anext(stream)
        except StopAsyncIteration:
            break
        except TimeoutError as error:
            raise HTTPException(408, "the body came to a standstill; send it again") from error
        except ClientDisconnect as error:
            raise HTTPException(400, "the body ended before its time") from error
        is_empty = is_empty and not chunk
        yield chunk
    if is_empty:
        raise InvalidInput("The body is empty; hand the file over as it is.")
