"""A receiver of webhooks that verifies what comes with the library of the standard."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook


class Receiver:
    """`down` answers 503 and looks at nothing. `gate` lets so many requests in and holds the
    others, None all."""

    def __init__(self) -> None:
        self.url = ""
        self.secret = ""
        self.down = False
        self.gate: asyncio.Semaphore | None = None
        self.refused = 0
        self.asked_at = 0.0
        """When the last request came, by the monotonic clock."""
        self.on_signed: Callable[[float], None] = lambda _signed_s: None
        """Is told when a request says that it was signed, before it is verified."""
        self.events: list[dict[str, Any]] = []
        """What was taken, in order; what was told twice is here twice."""

    async def take(self, request: web.Request) -> web.Response:
        self.asked_at = time.monotonic()
        if self.down:
            self.refused += 1
            return web.Response(status=503)
        self.on_signed(float(request.headers["webhook-timestamp"]))
        event = Webhook(self.secret).verify(await request.read(), dict(request.headers))
        assert request.headers["webhook-id"] == event["id"]
        if self.gate is not None:
            await self.gate.acquire()
        self.events.append(event)
        return web.Response()

    def texts(self) -> list[str]:
        """Of the messages that were told; tests of the webhook itself tell none."""
        return [event["data"]["text"] for event in self.events if event["seq"]]


@asynccontextmanager
async def open_receiver() -> AsyncGenerator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield receiver
    finally:
        await runner.cleanup()
