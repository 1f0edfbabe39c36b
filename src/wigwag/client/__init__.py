"""A typed client of wigwag's HTTP interface, asynchronous and not; it needs `httpx` alone.

    async with AsyncClient("http://127.0.0.1:8080", key="wgw_...") as wigwag:
        await wigwag.send_message("default", {"to": "15550100002", "type": "text", "text": "Hi"})
        async for event in wigwag.events():
            ...

What is asked and answered is said by `wigwag.client.shapes`, made from the OpenAPI document.
"""

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncDownload
from wigwag.client.asynchronous.client import AsyncClient
from wigwag.client.calls import Retries
from wigwag.client.errors import ApiError, ConnectionFailed, InvalidSignature
from wigwag.client.synchronous.asking import Download
from wigwag.client.synchronous.client import Client
from wigwag.client.webhooks import verify_webhook

__all__ = [
    "ApiError",
    "AsyncClient",
    "AsyncDownload",
    "Client",
    "ConnectionFailed",
    "Download",
    "InvalidSignature",
    "Retries",
    "shapes",
    "verify_webhook",
]
