"""What is wrong with a request is said in words that tell the next step."""

from collections.abc import Iterator
from typing import Any, cast

import pytest

from stored.doors import Doors
from wigwag.http.models.events import TYPES_PATTERN
from wigwag.http.sentences import WORDS
from wigwag.model.jid import PERSON_PATTERN, PHONE_PATTERN, RECIPIENT_PATTERN
from wigwag.model.url import URL_PATTERN

JSON = {"content-type": "application/json"}
MESSAGES = "/v1/accounts/default/messages"
KINDS = "text, image, video, gif, audio, voice, sticker, document, location, contact, poll"
NO_TYPE = b'{"to": "15550100003", "text": "x"}'


async def detail(doors: Doors, method: str, path: str, **asked: Any) -> str:
    return (await doors.client.request(method, path, **asked)).json()["detail"]


@pytest.mark.parametrize(
    ("body", "headers", "sentence"),
    [
        (b"{}", {}, "Send the body as JSON, with the header Content-Type: application/json."),
        (
            b"{}",
            {"content-type": "application/x-www-form-urlencoded"},
            "Send the body as JSON, with the header Content-Type: application/json.",
        ),
        (b"", JSON, "Send a body, as JSON."),
        (b"", {}, "Send a body, as JSON."),
        (b'{"to": "1555', JSON, "The body is no JSON (character 8)."),
        (b"[1]", JSON, "The body has to be a JSON object."),
        (b"null", JSON, "The body has to be a JSON object."),
        (
            b'{"to": "\xff"}',
            JSON,
            "The body cannot be read: send JSON in UTF-8, not nested too dee",
        ),
        (NO_TYPE, JSON, f"type is missing; it is one of {KINDS}."),
        (
            NO_TYPE.replace(b"{", b'{"type": "txt", '),
            JSON,
            f"there is no type 'txt'; it is one of {KINDS}",
        ),
        (
            NO_TYPE.replace(b"{", b'{"type": "text", ').replace(b'"x"', b'"\\ud83d"'),
            JSON,
            "text.text: this has half of a surrogate pair, which is no character; send whole ones",
        ),
    ],
)
async def test_a_body(doors: Doors, body: bytes, headers: dict[str, str], sentence: str) -> None:
    said = await detail(doors, "POST", MESSAGES, content=body, headers=headers)
    assert said.startswith(sentence)


async def test_a_status_without_a_type(doors: Doors) -> None:
    said = await detail(doors, "POST", "/v1/accounts/default/statuses", json={"text": "x"})
    assert said == "type is missing; it is one of text, image, video, gif, voice."


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("GET", "/v1/nowhere", "There is no such route; /docs lists them."),
        ("POST", f"{MESSAGES}/A1/nowhere", "There is no such route; /docs lists them."),
        ("PUT", MESSAGES, "This path takes GET, POST."),
        ("GET", "/api/send", "This path takes POST."),
    ],
)
async def test_a_route(doors: Doors, method: str, path: str, sentence: str) -> None:
    assert await detail(doors, method, path) == sentence


async def test_patterns_are_told_in_words(doors: Doors) -> None:
    text = {"to": "15550100003", "type": "text", "text": "x"}
    once = {"idempotency-key": "order 1"}
    assert await detail(doors, "POST", MESSAGES, json=text, headers=once) == (
        "header.Idempotency-Key: write 1 to 255 visible ASCII characters, without spaces"
    )
    for path, body, words in (
        ("/v1/accounts", {"account": "A b"}, "account: the name of an account is 1 to 32 of a-z"),
        ("/v1/accounts/default/groups", {"subject": " "}, "subject: write something that can be"),
    ):
        assert (await detail(doors, "POST", path, json=body)).startswith(words)


async def test_every_pattern_has_words(doors: Doors) -> None:
    """Or is looked at by a parser, whose sentence says more."""
    parsed = {RECIPIENT_PATTERN, PERSON_PATTERN, PHONE_PATTERN, URL_PATTERN}
    parsed |= {f"^$|{RECIPIENT_PATTERN}", TYPES_PATTERN}
    document = (await doors.client.get("/openapi.json")).json()
    assert set(patterns_in(document)) <= parsed | WORDS.keys()


def patterns_in(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, inner in cast("dict[str, Any]", part).items():
            if name == "pattern" and isinstance(inner, str):
                yield inner
            yield from patterns_in(inner)
    elif isinstance(part, list):
        for inner in cast("list[Any]", part):
            yield from patterns_in(inner)
