"""The client against a whole server: one message once, events over a restart, files in pieces."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from peers.house import EMMA, open_house
from wigwag.client import ApiError, Client, shapes

KEY = "a-key-that-nobody-guesses"
ROOT = Path(__file__).parents[2]


def text(words: str) -> shapes.TextMessage:
    return {"to": EMMA, "type": "text", "text": words}


async def pieces(data: bytes) -> AsyncGenerator[bytes]:
    for start in range(0, len(data), 100):
        yield data[start : start + 100]


async def test_events_go_on_over_a_restart_and_a_repeated_send_is_one(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store", api_key=KEY) as house, house.client(KEY) as wigwag:
        first = await wigwag.send_message("default", text("once"), idempotency_key="k1")
        again = await wigwag.send_message("default", text("once"), idempotency_key="k1")
        assert again == first
        seen = 0
        async with asyncio.timeout(60):
            async for event in wigwag.events(after=0, types=["message.received"]):
                if event["data"]["text"] == "once":
                    seen = event["seq"]
                    break
    async with open_house(tmp_path / "store", api_key=KEY) as house, house.client(KEY) as wigwag:
        await wigwag.send_message("default", text("twice"))
        texts: list[str] = []
        async with asyncio.timeout(60):
            async for event in wigwag.events(after=seen, types=["message.received"]):
                texts.append(event["data"]["text"])
                if texts[-1] == "twice":
                    break
        assert texts == ["twice"], "and nothing a second time"

        picture = (ROOT / "docs/sample.png").read_bytes()
        upload = await wigwag.upload_media(pieces(picture), filename="sample.png")
        assert upload["size_bytes"] == len(picture)
        sent = await wigwag.send_message(
            "default",
            {"to": EMMA, "type": "document", "media": {"media_id": upload["media_id"]}},
        )
        async with wigwag.get_message_media("default", sent["id"]) as download:
            assert (download.name, await download.read()) == ("sample.png", picture)
        await asyncio.to_thread(look, house.port)


def look(port: int) -> None:
    with Client(f"http://127.0.0.1:{port}", KEY) as wigwag:
        texts = [message["text"] for message in wigwag.each_messages("default", chat=EMMA, limit=2)]
        assert {"once", "twice"} <= set(texts)
        assert next(wigwag.events(after=0))["seq"] > 0
    with (
        Client(f"http://127.0.0.1:{port}", KEY + "x") as stranger,
        pytest.raises(ApiError) as caught,
    ):
        stranger.list_accounts()
    assert (caught.value.status, caught.value.code) == (401, "unauthorized")
