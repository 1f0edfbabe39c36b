"""Words of a command line become arguments by the types of the operation."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from wigwag.client import Client
from wigwag.client.command import WrongWords, arguments, call, operations

OPERATIONS = operations()


def test_every_operation_says_what_it_is_for() -> None:
    assert len(OPERATIONS) > 120
    assert all(one.summary for one in OPERATIONS.values())
    assert "close" not in OPERATIONS
    assert OPERATIONS["get_chat"].usage == "get_chat account chat"
    assert OPERATIONS["edit_message"].usage.startswith("edit_message account message_id text=... [")
    assert "[from=...]" in OPERATIONS["list_messages"].usage


@pytest.mark.parametrize(
    ("name", "words", "given"),
    [
        ("get_chat", "default 4917", {"account": "default", "chat": "4917"}),
        ("get_chat", "chat=4917 default", {"account": "default", "chat": "4917"}),
        ("list_chats", "default limit=5", {"account": "default", "limit": 5}),
        ("list_messages", "a q=b=c", {"account": "a", "q": "b=c"}),
        ("list_messages", "a kind=text,image", {"account": "a", "kind": ["text", "image"]}),
        ("list_messages", 'a kind=["text"]', {"account": "a", "kind": ["text"]}),
        ("list_messages", "a starred=true", {"account": "a", "starred": True}),
        (
            "list_messages",
            "a from=2026-01-01T00:00:00Z",
            {"account": "a", "from_": "2026-01-01T00:00:00Z"},
        ),
        ("events", "types=call.ended", {"types": ["call.ended"]}),
        (
            "pin_message",
            "a M duration_seconds=86400",
            {"account": "a", "message_id": "M", "duration_seconds": 86400},
        ),
        (
            "send_message",
            'default {"to":"1","type":"text"} text=5 wait_s=3',
            {
                "account": "default",
                "message": {"to": "1", "type": "text", "text": "5", "wait_s": 3},
            },
        ),
        (
            "send_message",
            "default to=1 type=poll question=Tea? options=yes,no idempotency_key=k",
            {
                "account": "default",
                "message": {
                    "to": "1",
                    "type": "poll",
                    "question": "Tea?",
                    "options": ["yes", "no"],
                },
                "idempotency_key": "k",
            },
        ),
    ],
)
def test_words_are_taken_by_their_types(name: str, words: str, given: dict[str, Any]) -> None:
    assert arguments(OPERATIONS[name], words.split()) == given


@pytest.mark.parametrize(
    ("name", "words", "sentence"),
    [
        ("get_chat", "default", "chat is missing: get_chat account chat"),
        ("get_chat", "a b c", "'c' is one word too many"),
        ("list_chats", "default limit=few", "'limit=few' should be JSON"),
        ("send_message", "default to=1 nonsense=1", "'nonsense=1' should be JSON"),
        ("send_message", "default 5 text=Hi", "message should be a JSON object"),
        ("upload_media", "picture.png", "'picture.png' is a file: write @ and its path"),
        ("upload_media", "@/nowhere/at/all", "'/nowhere/at/all' cannot be read: No such file"),
    ],
)
def test_wrong_words_are_told(name: str, words: str, sentence: str) -> None:
    with pytest.raises(WrongWords) as caught:
        arguments(OPERATIONS[name], words.split())
    assert sentence in str(caught.value)


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x00\xff")
    given = arguments(OPERATIONS["upload_media"], [f"@{tmp_path / 'a'}", "filename=b.png"])
    assert b"".join(given.pop("content")) == b"\x00\xff"
    assert given == {"filename": "b.png"}
    unnamed = arguments(OPERATIONS["upload_media"], [f"@{tmp_path / 'a'}"])
    assert unnamed["filename"] == "a"


def test_a_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(200_000))
    pieces = arguments(OPERATIONS["upload_media"], [f"@{tmp_path / 'a'}"])["content"]
    assert [len(piece) for piece in pieces] == [65_536] * 3 + [3_392]


def answered(name: str, words: str, *answers: httpx.Response) -> list[bytes]:
    left = list(answers)
    client = Client("http://server", transport=httpx.MockTransport(lambda _: left.pop(0)))
    operation = OPERATIONS[name]
    return list(call(client, operation, arguments(operation, words.split())))


def test_an_answer_is_json() -> None:
    told = answered("get_account", "a", httpx.Response(200, json={"account": "ä"}))
    assert told == ['{\n  "account": "ä"\n}\n'.encode()]
    assert answered("delete_account", "a", httpx.Response(204)) == []


def test_many_are_a_line_each() -> None:
    first = httpx.Response(200, json={"items": [{"jid": "1"}], "next_cursor": "c"})
    second = httpx.Response(200, json={"items": [{"jid": "2"}], "next_cursor": None})
    assert answered("each_chats", "a", first, second) == [b'{"jid": "1"}\n', b'{"jid": "2"}\n']


def test_a_file_and_a_text_come_as_they_are() -> None:
    assert answered("get_media", "00", httpx.Response(200, content=b"\xff\xd8")) == [b"\xff\xd8"]
    assert answered("get_metrics", "", httpx.Response(200, text="a 1\n")) == [b"a 1\n"]
