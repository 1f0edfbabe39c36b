"""Talks to an ASGI application message by message: streams and websockets."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from scripted.asgi import Application

LIMIT_S = 10.0


class Conversation:
    """One request or websocket; until `flowing` is set, the application can send nothing."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.flowing = asyncio.Event()
        self.flowing.set()

    async def receive(self) -> dict[str, Any]:
        return await self.said.get()

    async def send(self, message: dict[str, Any]) -> None:
        await self.flowing.wait()
        self.heard.put_nowait(message)

    async def next(self) -> dict[str, Any]:
        """What the application says next."""
        async with asyncio.timeout(LIMIT_S):
            return await self.heard.get()

    async def chunk(self) -> str:
        """The next piece of a body; empty at its end."""
        message = await self.next()
        assert message["type"] == "http.response.body", message
        return message["body"].decode()

    async def frame(self) -> Any:
        """The next frame of a websocket."""
        message = await self.next()
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def closed(self) -> int:
        message = await self.next()
        assert message["type"] == "websocket.close", message
        return message["code"]

    async def denied(self) -> tuple[int, str]:
        """The status of a refused handshake, and the code of its problem."""
        start, body = await self.next(), await self.next()
        assert start["type"] == "websocket.http.response.start", start
        return start["status"], json.loads(body["body"])["code"]

    def say(self, text: str) -> None:
        self.said.put_nowait({"type": "websocket.receive", "text": text})

    def leave(self, kind: str) -> None:
        self.said.put_nowait({"type": f"{kind}.disconnect", "code": 1001})


@asynccontextmanager
async def conversation(
    app: Application, kind: str, target: str, **headers: str
) -> AsyncGenerator[Conversation]:
    """`kind` is http or websocket. A header is named with underscores."""
    parts = urlsplit(target)
    talk = Conversation()
    scope: dict[str, Any] = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"localhost"),
            *((name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()),
        ],
        "subprotocols": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
        "extensions": {"websocket.http.response": {}},
    }
    if kind == "http":
        scope["method"] = "GET"
    first = {"type": "http.request", "body": b""} if kind == "http" else {"type": f"{kind}.connect"}
    talk.said.put_nowait(first)
    task = asyncio.ensure_future(app(scope, talk.receive, talk.send))
    try:
        yield talk
        talk.leave(kind)
        talk.flowing.set()
        async with asyncio.timeout(LIMIT_S):
            await task
    finally:
        task.cancel()
