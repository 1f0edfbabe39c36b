"""How long requests take until their answer begins, by route."""

import time
from collections import defaultdict
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wigwag.core.measures import Histogram

UNMATCHED: Final = "unmatched"
"""The route of what no route is for: its path is the caller's, and may be anything."""
_log = structlog.get_logger(__name__)
_CLASSES: Final = tuple(f"{first}xx" for first in range(10))
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class HttpMeter:
    """Durations by method, route and class of status; all three are words of ours."""

    def __init__(self) -> None:
        self.requests: defaultdict[tuple[str, str, str], Histogram] = defaultdict(Histogram)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        method = method if method in _METHODS else "other"
        self.requests[method, route, _CLASSES[status // 100]].observe(seconds)
        _log.debug(
            "http.request", method=method, route=route, status=status, ms=round(seconds * 1000, 1)
        )


class MeteringMiddleware:
    """Tells the meter of every request; what broke before it was answered counts as 500."""

    def __init__(self, app: ASGIApp, meter: HttpMeter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        is_answered = False

        def answered(status: int) -> None:
            nonlocal is_answered
            if not is_answered:
                is_answered = True
                route = getattr(scope.get("route"), "path", UNMATCHED)
                self._meter.observe(scope["method"], route, status, time.perf_counter() - began)

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, sender)
        finally:
            answered(500)
