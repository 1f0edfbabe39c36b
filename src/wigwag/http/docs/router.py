"""`/docs` and `/openapi.json`: the reference of all routes, for people and for programs."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from wigwag.http.answers import JsonAnswer
from wigwag.http.docs.page import CONTENT_POLICY, page_of

LOCAL: Final = "http://127.0.0.1:8080"
"""Where a server is that nobody told anything else."""


class Reference:
    """The document and its page, made when they are asked for first.

    To make them takes half a second: that happens in a thread, while everything else goes on.
    """

    def __init__(self, make: Callable[[], dict[str, Any]], base: str = LOCAL) -> None:
        self._make = make
        self._base = base
        self._making = asyncio.Lock()
        self._document = self._page = b""

    async def document(self) -> bytes:
        """The OpenAPI document, in JSON."""
        await self._be_made()
        return self._document

    async def page(self) -> bytes:
        """The same for people, in HTML."""
        await self._be_made()
        return self._page

    async def _be_made(self) -> None:
        async with self._making:
            if not self._page:
                self._document, self._page = await asyncio.to_thread(self._made)

    def _made(self) -> tuple[bytes, bytes]:
        document = self._make()
        return msgspec.json.encode(document), page_of(document, self._base).encode()


def docs_router(reference: Reference) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/openapi.json")
    async def get_openapi() -> Response:
        return JsonAnswer(await reference.document(), 200)

    @router.get("/docs")
    async def get_docs() -> Response:
        return HTMLResponse(
            await reference.page(), headers={"Content-Security-Policy": CONTENT_POLICY}
        )

    return router
