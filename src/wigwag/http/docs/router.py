"""`/docs` and `/openapi.json`: the reference of all routes, for people and for programs."""

import asyncio
import re
from collections.abc import Callable
from html import escape
from typing import Any, Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from wigwag.http.answers import JsonAnswer
from wigwag.http.docs.page import CONTENT_POLICY, page_of

_SOMEWHERE: Final = "http://server.invalid"
"""Stands in the page that is kept for the URL that it is asked for by."""
_PLAIN: Final = re.compile(r"https?://[\w.\-]+(:\d+)?|https?://\[[\da-fA-F:.]+\](:\d+)?", re.ASCII)
"""A URL that a shell takes as it is."""


class Reference:
    """The document and its page, made when they are asked for first.

    To make them takes half a second: that happens in a thread, while everything else goes on.
    """

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self._make = make
        self._making = asyncio.Lock()
        self._document = self._page = b""

    async def document(self) -> bytes:
        """The OpenAPI document, in JSON."""
        await self._be_made()
        return self._document

    async def page(self, base: str) -> bytes:
        """The same for people, in HTML, with commands for the server at the URL `base`; whoever
        asks for it by an odd one puts their own in."""
        await self._be_made()
        shown = base if _PLAIN.fullmatch(base) else "http://YOUR-SERVER"
        return self._page.replace(_SOMEWHERE.encode(), escape(shown).encode())

    async def _be_made(self) -> None:
        async with self._making:
            if not self._page:
                self._document, self._page = await asyncio.to_thread(self._made)

    def _made(self) -> tuple[bytes, bytes]:
        document = self._make()
        return msgspec.json.encode(document), page_of(document, _SOMEWHERE).encode()


def docs_router(reference: Reference) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/openapi.json")
    async def get_openapi() -> Response:
        return JsonAnswer(await reference.document(), 200)

    @router.get("/docs")
    async def get_docs(request: Request) -> Response:
        page = await reference.page(str(request.base_url).rstrip("/"))
        return HTMLResponse(page, headers={"Content-Security-Policy": CONTENT_POLICY})

    return router
