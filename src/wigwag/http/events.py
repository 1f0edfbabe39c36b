"""`/v1/events`: what happened, by cursor: asked for again and again, or as a stream."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Depends, Header, Query, Request
from starlette.responses import Response, StreamingResponse

from wigwag.core.views import encode, event_view
from wigwag.http.answers import documented, view_response
from wigwag.http.callers import caller_of, is_still_valid, needs
from wigwag.http.models.events import EVENT_ID_PATTERN, EventPage, PollQuery, StreamQuery
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
from wigwag.model.errors import CursorExpired, Unauthorized, WigwagError
from wigwag.model.key import ApiKey, Scope

log = structlog.get_logger(__name__)

_STREAM_HEADERS: Final = {"X-Accel-Buffering": "no"}
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Server-sent events: `id` is the seq, `event` the type, `data` the event",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


def events_router(services: Services, seats: Seats, *, beat_s: float = BEAT_S) -> APIRouter:
    router = APIRouter(prefix="/v1/events", tags=["events"])
    feed = services.feed

    async def seated(request: Request) -> AsyncGenerator[None]:
        with seats.seat(caller_of(request)):
            yield

    @router.get("", summary="Events after a cursor", responses=documented(EventPage))
    async def list_events(
        request: Request,
        key: Annotated[ApiKey, needs(Scope.READ)],
        _: Annotated[None, Depends(seated)],
        query: Annotated[PollQuery, Query()],
    ) -> Response:
        wanted = await filter_of(services, key, query)
        after = cursor_of(feed, query.after)
        polled = feed.poll(after, query.limit, wanted, wait_s=query.wait_s)
        page = await while_there(polled, request.receive)
        if page is None:
            return Response(status_code=204)
        if not is_still_valid(request, key):
            raise Unauthorized
        if page.lost:
            raise CursorExpired(page.oldest)
        items = [event_view(event) for event in page.events]
        return view_response(
            {"items": items, "next_after": page.reached, "last_seq": feed.last_seq}
        )

    @router.get(
        "/stream",
        summary="Events as they happen",
        response_class=StreamingResponse,
        responses=_STREAM,
        description="Goes on after `Last-Event-ID`, or else `after`. A comment comes every 15 "
        "seconds; an event `feed.gap` where events are kept no longer. The same is there as a "
        "websocket at `/v1/events/ws`.",
    )
    async def stream_events(
        request: Request,
        key: Annotated[ApiKey, needs(Scope.READ)],
        _: Annotated[None, Depends(seated)],
        query: Annotated[StreamQuery, Query()],
        last_event_id: Annotated[str, Header(pattern=EVENT_ID_PATTERN)] = "",
    ) -> Response:
        wanted = await filter_of(services, key, query)
        after = cursor_of(feed, last_event_id or query.after)
        pages = feed.follow(after, wanted, beat_s=beat_s)
        return StreamingResponse(
            _lines(pages, lambda: is_still_valid(request, key)),
            media_type="text/event-stream",
            headers=_STREAM_HEADERS,
        )

    return router


async def _lines(
    pages: AsyncIterator[FeedPage], is_valid: Callable[[], bool]
) -> AsyncGenerator[bytes]:
    """Pages as server-sent events, as long as the key is valid."""
    try:
        async for page in pages:
            if not is_valid():
                return
            if page.lost:
                yield b"event: feed.gap\ndata: %s\n\n" % encode(gap_view(page))
            for event in page.events:
                data = encode(event_view(event))
                yield b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.type.encode(), data)
            if not page.events or page.events[-1].seq < page.reached:
                # An id alone moves the reader's cursor on, past what was not for it.
                yield b": \nid: %d\n\n" % page.reached
    except WigwagError as error:
        log.warning("events.stream_failed", code=error.code)
