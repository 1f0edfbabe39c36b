"""Attempts, errors, pages and files, over a transport that answers what a test says."""

import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from wigwag.client import ApiError, AsyncClient, Client, ConnectionFailed, Retries

Answers = list[httpx.Response | Exception]
TEXT: Any = {"to": "15550100002", "type": "text", "text": "Hi"}


class Server:
    """Answers in this order, and remembers what it was asked and how long was waited."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.pauses: list[float] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def client(self, **options: Any) -> AsyncClient:
        transport = httpx.MockTransport(self.answer)
        return AsyncClient("http://server", "key", transport=transport, sleep=self.wait, **options)


def page(items: list[Any], cursor: str | None) -> httpx.Response:
    return httpx.Response(200, json={"items": items, "next_cursor": cursor})


def problem(status: int, code: str, **facts: Any) -> httpx.Response:
    told = {"status": status, "code": code, "detail": "So it is.", "request_id": "r1", **facts}
    headers = {"Retry-After": "7"} if status == 429 else {}
    return httpx.Response(status, json=told, headers=headers)


async def test_a_send_is_repeated_with_the_same_key() -> None:
    sent = {"id": "1", "account": "default", "chat_jid": "c", "state": "sent", "timestamp": "t"}
    server = Server(
        httpx.ConnectError("gone"), problem(503, "storage_busy"), httpx.Response(201, json=sent)
    )
    async with server.client() as wigwag:
        assert await wigwag.send_message("default", TEXT) == sent
    keys = {request.headers["idempotency-key"] for request in server.asked}
    assert (len(server.asked), len(keys)) == (3, 1)
    assert [json.loads(request.content) for request in server.asked] == [TEXT] * 3
    assert server.asked[0].headers["authorization"] == "Bearer key"
    assert all(0 < pause < 1 for pause in server.pauses)


async def test_what_might_be_done_twice_is_asked_once() -> None:
    server = Server(httpx.ReadTimeout("slow"))
    async with server.client() as wigwag:
        with pytest.raises(ConnectionFailed, match="POST /v1/keys"):
            await wigwag.create_key(name="bot", scopes=["read"])
    assert len(server.asked) == 1


async def test_what_was_refused_for_its_rate_waits_as_it_is_told() -> None:
    server = Server(problem(429, "rate_limited"), httpx.Response(204))
    async with server.client() as wigwag:
        assert await wigwag.delete_key("key_1") is None
    assert server.pauses == [7.0]


async def test_attempts_have_an_end() -> None:
    server = Server(*[problem(503, "storage_busy")] * 2)
    async with server.client(retries=Retries(attempts=2)) as wigwag:
        with pytest.raises(ApiError) as caught:
            await wigwag.list_accounts()
    assert (caught.value.status, caught.value.code) == (503, "storage_busy")


@pytest.mark.parametrize(
    ("answer", "code", "detail"),
    [
        (problem(410, "cursor_expired", oldest_seq=7), "cursor_expired", "So it is."),
        (httpx.Response(404, text="<html>"), "http_error", "<html>"),
        (httpx.Response(404, content=b"\xff"), "http_error", "\ufffd"),
        (httpx.Response(404, json=["code"]), "http_error", '["code"]'),
    ],
)
async def test_errors_are_told(answer: httpx.Response, code: str, detail: str) -> None:
    async with Server(answer).client() as wigwag:
        with pytest.raises(ApiError) as caught:
            await wigwag.list_events()
    assert (caught.value.code, caught.value.detail) == (code, detail)
    assert caught.value.facts == ({"oldest_seq": 7} if code == "cursor_expired" else {})


async def test_lists_are_walked_page_by_page_with_their_filters() -> None:
    server = Server(page([{"id": "a"}, {"id": "b"}], "next+/="), page([{"id": "c"}], None))
    async with server.client() as wigwag:
        found = wigwag.each_messages("default", kind=["text", "image"], starred=True, from_="2026")
        assert [message["id"] async for message in found] == ["a", "b", "c"]
    first, second = (request.url.params for request in server.asked)
    assert first.multi_items() == [
        ("cursor", ""),
        ("kind", "text"),
        ("kind", "image"),
        ("from", "2026"),
        ("starred", "true"),
    ]
    assert second["cursor"] == "next+/="


async def test_names_in_paths_lead_nowhere_else() -> None:
    server = Server(page([], None))
    async with server.client() as wigwag:
        await wigwag.list_message_edits("default", "../a?b#c/d")
        with pytest.raises(ValueError, match="part of a path"):
            await wigwag.get_chat("default", "..")
    assert server.asked[0].url.raw_path == b"/v1/accounts/default/messages/..%2Fa%3Fb%23c%2Fd/edits"


async def test_files_go_up_in_pieces_and_are_not_sent_twice() -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        yield b"one "
        yield b"two"

    server = Server(problem(503, "queue_full"))
    async with server.client() as wigwag:
        with pytest.raises(ApiError, match="queue_full"):
            await wigwag.upload_media(pieces(), filename="a.txt")
    (request,) = server.asked
    assert await request.aread() == b"one two"
    assert request.headers["transfer-encoding"] == "chunked"


async def test_files_come_down_in_pieces_under_a_name_that_is_no_path(tmp_path: Path) -> None:
    headers = {
        "content-type": "image/png",
        "content-disposition": "attachment; filename*=utf-8''..%2F..%2F%C3%A9t%C3%A9.png",
    }

    def file() -> httpx.Response:
        return httpx.Response(206, content=b"x" * 100_000, headers=headers)

    server = Server(file(), file())
    async with server.client() as wigwag:
        async with wigwag.get_message_media("default", "1", first_byte=10) as download:
            assert (download.mime, download.name) == ("image/png", "été.png")
            assert await download.save(tmp_path / "file") == 100_000
        async with wigwag.get_message_media("default", "1") as download:
            assert await download.read() == (tmp_path / "file").read_bytes()
    assert server.asked[0].headers["range"] == "bytes=10-"
    assert "range" not in server.asked[1].headers


def events(*seqs: int, after: int) -> httpx.Response:
    items = [{"id": f"evt_{seq}", "seq": seq} for seq in seqs]
    return httpx.Response(200, json={"items": items, "next_after": after, "last_seq": after})


async def test_events_go_on_where_they_were_however_long_the_server_is_away() -> None:
    server = Server(
        events(after=4),
        events(5, 6, after=6),
        *[httpx.ConnectError("gone")] * 9,
        problem(500, "internal"),
        events(7, after=9),
        problem(410, "cursor_expired", oldest_seq=100),
    )
    seen: list[int] = []

    async def look(wigwag: AsyncClient) -> None:
        async for event in wigwag.events(types=["message.received", "message.sent"]):
            seen.append(event["seq"])  # noqa: PERF401 - the end is an error

    async with server.client() as wigwag:
        with pytest.raises(ApiError, match="cursor_expired"):
            await look(wigwag)
    assert seen == [5, 6, 7]
    cursors = [request.url.params["after"] for request in server.asked]
    assert cursors == ["latest", "4", *["6"] * 11, "9"]
    assert server.asked[0].url.params["types"] == "message.received,message.sent"


def waits_never(_seconds: float) -> None:
    return None


def synchronous(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    return Client("http://server", transport=httpx.MockTransport(answer), sleep=waits_never)


def test_the_synchronous_face_does_the_same(tmp_path: Path) -> None:
    server = Server(
        httpx.ConnectError("gone"),
        page([{"jid": "a"}], "2"),
        page([{"jid": "b"}], None),
        httpx.Response(200, content=b"file"),
        problem(404, "not_found"),
        events(5, after=5),
    )
    with synchronous(server.answer) as wigwag:
        assert [chat["jid"] for chat in wigwag.each_chats("default")] == [
            "a",
            "b",
        ]
        with wigwag.get_message_media("default", "1") as download:
            assert download.save(tmp_path / "file") == 4
        with pytest.raises(ApiError, match="not_found"):
            wigwag.get_chat("default", "15550100002")
        assert next(wigwag.events(after=4))["seq"] == 5
