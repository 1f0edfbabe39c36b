"""One signed request to a receiver, over HTTP."""

import asyncio
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from wigwag.deliver.schedule import Outcome
from wigwag.model.webhook import DeliveryError
from wigwag.outward.guard import Guard
from wigwag.outward.sessions import Sessions, is_refusal

TIMEOUT_S: Final = 15.0
CONNECT_S: Final = 5.0
BODY_S: Final = 1.0
"""How long to read what follows an answer's head, so that its connection serves again."""
MAX_ANSWER_BYTES: Final = 65_536
MAX_CONNECTIONS: Final = 256
PER_RECEIVER: Final = 16


class Postman:
    """Connections to all receivers. Close it."""

    def __init__(
        self, guard: Guard, *, resolver: AbstractResolver | None = None, body_s: float = BODY_S
    ) -> None:
        self._body_s = body_s
        self._sessions = Sessions(
            guard,
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, sock_connect=CONNECT_S),
            headers={"Content-Type": "application/json"},
            per_host=PER_RECEIVER,
            total=MAX_CONNECTIONS,
            resolver=resolver,
        )

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Outcome:
        """What came of it; whatever goes wrong is an outcome, too. No redirect is followed."""
        try:
            target = URL(url)
            async with self._sessions.of(target).post(
                target, data=body, headers=headers, allow_redirects=False
            ) as response:
                if not await self._is_read(response):
                    response.close()
                return Outcome(
                    status=response.status, retry_after=response.headers.get("Retry-After", "")
                )
        except TimeoutError:
            return Outcome(error=DeliveryError.TIMEOUT)
        except aiohttp.ClientConnectorError as error:
            refused = is_refusal(error)
            return Outcome(
                error=DeliveryError.ADDRESS_REFUSED if refused else DeliveryError.NOT_REACHABLE
            )
        except ValueError:
            return Outcome(error=DeliveryError.BAD_URL)
        except (aiohttp.ClientError, OSError):
            return Outcome(error=DeliveryError.BROKEN_ANSWER)

    async def _is_read(self, response: aiohttp.ClientResponse) -> bool:
        """Whether the body came to its end. The receiver has answered, whatever becomes of it."""
        try:
            async with asyncio.timeout(self._body_s):
                await response.content.read(MAX_ANSWER_BYTES)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False
        return response.content.at_eof()

    async def close(self) -> None:
        await self._sessions.close()
