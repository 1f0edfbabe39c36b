"""A refused websocket is answered, and is no error of the server."""

import logging
from collections.abc import AsyncGenerator
from dataclasses import fields
from typing import Any

import aiohttp
import pytest

from wigwag.core.accounts import Accounts
from wigwag.http.access import AccessPolicy
from wigwag.http.api import create_api
from wigwag.http.server import HttpServer, bind
from wigwag.http.services import Services


@pytest.fixture
async def url() -> AsyncGenerator[str]:
    absent: dict[str, Any] = dict.fromkeys(each.name for each in fields(Services))
    given: dict[str, Any] = {"accounts": Accounts()}
    api = create_api(Services(**absent | given), AccessPolicy())
    server = HttpServer(api, bind("127.0.0.1", 0))
    await server.start()
    yield f"http://127.0.0.1:{server.address[1]}/v1/events/ws"
    await server.stop()


@pytest.mark.parametrize(
    ("query", "origin", "status"),
    [("", "http://evil.example", 403), ("?types=nope", "", 400), ("?after=x", "", 400)],
)
async def test_a_refusal_is_answered_and_no_error(
    url: str, query: str, origin: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Origin": origin} if origin else {}
    with caplog.at_level(logging.WARNING, "uvicorn.error"):
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.WSServerHandshakeError, match=str(status)):
                await http.ws_connect(f"{url}{query}", headers=headers)
    assert caplog.records == []
