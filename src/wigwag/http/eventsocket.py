"""`/v1/events/ws`: the stream of events as a websocket, one event in a frame of JSON.

The key comes in a header, or as `{"key": "..."}` in the first frame. What is wrong before the
handshake is a problem document; after it the socket is closed with 4000 and the HTTP status.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Annotated, Final

import msgspec
import structlog
from fastapi import APIRouter, Query
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from wigwag.core.keys import KeyRing
from wigwag.core.views import View, encode, event_view
from wigwag.http.callers import EVERYBODY, caller_of, is_still_valid
from wigwag.http.models.events import StreamQuery
from wigwag.http.parameters import Parameters, names_in
from wigwag.http.problems import problem_of, problem_response, request_id_of
from wigwag.http.services import Services
from wigwag.http.streams import (
    BEAT_S,
    Seats,
    cursor_of,
    filter_of,
    gap_view,
    while_there,
)
from wigwag.model.archived import FeedPage
from wigwag.model.errors import ScopeMissing, Unauthorized, WigwagError
from wigwag.model.key import ApiKey, Scope

log = structlog.get_logger(__name__)

KEY_WAIT_S: Final = 5.0
MAX_KEYLESS: Final = 64
"""Sockets that may wait for their key at the same time."""
CLOSED: Final = 4000
"""What is added to an HTTP status to make the code of a close."""


RESTARTS: Final = 1012
"""The code of a close by a server that stops (RFC 6455's registry)."""

_PARAMETERS: Final = Parameters(names_in(StreamQuery))


class FirstFrame(msgspec.Struct):
    key: str


def event_socket_router(
    services: Services,
    seats: Seats,
    *,
    beat_s: float = BEAT_S,
    key_wait_s: float = KEY_WAIT_S,
) -> APIRouter:
    router = APIRouter(prefix="/v1/events", tags=["events"])
    feed = services.feed
    keyless = Seats(MAX_KEYLESS, MAX_KEYLESS)

    @router.websocket("/ws")
    async def stream_events(socket: WebSocket, query: Annotated[StreamQuery, Query()]) -> None:
        with suppress(WebSocketDisconnect):
            try:
                async with AsyncExitStack() as stack:
                    _PARAMETERS.check(socket.query_params)
                    key = await _key_of(socket, keyless, key_wait_s)
                    if not key.may(Scope.READ):
                        raise ScopeMissing(f"This key has not the scope {Scope.READ}.")
                    stack.enter_context(seats.seat(key))
                    wanted = await filter_of(services, key, query)
                    after = cursor_of(feed, query.after)
                    if socket.application_state is WebSocketState.CONNECTING:
                        await socket.accept()
                    pages = feed.follow(after, wanted, beat_s=beat_s)
                    await while_there(_serve(socket, pages, key), socket.receive)
                    await socket.close(RESTARTS if feed.closed else CLOSED + Unauthorized.status)
            except WigwagError as error:
                await _refuse(socket, error)

    return router


async def _key_of(socket: WebSocket, keyless: Seats, wait_s: float) -> ApiKey:
    """The key of a header, or of the first frame. Raises Unauthorized, TooManyStreams."""
    state = socket.scope["state"]
    ring: KeyRing | None = state["keys"]
    if ring is None or state["caller"] is not None:
        return caller_of(socket)
    with keyless.seat(EVERYBODY):
        await socket.accept()
        try:
            async with asyncio.timeout(wait_s):
                frame = msgspec.json.decode(await socket.receive_text(), type=FirstFrame)
        except (TimeoutError, KeyError, msgspec.MsgspecError, RecursionError) as error:
            raise Unauthorized('The first frame has to be {"key": "..."}.') from error
    key = ring.find(frame.key)
    if key is None:
        raise Unauthorized
    return key


async def _serve(socket: WebSocket, pages: AsyncIterator[FeedPage], key: ApiKey) -> None:
    """Sends pages as long as the key is valid, and nothing else is said."""
    async for page in pages:
        if not is_still_valid(socket, key):
            return
        if page.lost:
            await _say(socket, gap_view(page))
        for event in page.events:
            await _say(socket, event_view(event))
        if not page.events or page.events[-1].seq < page.reached:
            await _say(socket, {"type": "feed.cursor", "data": {"after": page.reached}})


async def _say(socket: WebSocket, view: View) -> None:
    await socket.send_text(encode(view).decode())


async def _refuse(socket: WebSocket, error: WigwagError) -> None:
    if socket.application_state is WebSocketState.CONNECTING:
        problem = problem_response(problem_of(error), request_id_of(socket))
        await socket.send_denial_response(problem)
    elif socket.application_state is WebSocketState.CONNECTED:
        log.info("events.socket_refused", code=error.code)
        await socket.close(CLOSED + error.status, error.code)
