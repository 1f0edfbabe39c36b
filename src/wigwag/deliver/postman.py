"""One signed request to a receiver, over HTTP."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from wigwag.deliver.guard import AddressRefused, Guard
from wigwag.deliver.schedule import Outcome

TIMEOUT_S: Final = 15.0
CONNECT_S: Final = 5.0
MAX_ANSWER_BYTES: Final = 65_536
MAX_CONNECTIONS: Final = 256
PER_RECEIVER: Final = 16


class Postman:
    """Connections to all receivers. Close it."""

    def __init__(self, guard: Guard, *, resolver: AbstractResolver | None = None) -> None:
        self._guard = guard
        self._guarded = _session(guard.socket_of, resolver)
        self._trusting = _session(None, resolver)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Outcome:
        """What came of it; whatever goes wrong is an outcome, too. No redirect is followed."""
        try:
            host = urlsplit(url).hostname or ""
            session = self._trusting if self._guard.trusts(host) else self._guarded
            async with session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                await response.content.read(MAX_ANSWER_BYTES)
                if not response.content.at_eof():
                    response.close()
                return Outcome(
                    status=response.status, retry_after=response.headers.get("Retry-After", "")
                )
        except TimeoutError:
            return Outcome(error="timeout")
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.os_error, AddressRefused)
            return Outcome(error="address_refused" if refused else "not_reachable")
        except ValueError:
            return Outcome(error="bad_url")
        except (aiohttp.ClientError, OSError):
            return Outcome(error="broken_answer")

    async def close(self) -> None:
        await self._guarded.close()
        await self._trusting.close()


def _session(
    factory: Callable[..., object] | None, resolver: AbstractResolver | None
) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=MAX_CONNECTIONS,
            limit_per_host=PER_RECEIVER,
            resolver=resolver,
            socket_factory=factory,  # pyright: ignore[reportArgumentType]
        ),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, sock_connect=CONNECT_S),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Content-Type": "application/json", "User-Agent": "wigwag"},
    )
