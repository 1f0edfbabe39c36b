"""Websockets as uvicorn speaks them, but that a refusal ends a handshake like any other answer."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn takes the answer to a refused handshake for none, and tells an error of it, which
    anybody could have it do as often as they like."""

    async def send(self, message: Any) -> None:
        await super().send(message)
        is_last = not message.get("more_body", False)
        if message["type"] == "websocket.http.response.body" and is_last:
            self.handshake_complete = True
