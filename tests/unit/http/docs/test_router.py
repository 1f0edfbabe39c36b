import asyncio
import json
import threading
from typing import Any

import httpx
import pytest

from wigwag.http.docs.page import CONTENT_POLICY
from wigwag.http.docs.router import Reference
from wigwag.http.front import FrontedApi

HERE = "http://localhost"
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


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("http://localhost", "http://localhost"),
        ("http://127.0.0.1:8137", "http://127.0.0.1:8137"),
        ("https://[::1]:444", "https://[::1]:444"),
        ("http://localhost:1;x", "http://YOUR-SERVER"),
    ],
)
async def test_its_commands_are_for_the_server_that_was_asked(
    reference_api: FrontedApi, asked: str, shown: str
) -> None:
    scheme, _, host = asked.partition("://")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(reference_api)) as client:
        page = await client.get(f"{scheme}://localhost/docs", headers={"Host": host})
    commands = [line for line in page.text.split("<pre>") if line.startswith("curl ")]
    assert commands
    assert all(f"{shown}/" in one for one in commands)


async def test_they_are_made_once_and_beside_the_loop() -> None:
    makers: list[int] = []

    def make() -> dict[str, Any]:
        makers.append(threading.get_ident())
        return {**SMALL, "components": {"schemas": {}}}

    reference = Reference(make)
    await asyncio.gather(*(reference.document() for _ in range(5)), reference.page(HERE))
    assert len(makers) == 1
    assert makers != [threading.get_ident()]


async def test_what_failed_is_tried_again() -> None:
    answers: list[dict[str, Any]] = [{}, {**SMALL, "components": {"schemas": {}}}]
    reference = Reference(lambda: answers.pop(0))
    refused = await asyncio.gather(reference.page(HERE), return_exceptions=True)
    assert isinstance(refused[0], KeyError)
    assert (await reference.page(HERE)).startswith(b"<!doctype html>")
