"""Events over HTTP: asked for, streamed, and as a websocket; who is told what."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from msgspec.structs import replace

from scripted.asgi import Application, call
from scripted.conversation import Conversation, conversation
from scripted.waiting import VirtualClock, until
from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, BEN, CONNECTED, received
from wigwag.core.feed import Feed
from wigwag.core.keys import KeyRing, digest_of
from wigwag.core.views import event_view
from wigwag.http.access import AccessMiddleware, AccessPolicy, Doorkeeper
from wigwag.http.api import create_api
from wigwag.http.events import events_router
from wigwag.http.eventsocket import event_socket_router
from wigwag.http.models.events import Event
from wigwag.http.problems import install_problem_handlers
from wigwag.http.services import Services
from wigwag.http.streams import Seats
from wigwag.model.key import ApiKey, Scope

SECRET = "a-secret-of-the-test"
READER = ApiKey(
    id="key_1", name="bot", scopes=frozenset({Scope.READ}), created_at=VirtualClock().now()
)


class Room:
    """The events of a desk, behind the access rules."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.feed = Feed(desk.archive)
        self.clock = VirtualClock()
        self.seats = Seats(per_key=2, total=3)
        for name in ("default", "work"):
            desk.accounts.add(StoredEngine(name))
        used = {"accounts": desk.accounts, "library": desk.library, "feed": self.feed}
        names = [field.name for field in fields(Services)]
        self.services = cast("Any", Services)(**dict.fromkeys(names) | used)

    def app(self, key: ApiKey | None = READER, beat_s: float = 30) -> Application:
        """An application that knows the one key (or asks for none)."""
        api = FastAPI()
        install_problem_handlers(api)
        api.include_router(events_router(self.services, self.seats, beat_s=beat_s))
        sockets = event_socket_router(self.services, self.seats, beat_s=beat_s, key_wait_s=0.05)
        api.include_router(sockets)
        if key is None:
            return cast("Any", AccessMiddleware(api, Doorkeeper(AccessPolicy())))
        self.ring = ring = KeyRing(self.clock)
        ring.add(digest_of(SECRET), key)
        return cast("Any", AccessMiddleware(api, Doorkeeper(AccessPolicy(keys=ring))))

    async def ask(self, target: str = "", key: ApiKey | None = None) -> tuple[int, Any]:
        answer = await call(self.app(key), "GET", f"/v1/events{target}", api_key=SECRET)
        return answer.status, answer.json()

    async def seqs(self, target: str = "", key: ApiKey | None = None) -> list[int]:
        status, body = await self.ask(target, key)
        assert status == 200, body
        return [item["seq"] for item in body["items"]]


async def ends(stream: Conversation, socket: Conversation) -> None:
    """Both are told that the key is not valid any more."""
    while await stream.chunk():
        pass
    while (said := await socket.next())["type"] == "websocket.send":
        pass
    assert said["code"] == 4401


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    desk = await Desk.open(tmp_path)
    yield Room(desk)
    await desk.close()


async def tell(room: Room) -> None:
    """Four events: of the account, of two chats, of a chat of another account."""
    await room.desk.take(CONNECTED, received("A1"), received("B1", chat=BEN))
    await room.desk.take(received("A2"), account="work")


async def test_events_come_by_cursor(room: Room) -> None:
    await tell(room)
    status, body = await room.ask("?limit=3")
    assert (status, body["next_after"], body["last_seq"]) == (200, 3, 4)
    for item in body["items"]:
        Event.model_validate(item, extra="forbid")
    assert [item["type"] for item in body["items"]] == ["account.state"] + ["message.received"] * 2
    assert body["items"][1]["data"]["id"] == "A1"
    assert await room.seqs("?after=3") == [4]
    assert await room.seqs("?after=latest") == []


async def test_events_are_filtered(room: Room) -> None:
    await tell(room)
    assert await room.seqs("?account=work") == [4]
    assert await room.seqs("?types=message.received,call.ended&account=default") == [2, 3]
    number = BEN.user
    assert await room.seqs(f"?account=default&chat=%2B{number}") == [3]


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("?types=message.recieved", 400, "invalid_input"),
        ("?chat=15550001111", 400, "invalid_input"),
        ("?account=default&chat=x", 400, "malformed_jid"),
        ("?account=nobody", 404, "not_found"),
        ("?after=-1", 400, "invalid_input"),
        ("?after=99999999999999999999", 400, "invalid_input"),
        ("?limit=1001", 400, "invalid_input"),
        ("?wait_s=61", 400, "invalid_input"),
        ("?after=99", 410, "cursor_expired"),
    ],
)
async def test_what_is_wrong_is_said(room: Room, target: str, status: int, code: str) -> None:
    await tell(room)
    answer = await room.ask(target)
    assert (answer[0], answer[1]["code"]) == (status, code)


async def test_a_key_is_told_what_it_reaches(room: Room) -> None:
    await tell(room)
    work = replace(READER, accounts=frozenset({"work"}))
    assert await room.seqs(key=work) == [4]
    assert (await room.ask("?account=default", work))[0] == 404
    ann = replace(READER, chats=frozenset({str(ANN)}))
    assert await room.seqs(key=ann) == [2, 4], "what is of no chat is not for it"
    assert await room.seqs("?account=work", ann) == [4]
    assert (await room.ask(f"?account=default&chat={BEN}", ann))[0] == 404
    both = replace(READER, accounts=frozenset({"work"}), chats=frozenset({str(ANN)}))
    assert await room.seqs(key=both) == [4]
    sender = replace(READER, scopes=frozenset({Scope.SEND}))
    assert (await room.ask("", sender))[0] == 403


async def test_a_cursor_that_has_expired_tells_the_oldest(room: Room) -> None:
    await tell(room)
    with sqlite3.connect(room.desk.folder / "messages.db") as connection:
        connection.execute("DELETE FROM events WHERE seq < 3")
    connection.close()
    status, body = await room.ask("?after=1")
    assert (status, body["code"], body["oldest_seq"]) == (410, "cursor_expired", 3)
    assert await room.seqs("?after=2") == [3, 4]
    assert await room.seqs() == [3, 4]
    async with conversation(room.app(None), "http", "/v1/events/stream?after=1") as talk:
        await opened(talk)
        told = await talk.chunk()
        assert told == (
            'event: feed.gap\ndata: {"type":"feed.gap","data":{"after":1,"oldest_seq":3}}\n\n'
        )
        assert (await talk.chunk()).startswith("id: 3\n")
    async with conversation(room.app(None), "websocket", "/v1/events/ws?after=1") as talk:
        assert (await talk.next())["type"] == "websocket.accept"
        assert (await talk.frame())["type"] == "feed.cursor"
        assert await talk.frame() == {"type": "feed.gap", "data": {"after": 1, "oldest_seq": 3}}
        assert (await talk.frame())["seq"] == 3


async def test_who_asks_with_patience_gets_the_next_event(room: Room) -> None:
    asked = asyncio.create_task(room.seqs("?wait_s=60&after=latest&account=default"))
    await until(lambda: room.seats.count)
    await room.desk.take(received("W1"), account="work")
    await room.desk.take(received("A1"))
    assert await asked == [2]
    assert room.seats.count == 0


@pytest.mark.parametrize("deleted", [False, True])
async def test_who_asked_with_a_key_that_is_gone_is_told_nothing(room: Room, deleted: bool) -> None:
    key = replace(READER, expires_at=room.clock.now() + timedelta(hours=1))
    asked = asyncio.create_task(room.ask("?wait_s=60&after=latest", key))
    await until(lambda: room.seats.count)
    if deleted:
        room.ring.remove(key.id)
    else:
        await room.clock.advance(3_600)
    await room.desk.take(received("A1"))
    status, body = await asked
    assert (status, body["code"]) == (401, "unauthorized")


async def test_who_leaves_waits_no_longer(room: Room) -> None:
    async with conversation(room.app(None), "http", "/v1/events?wait_s=60") as talk:
        await until(lambda: room.seats.count)
        talk.leave("http")
        assert (await talk.next())["status"] == 204
    assert room.seats.count == 0


async def opened(talk: Conversation) -> None:
    """A stream begins with its cursor, before anything happens."""
    start = await talk.next()
    assert start["status"] == 200
    assert dict(start["headers"])[b"content-type"].startswith(b"text/event-stream")
    assert (await talk.chunk()).startswith(": \nid: ")


async def test_a_stream_tells_events_as_they_happen(room: Room) -> None:
    await tell(room)
    async with conversation(room.app(None), "http", "/v1/events/stream") as talk:
        await opened(talk)
        await room.desk.take(received("A3"))
        event = (await room.feed.read(4)).events[0]
        data = json.dumps(event_view(event) | {"data": json.loads(bytes(event.data))})
        lines = (await talk.chunk()).split("\n")
        assert lines[:2] == ["id: 5", "event: message.received"]
        assert json.loads(lines[2].removeprefix("data: ")) == json.loads(data)
        assert lines[3:] == ["", ""]
    assert room.seats.count == 0


async def test_a_stream_goes_on_after_the_last_event_id(room: Room) -> None:
    await tell(room)
    target = "/v1/events/stream?after=1"
    async with conversation(room.app(None), "http", target, last_event_id="3") as talk:
        await opened(talk)
        assert (await talk.chunk()).startswith("id: 4\n")
    async with conversation(room.app(None), "http", target, last_event_id="") as talk:
        await opened(talk)
        assert (await talk.chunk()).startswith("id: 2\n")
    async with conversation(room.app(None), "http", target, last_event_id="x") as talk:
        assert (await talk.next())["status"] == 400


async def test_a_silent_stream_shows_that_it_lives_and_how_far_it_is(room: Room) -> None:
    app = room.app(None, beat_s=0.02)
    async with conversation(app, "http", "/v1/events/stream?account=work") as talk:
        await opened(talk)
        await room.desk.take(received("A1"))
        while (beat := await talk.chunk()) == ": \nid: 0\n\n":
            pass
        assert beat == ": \nid: 1\n\n"


async def test_a_slow_reader_is_waited_for(room: Room) -> None:
    async with conversation(room.app(None), "http", "/v1/events/stream") as talk:
        await opened(talk)
        talk.flowing.clear()
        for number in range(5):
            await room.desk.take(received(f"A{number}"))
        assert talk.heard.empty()
        talk.flowing.set()
        assert [(await talk.chunk()).split("\n")[0] for _ in range(5)] == [
            f"id: {number}" for number in range(1, 6)
        ]


async def test_a_stream_ends_with_the_server(room: Room) -> None:
    async with conversation(room.app(None), "http", "/v1/events/stream") as talk:
        await opened(talk)
        room.feed.close()
        assert await talk.chunk() == ""


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_stream_ends_with_its_key(room: Room, deleted: bool) -> None:
    key = replace(READER, expires_at=room.clock.now() + timedelta(hours=1))
    app = room.app(key, beat_s=0.01)
    async with (
        conversation(app, "http", "/v1/events/stream", x_api_key=SECRET) as stream,
        conversation(app, "websocket", "/v1/events/ws", x_api_key=SECRET) as socket,
    ):
        await opened(stream)
        assert (await socket.next())["type"] == "websocket.accept"
        if deleted:
            room.ring.remove(key.id)
        else:
            await room.clock.advance(3_600)
        await ends(stream, socket)


async def test_so_many_streams_and_no_more(room: Room) -> None:
    app = room.app(READER)
    options = {"x_api_key": SECRET}
    async with (
        conversation(app, "http", "/v1/events/stream", **options) as one,
        conversation(app, "websocket", "/v1/events/ws", **options) as two,
    ):
        await one.next()
        await two.next()
        status, body = await room.ask(key=READER)
        assert (status, body["code"]) == (429, "too_many_streams")
        async with conversation(app, "websocket", "/v1/events/ws", **options) as three:
            assert await three.denied() == (429, "too_many_streams")
        other = room.app(replace(READER, id="key_2"))
        async with conversation(other, "http", "/v1/events/stream", **options) as four:
            await four.next()
            async with conversation(room.app(None), "http", "/v1/events/stream") as five:
                assert (await five.next())["status"] == 429
    assert room.seats.count == 0


async def test_a_websocket_tells_events_as_they_happen(room: Room) -> None:
    await tell(room)
    async with conversation(room.app(None), "websocket", "/v1/events/ws?account=work") as talk:
        assert (await talk.next())["type"] == "websocket.accept"
        assert await talk.frame() == {"type": "feed.cursor", "data": {"after": 4}}
        talk.say("whatever")
        await room.desk.take(received("A8"))
        await room.desk.take(received("A9"), account="work")
        event = await talk.frame()
        Event.model_validate(event, extra="forbid")
        assert (event["seq"], event["data"]["id"]) == (6, "A9")
        room.feed.close()
        assert await talk.closed() == 1012


async def test_a_websocket_says_its_key_in_the_first_frame(room: Room) -> None:
    async with conversation(room.app(READER), "websocket", "/v1/events/ws") as talk:
        assert (await talk.next())["type"] == "websocket.accept"
        talk.say(json.dumps({"key": SECRET}))
        assert (await talk.frame())["type"] == "feed.cursor"


@pytest.mark.parametrize(
    "frame", ["{}", "no json", '{"key": 1}', '{"key": "wrong"}', '{"key": "\\ud800"}', None]
)
async def test_a_websocket_without_a_key_is_closed(room: Room, frame: str | None) -> None:
    async with conversation(room.app(READER), "websocket", "/v1/events/ws") as talk:
        assert (await talk.next())["type"] == "websocket.accept"
        if frame is not None:
            talk.say(frame)
        assert await talk.closed() == 4401


async def test_what_is_wrong_with_a_websocket_is_said_at_the_handshake(room: Room) -> None:
    sender = replace(READER, scopes=frozenset({Scope.SEND}))
    for key, target, headers, expected in (
        (READER, "", {"x_api_key": "wrong"}, (401, "unauthorized")),
        (READER, "", {"origin": "https://evil.example"}, (403, "foreign_origin")),
        (sender, "", {"x_api_key": SECRET}, (403, "scope_missing")),
        (READER, "?account=nobody", {"x_api_key": SECRET}, (404, "not_found")),
        (READER, "?after=x", {"x_api_key": SECRET}, (400, "invalid_input")),
        (READER, "?type=call.ended", {}, (400, "invalid_input")),
    ):
        path = f"/v1/events/ws{target}"
        async with conversation(room.app(key), "websocket", path, **headers) as talk:
            assert await talk.denied() == expected
    async with conversation(room.app(sender), "websocket", "/v1/events/ws") as talk:
        await talk.next()
        talk.say(json.dumps({"key": SECRET}))
        assert await talk.closed() == 4403


async def test_only_websockets_may_say_their_key_later(room: Room) -> None:
    answer = await call(room.app(READER), "GET", "/v1/events/ws")
    assert answer.status == 401


def test_openapi_shows_the_routes(room: Room) -> None:
    paths = create_api(room.services, AccessPolicy()).openapi()["paths"]
    assert "text/event-stream" in paths["/v1/events/stream"]["get"]["responses"]["200"]["content"]
    names = {parameter["name"] for parameter in paths["/v1/events"]["get"]["parameters"]}
    assert names == {"after", "limit", "account", "types", "chat", "wait_s"}
