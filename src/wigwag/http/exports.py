"""A whole chat as a stream: JSON lines, text, or a page to read."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from wigwag.core.exportpage import POLICY
from wigwag.core.exports import url_of
from wigwag.http.callers import READS, Reader, check_address
from wigwag.http.models.chats import ExportQuery
from wigwag.http.services import Services
from wigwag.model.export import ExportFormat

_TYPES: Final = {
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.TXT: "text/plain; charset=utf-8",
    ExportFormat.HTML: "text/html; charset=utf-8",
}
_TEXT: Final = {"schema": {"type": "string"}}
_TOLD: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The chat in the order of time: a message a line, or a page",
        "content": {kind.partition(";")[0]: _TEXT for kind in _TYPES.values()},
    }
}


def exports_router(services: Services) -> APIRouter:
    router = APIRouter(
        prefix="/v1/accounts/{account}/chats",
        tags=["chats"],
        dependencies=[READS],
    )

    @router.get(
        "/{chat}/export",
        summary="A whole chat, the oldest message first",
        responses=_TOLD,
        response_class=StreamingResponse,
    )
    async def export_chat(
        account: str, chat: str, key: Reader, query: Annotated[ExportQuery, Query()]
    ) -> StreamingResponse:
        await check_address(services.library, key, account, chat)
        exports = services.exports
        found = await exports.find_chat(account, chat)
        chunks = exports.export(
            found,
            query.format,
            after=query.from_,
            before=query.to,
            link=exports.inline_or_url if query.media == "inline" else url_of,
        )
        headers = {
            "content-security-policy": POLICY,
            "x-content-type-options": "nosniff",
            "content-disposition": f'inline; filename="chat.{query.format.value}"',
        }
        return StreamingResponse(chunks, headers=headers, media_type=_TYPES[query.format])

    return router
