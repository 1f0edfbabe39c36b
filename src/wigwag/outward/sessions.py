"""Connections to other servers: each of them to an address that the guard permits."""

from collections.abc import Callable, Mapping

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from wigwag.outward.guard import AddressRefused, Guard


class Sessions:
    """Two kinds of connections: to hosts that are allowed by their names, wherever these lead, and
    to all others. Close it."""

    def __init__(
        self,
        guard: Guard,
        *,
        timeout: aiohttp.ClientTimeout,
        headers: Mapping[str, str],
        per_host: int,
        total: int,
        resolver: AbstractResolver | None = None,
    ) -> None:
        def session(factory: Callable[..., object] | None) -> aiohttp.ClientSession:
            return aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=total,
                    limit_per_host=per_host,
                    resolver=resolver,
                    socket_factory=factory,  # pyright: ignore[reportArgumentType]
                ),
                timeout=timeout,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "wigwag", **headers},
            )

        self._guard = guard
        self._guarded = session(guard.socket_of)
        self._trusting = session(None)

    def of(self, url: URL) -> aiohttp.ClientSession:
        return self._trusting if self._guard.trusts(url.raw_host or "") else self._guarded

    async def close(self) -> None:
        await self._guarded.close()
        await self._trusting.close()


def is_refusal(error: aiohttp.ClientConnectorError) -> bool:
    """Whether a connection failed because the guard does not permit its address."""
    return isinstance(error.os_error, AddressRefused)
