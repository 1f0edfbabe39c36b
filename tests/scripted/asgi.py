"""Calls an ASGI application in process."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Application = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def call(
    app: Application, method: str, target: str, body: object = None, api_key: str = ""
) -> Answer:
    """One request with a JSON body (none when it is None), and its whole answer."""
    parts = urlsplit(target)
    raw = b"" if body is None else json.dumps(body).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
        + ([(b"x-api-key", api_key.encode())] if api_key else []),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    sent: list[dict[str, Any]] = []

    asked = [{"type": "http.request", "body": raw, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return asked.pop() if asked else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = dict(sent[0]["headers"])
    return Answer(
        status=sent[0]["status"],
        content_type=headers.get(b"content-type", b"").decode(),
        body=b"".join(message.get("body", b"") for message in sent[1:]),
    )
