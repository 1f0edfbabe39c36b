"""A whole server with its own sandbox in this process, spoken to over HTTP only."""

import sqlite3
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from peers.child import until
from peers.engines import ENGINE
from wigwag.app.server import running_server
from wigwag.client import AsyncClient
from wigwag.config import Settings

EMMA = "15550100002"
"""She answers with an echo."""
SAM = "15550100003"
"""He is silent."""
LEFT = frozenset({"sent", "delivered"})
"""What is told of a message that was sent: a receipt may be quicker than the answer."""
HISTORY_IS_THERE = "SELECT 1 FROM history_syncs WHERE sync_type = 'initial_bootstrap'"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


class House:
    """The server's doors: HTTP, and the files of its store."""

    def __init__(self, store: Path, port: int, http: aiohttp.ClientSession) -> None:
        self.store = store
        self.port = port
        self._http = http

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self._http.request(
            method, url, json=body, data=data, headers=headers
        ) as response:
            raw = await response.read()
            is_json = response.content_type.endswith(("/json", "+json"))
            return Answer(
                response.status,
                (await response.json(content_type=None)) if is_json else raw,
                {name.lower(): value for name, value in response.headers.items()},
            )

    async def get(self, path: str, **headers: str) -> Answer:
        """A header is named with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("GET", path, headers=named)

    async def post(self, path: str, body: object, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("POST", path, body, headers=named)

    def client(self, key: str = "") -> AsyncClient:
        """The server as users of the client see it; close it."""
        return AsyncClient(f"http://127.0.0.1:{self.port}", key)

    async def send(self, recipient: str, message: str = "", media: Path | str = "") -> Answer:
        extra = {"media_path": str(media)} if media else {}
        return await self.post("/api/send", {"recipient": recipient, "message": message, **extra})

    async def until_left(self, planned: str) -> str:
        """Once a message was sent that had this id: the id under which it left, which not every
        engine can choose."""
        told = await self.until_rows(
            "SELECT coalesce(json_extract(data, '$.new_id'), json_extract(data, '$.id')) "
            "FROM events WHERE type IN ('message.sent', 'message.status') "
            "AND json_extract(data, '$.id') = ? AND json_extract(data, '$.state') = 'sent'",
            planned,
        )
        return str(told[0][0])

    async def person_sends(self, phone: str, data: bytes, **media: str) -> str:
        """A person sends a file to the account; the message's id."""
        account = (await self.get("/v1/accounts/default")).body["phone"]
        body = {"to": account, "media": {"base64": b64encode(data).decode(), **media}}
        answer = await self.post(f"/sandbox/people/{phone}/messages", body)
        assert answer.status < 300, answer.body
        return str(answer.body["id"])

    async def inbox(self, phone: str) -> list[dict[str, Any]]:
        return (await self.get(f"/sandbox/people/{phone}/inbox")).body["items"]

    async def until_in_inbox(self, phone: str, message_id: str) -> dict[str, Any]:
        """The decrypted entry, once it is there."""
        found: list[dict[str, Any]] = []

        async def look() -> bool:
            found[:] = [entry for entry in await self.inbox(phone) if entry["id"] == message_id]
            return bool(found)

        await until(look, 10.0, f"message in the inbox of {phone}")
        return found[0]

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What another program reads from the archive, with plain SQL."""
        with sqlite3.connect(f"file:{self.store}/messages.db?mode=ro", uri=True) as database:
            found = database.execute(sql, values).fetchall()
        database.close()
        return found

    async def until_rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        await until(lambda: bool(self.rows(sql, *values)), 10.0, lambda: sql)
        return self.rows(sql, *values)


@asynccontextmanager
async def open_house(store: Path, *, ready: bool = True, **settings: Any) -> AsyncGenerator[House]:
    """A server that is `ready`: its demo account is connected and its history is there."""
    settings.setdefault("engine", ENGINE)
    options = Settings(port=0, store=store, sandbox=True, **settings)
    async with running_server(options) as server, aiohttp.ClientSession() as http:
        house = House(store, server.address[1], http)
        key = {"x_api_key": settings["api_key"]} if "api_key" in settings else {}

        async def is_ready() -> bool:
            return (await house.get("/health/ready", **key)).status == 200

        if ready:
            await until(is_ready, 30.0, "a ready server")
            await house.until_rows(HISTORY_IS_THERE)
        yield house
