"""Files of messages, served so that whatever a stranger put into them stays harmless."""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from wigwag.core.filenames import clean_name
from wigwag.core.mediadownload import StoredMedia
from wigwag.http.answers import refused
from wigwag.http.callers import READS, Reader
from wigwag.http.fileanswers import FileAnswer
from wigwag.http.messages import where_of
from wigwag.http.models.fields import Sha256
from wigwag.http.models.messages import WhichQuery
from wigwag.http.services import Services
from wigwag.model.archived import ArchivedMedia, ArchivedMessage

UNKNOWN_TYPE: Final = "application/octet-stream"
_HARMLESS_IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_PLAYED: Final = re.compile(r"(?:audio|video)/[0-9a-z][0-9a-z.+-]{0,63}", re.ASCII)
_HARMLESS: Final = {
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file; it comes as an attachment unless a browser shows it harmlessly",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    },
    206: {
        "description": "The part that a Range header asked for",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    },
    304: {"description": "The caller has it: If-None-Match named its ETag"},
    **refused(416, "The file has no such part; Content-Range tells its size"),
}
_THUMBNAIL: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The picture",
        "content": {
            mime: {"schema": {"type": "string", "format": "binary"}}
            for mime in ("image/jpeg", "image/png")
        },
    }
}


def harmless_type(mime: str) -> str | None:
    """The type to announce, when no browser runs anything in a file of that type."""
    kind = mime.partition(";")[0].strip().lower()
    return kind if kind in _HARMLESS_IMAGES or _PLAYED.fullmatch(kind) else None


def file_response(stored: StoredMedia, media: ArchivedMedia | None) -> FileAnswer:
    """The file under the name that its sender gave it, made safe. Answers Range and HEAD."""
    kind = harmless_type(stored.mime)
    headers = dict(_HARMLESS)
    if media is not None and media.sha256:
        headers["etag"] = f'"{media.sha256.hex()}"'
    return FileAnswer(
        stored.path,
        headers=headers,
        media_type=kind or UNKNOWN_TYPE,
        filename=clean_name(media.document_name if media is not None else "") or stored.filename,
        content_disposition_type="inline" if kind is not None else "attachment",
    )


def mediafiles_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}",
        tags=["messages"],
        dependencies=[READS],
    )
    path = "/messages/{message_id}/media"

    @router.head(path, include_in_schema=False)  # what GET says, without the file
    @router.get(
        path,
        summary="The file of a message, fetched now if it is not here yet",
        responses=_FILE,
        response_class=FileAnswer,
    )
    async def get_message_media(
        account: str, message_id: str, key: Reader, which: Annotated[WhichQuery, Query()]
    ) -> FileAnswer:
        message = await services.library.get_message(account, message_id, **where_of(key, which))
        return await _fetched(services, message)

    @router.get(
        "/messages/{message_id}/thumbnail",
        summary="The small picture that came with a message",
        responses=_THUMBNAIL,
        response_class=Response,
    )
    async def get_thumbnail(
        account: str, message_id: str, key: Reader, which: Annotated[WhichQuery, Query()]
    ) -> Response:
        thumbnail, mime = await services.library.get_thumbnail(
            account, message_id, **where_of(key, which)
        )
        return Response(thumbnail, headers=_HARMLESS, media_type=mime)

    return router


def contents_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/v1/media", tags=["media"], dependencies=[READS])
    path = "/{sha256}"

    @router.head(path, include_in_schema=False)
    @router.get(
        path,
        summary="A file by the SHA-256 of its content, of any message that the key reaches",
        responses=_FILE,
        response_class=FileAnswer,
    )
    async def get_media(sha256: Sha256, key: Reader) -> FileAnswer:
        accounts = [name for name in services.accounts.names() if key.reaches(name)]
        digest = bytes.fromhex(sha256)
        message = await services.library.find_by_file(digest, accounts, key.chats)
        return await _fetched(services, message)

    return router


async def _fetched(services: Services, message: ArchivedMessage) -> FileAnswer:
    stored = await services.media.fetch(
        message.account, message.chat_jid, message.id, sender=message.sender.jid
    )
    return file_response(stored, message.media)
