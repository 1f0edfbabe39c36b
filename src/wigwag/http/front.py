"""Plain routes are answered in one place, before the framework sees the request.

Whatever else is asked goes through the framework and its middleware. Both ask the same doorkeeper,
tell the same meter, and answer with the same headers.
"""

import time

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from wigwag.http.access import Doorkeeper, with_ours
from wigwag.http.metering import UNMATCHED, HttpMeter
from wigwag.http.problems import problem_response, unexpected_response
from wigwag.http.routes import RouteIndex


class Front:
    """What stands before the framework."""

    def __init__(self, index: RouteIndex, door: Doorkeeper, meter: HttpMeter) -> None:
        self._index = index
        self._door = door
        self._meter = meter

    async def answers(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer an HTTP request that is for a plain route."""
        plain = self._index.find_plain(scope)
        if plain is None:
            return False
        began, request_id, route = time.perf_counter(), self._door.name(scope), UNMATCHED
        try:
            problem = self._door.problem_of(scope)
            if problem is None:
                route = plain.route.path
                response = await plain.answer(scope, receive, send)
            else:
                response = problem_response(problem, request_id)
        except Exception as error:  # noqa: BLE001 - whatever fails is answered, and logged
            response = unexpected_response(error, request_id)
        status = response.status_code
        self._meter.observe(scope["method"], route, status, time.perf_counter() - began)
        headers = with_ours(response.raw_headers, request_id)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})
        return True


class FrontedApi(FastAPI):
    """The framework, with a front before it once there is one."""

    front: Front | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.front is not None and scope["type"] == "http":
            scope["app"] = self
            if await self.front.answers(scope, receive, send):
                return
        await super().__call__(scope, receive, send)
