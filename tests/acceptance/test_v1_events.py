"""Events over a real server: each message is told once, by every way there is."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from peers.house import EMMA, House, open_house

KEY = "a-key-that-nobody-guesses"
LIMIT_S = 60.0


async def told(stream: aiohttp.ClientResponse, text: str) -> dict[str, Any]:
    """The event of the message with this text; the `id` of its lines is its seq."""
    seq = ""
    async for line in stream.content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "id":
            seq = value
        if name == "data" and json.loads(value)["data"].get("text") == text:
            event = json.loads(value)
            assert str(event["seq"]) == seq
            return event
    raise AssertionError("the stream ended")


async def framed(socket: aiohttp.ClientWebSocketResponse, text: str) -> dict[str, Any]:
    while True:
        event = await socket.receive_json()
        if event["data"].get("text") == text:
            return event


async def polled(house: House, text: str) -> dict[str, Any]:
    after = 0
    while True:
        target = f"/v1/events?after={after}&types=message.received&wait_s=5"
        page = (await house.get(target, x_api_key=KEY)).body
        after = page["next_after"]
        for event in page["items"]:
            if event["data"]["text"] == text:
                return event


async def ended(stream: aiohttp.ClientResponse) -> bool:
    """A stream that is cut raises instead."""
    async for _ in stream.content:
        pass
    return True


async def closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    async for _ in socket:
        pass
    return socket.close_code


async def test_a_message_is_told_by_every_way_and_streams_end_with_the_server(
    tmp_path: Path,
) -> None:
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as http:
        house = await stack.enter_async_context(open_house(tmp_path / "store", api_key=KEY))
        base = f"http://127.0.0.1:{house.port}/v1/events"
        header = {"X-API-Key": KEY}
        types = {"types": "message.received"}
        async with (
            asyncio.timeout(LIMIT_S),
            http.get(f"{base}/stream", headers=header, params=types) as stream,
            http.get(
                f"{base}/stream", headers={**header, "Last-Event-ID": "1"}, params=types
            ) as resumed,
            http.ws_connect(f"{base}/ws", params=types) as socket,
            http.ws_connect(f"{base}/ws", params=types) as stranger,
        ):
            assert stream.headers["content-type"].startswith("text/event-stream")
            await socket.send_json({"key": KEY})
            assert (await socket.receive_json())["type"] == "feed.cursor"
            await stranger.send_json({"key": KEY + "x"})
            refused = await stranger.receive()
            assert (refused.type, refused.data) == (aiohttp.WSMsgType.CLOSE, 4401)
            with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
                await http.ws_connect(f"{base}/ws", headers={"X-API-Key": KEY + "x"})

            text = "Is anybody there?"
            body = {"recipient": EMMA, "message": text}
            assert (await house.request("POST", "/api/send", body, headers=header)).status == 200
            events = [
                await told(stream, text),
                await told(resumed, text),
                await framed(socket, text),
                await polled(house, text),
            ]
            assert events == [events[0]] * 4, "Emma's echo, with the same id and seq everywhere"
            assert events[0]["type"] == "message.received"

            ends = asyncio.gather(ended(stream), ended(resumed), closed(socket))
            await stack.aclose()
            assert await ends == [True, True, 1012]
