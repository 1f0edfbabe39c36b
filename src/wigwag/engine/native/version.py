"""The version of WhatsApp Web that this process announces, and where a newer one is found.

WhatsApp refuses a client whose version is too old (405). What its own page says is the number in
`client_revision` of https://web.whatsapp.com/sw.js (Baileys generics.ts, whatsmeow update.go).
"""

import asyncio
import re
from typing import Final

import aiohttp
import structlog
from yarl import URL

from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.common.timelimit import time_limit
from wigwag.model.errors import InvalidInput
from wigwag.ports import Clock
from wigwag.wire.client_payload import WEB_VERSION, Version, format_version

LOOK_UP_S: Final = 15.0
PAGE_LIMIT_BYTES: Final = 4 << 20
AGAIN_AFTER_S: Final = 600.0
"""Between two looks at the page, whoever asks."""

FRESH_S: Final = 86_400.0
"""An account that starts does not look again within a day."""

LARGEST_STEP: Final = 100_000_000
"""Revisions grow by somewhat over a million a month; a number that is ahead by more is none."""

_REVISION: Final = re.compile(rb'client_revision\\?"\s*:\s*(\d{6,12})\b')
_HEADERS: Final = {
    "sec-fetch-site": "none",
    "user-agent": (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/131.0.0.0 Safari/537.36"
    ),
}
"""Without these the page is not given (Baileys generics.ts)."""

_log = structlog.get_logger(__name__)


def parse_version(text: str) -> Version:
    """A version written as 2.3000.1045649367. Raises InvalidInput."""
    parts = text.split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) <= 10 for p in parts):
        raise InvalidInput("A version looks like 2.3000.1045649367.")
    return (int(parts[0]), int(parts[1]), int(parts[2]))


def read_revision(page: bytes) -> int | None:
    """The revision that WhatsApp's page names."""
    found = _REVISION.search(page)
    return int(found[1]) if found is not None else None


def is_plausible(revision: int, known: int) -> bool:
    """Whether a looked-up revision is taken: newer, and not by a leap."""
    return known < revision <= known + LARGEST_STEP


class VersionBook:
    """The version that all accounts announce at their next connection.

    With `looks_up` it may be raised by what WhatsApp's page says, never lowered.
    """

    def __init__(
        self, clock: Clock, version: Version | None = None, *, looks_up: bool = False
    ) -> None:
        self.current = version or WEB_VERSION
        self.looks_up = looks_up
        self._clock = clock
        self._looked_at: float | None = None
        self._looking = asyncio.Lock()

    async def freshen(self, http: HttpPool, endpoint: Endpoint) -> None:
        """Look for a newer version if that is allowed and was not done today. Raises nothing."""
        if self.looks_up:
            await self._look(http, endpoint, FRESH_S)

    async def renew(self, refused: Version, http: HttpPool, endpoint: Endpoint) -> bool:
        """Whether there is a newer version than the refused one, looked up if that is allowed."""
        if self.looks_up and self.current <= refused:
            await self._look(http, endpoint, AGAIN_AFTER_S)
        return self.current > refused

    async def _look(self, http: HttpPool, endpoint: Endpoint, at_most_every_s: float) -> None:
        async with self._looking:
            now = self._clock.monotonic()
            if self._looked_at is not None and now - self._looked_at < at_most_every_s:
                return
            self._looked_at = now
            try:
                async with time_limit(self._clock, LOOK_UP_S):
                    page = await _fetch(http, endpoint)
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                _log.warning("version_not_found", error=type(error).__name__)
                return
            self._take(page)

    def _take(self, page: bytes) -> None:
        revision, (major, minor, known) = read_revision(page), self.current
        if revision is None or (revision != known and not is_plausible(revision, known)):
            _log.warning("version_not_usable", size_bytes=len(page), revision=revision)
        elif revision > known:
            self.current = (major, minor, revision)
            _log.info("version_raised", version=format_version(self.current))


async def _fetch(http: HttpPool, endpoint: Endpoint) -> bytes:
    """The page, by the account's proxy if it has one."""
    socket = URL(endpoint.ws_url)
    scheme = "https" if socket.scheme in ("wss", "https") else "http"
    async with http.session(endpoint).get(
        socket.with_scheme(scheme).with_path("/sw.js"),
        headers=_HEADERS,
        allow_redirects=False,
        **endpoint.http_arguments(),
    ) as response:
        if response.status != 200:
            raise ValueError(response.status)
        page = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            page += chunk
            if len(page) > PAGE_LIMIT_BYTES:
                raise ValueError(len(page))
        return bytes(page)
