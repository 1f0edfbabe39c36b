"""`POST /v1/media`: raw bytes in, a `media_id` out."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from stored.makers import ANN
from stored.senders import sender
from wigwag.core.uploads import Uploads
from wigwag.http.access import MAX_BODY_BYTES, UPLOAD_PATH, AccessPolicy
from wigwag.http.models.sending import UploadShape
from wigwag.mediastore import LocalUploads
from wigwag.model.content import Media
from wigwag.model.key import Scope

LIMIT = 5 * 1024 * 1024


@pytest.fixture
def engine() -> StoredEngine:
    return StoredEngine()


@pytest.fixture
async def doors(tmp_path: Path, engine: StoredEngine) -> AsyncGenerator[Doors]:
    desk = await Desk.open(tmp_path)
    uploads = Uploads(LocalUploads(tmp_path), LIMIT)
    async with (
        sender(desk, engine) as sending,
        open_doors(desk, sending=sending, uploads=uploads) as doors,
    ):
        yield doors
    await desk.close()


def image(media_id: str) -> dict[str, Any]:
    return {"to": str(ANN), "type": "document", "media": {"media_id": media_id}}


async def test_a_file_larger_than_a_body_is_taken_and_sent(
    doors: Doors, engine: StoredEngine
) -> None:
    data = b"x" * (MAX_BODY_BYTES + 1)
    answer = await doors.ask(
        "POST", UPLOAD_PATH + "?filename=a.pdf", content=data,
        headers={"content-type": "application/pdf"},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    told = UploadShape.model_validate(answer.json())
    assert (told.size_bytes, told.mime, told.filename) == (len(data), "application/pdf", "a.pdf")
    sent = await doors.ask("POST", "/messages", image(told.media_id))
    assert sent.status_code == 201, sent.text
    content = engine.sent[-1].content
    assert isinstance(content, Media)
    assert (content.filename, content.mime) == ("a.pdf", "application/pdf")


async def test_nothing_is_no_file(doors: Doors) -> None:
    answer = await doors.ask("POST", UPLOAD_PATH, content=b"")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize("told", ["multipart/form-data; boundary=x", "Multipart/Mixed"])
async def test_a_form_is_no_file(doors: Doors, told: str) -> None:
    form = b'--x\r\ncontent-disposition: form-data; name="file"\r\n\r\nabc\r\n--x--'
    answer = await doors.ask("POST", UPLOAD_PATH, content=form, headers={"content-type": told})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "--data-binary @file" in answer.json()["detail"]


async def test_what_curl_says_of_any_body_is_no_form(doors: Doors) -> None:
    told = {"content-type": "application/x-www-form-urlencoded"}
    answer = await doors.ask("POST", UPLOAD_PATH, content=b"a=b", headers=told)
    assert (answer.status_code, answer.json()["mime"]) == (201, "application/octet-stream")


async def test_a_file_beyond_the_limit_is_413_with_its_number(doors: Doors) -> None:
    async def body() -> AsyncGenerator[bytes]:
        for _ in range(LIMIT // 65_536 + 1):
            yield b"x" * 65_536

    answer = await doors.ask("POST", UPLOAD_PATH, content=body())
    assert (answer.status_code, str(LIMIT) in answer.json()["detail"]) == (413, True)
    policy = AccessPolicy(max_media_bytes=7)
    assert (policy.body_limit(UPLOAD_PATH), policy.body_limit("/x")) == (7, MAX_BODY_BYTES)


async def test_a_file_is_its_owners(doors: Doors) -> None:
    key = key_of(Scope.SEND)
    media_id = (await doors.ask("POST", UPLOAD_PATH, content=b"x", key=key)).json()["media_id"]
    mine = await doors.ask("POST", "/messages", image(media_id), key=key)
    assert mine.status_code == 201
    other = await doors.ask("POST", "/messages", image("0" * 32), key=key)
    assert (other.status_code, other.json()["code"]) == (404, "unknown_media_id")
    reader = await doors.ask("POST", UPLOAD_PATH, content=b"x", key=key_of(Scope.READ))
    assert reader.status_code == 403


@pytest.mark.parametrize("media", [{}, {"media_id": "a", "path": "/b"}, {"media_id": ""}])
async def test_one_file_is_named(doors: Doors, media: dict[str, str]) -> None:
    body = {"to": str(ANN), "type": "image", "media": media}
    assert (await doors.ask("POST", "/messages", body)).status_code == 400
