import asyncio
import json
import threading
from typing import Any

import httpx

from wigwag.http.docs.page import CONTENT_POLICY
from wigwag.http.docs.router import Reference
from wigwag.http.front import FrontedApi

SMALL = {"info": dict.fromkeys(("title", "version", "description"), "x"), "paths": {}}


async def test_both_are_served(reference_api: FrontedApi, document: dict[str, Any]) -> None:
    transport = httpx.ASGITransport(reference_api)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        told, page = await client.get("/openapi.json"), await client.get("/docs")
    assert told.headers["content-type"] == "application/json"
    assert told.json() == json.loads(json.dumps(document))
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == CONTENT_POLICY
    assert "send_message" in page.text


async def test_they_are_made_once_and_beside_the_loop() -> None:
    makers: list[int] = []

    def make() -> dict[str, Any]:
        makers.append(threading.get_ident())
        return {**SMALL, "components": {"schemas": {}}}

    reference = Reference(make)
    await asyncio.gather(*(reference.document() for _ in range(5)), reference.page())
    assert len(makers) == 1
    assert makers != [threading.get_ident()]


async def test_what_failed_is_tried_again() -> None:
    answers: list[dict[str, Any]] = [{}, {**SMALL, "components": {"schemas": {}}}]
    reference = Reference(lambda: answers.pop(0))
    refused = await asyncio.gather(reference.page(), return_exceptions=True)
    assert isinstance(refused[0], KeyError)
    assert (await reference.page()).startswith(b"<!doctype html>")
