"""Files that lie on other servers, read over HTTP; everything that is said there is a stranger's
word, and so is where it sends one on."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.message import Message
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from wigwag.model.errors import UrlFailed, UrlRefused
from wigwag.outward.guard import Guard
from wigwag.outward.sessions import Sessions, is_refusal
from wigwag.ports import RemoteFile

MAX_HOPS: Final = 5
"""How often one is sent on."""
CONNECT_S: Final = 5.0
SILENCE_S: Final = 15.0
"""How long a server may say nothing in the middle of a file."""
TOTAL_S: Final = 300.0
"""How long it may all take."""
CHUNK: Final = 65_536
MAX_CONNECTIONS: Final = 64
PER_HOST: Final = 16
_SCHEMES: Final = frozenset({"http", "https"})
_ON: Final = frozenset({301, 302, 303, 307, 308})
_MIME: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")


class WebFiles:
    """Implements `ports.RemoteFiles`. Close it."""

    def __init__(
        self,
        guard: Guard,
        *,
        resolver: AbstractResolver | None = None,
        silence_s: float = SILENCE_S,
        total_s: float = TOTAL_S,
    ) -> None:
        self._silence_s = silence_s
        self._total_s = total_s
        self._sessions = Sessions(
            guard,
            timeout=aiohttp.ClientTimeout(),
            headers={"Accept": "*/*", "Accept-Encoding": "identity"},
            per_host=PER_HOST,
            total=MAX_CONNECTIONS,
            resolver=resolver,
        )

    @asynccontextmanager
    async def open(self, url: str) -> AsyncGenerator[RemoteFile]:
        response = await self._arrive(url)
        try:
            yield RemoteFile(
                mime=mime_of(response.headers.get("Content-Type", "")),
                filename=filename_of(
                    response.headers.get("Content-Disposition", ""), response.url.name
                ),
                size_bytes=response.content_length,
                chunks=_chunks(response),
            )
        finally:
            response.close()

    async def close(self) -> None:
        await self._sessions.close()

    async def _arrive(self, url: str) -> aiohttp.ClientResponse:
        """The answer with the file, after being sent on; each hop is checked like the first."""
        target = _target(url)
        ends_at = asyncio.get_running_loop().time() + self._total_s
        for _ in range(MAX_HOPS + 1):
            response = await self._ask(target, ends_at)
            if response.status not in _ON:
                return _checked(response)
            response.close()
            target = _next(target, response.headers.get("Location", ""))
        raise UrlFailed(f"The URL is sent on more than {MAX_HOPS} times.")

    async def _ask(self, target: URL, ends_at: float) -> aiohttp.ClientResponse:
        left_s = max(ends_at - asyncio.get_running_loop().time(), 0.001)
        timeout = aiohttp.ClientTimeout(
            total=left_s, sock_connect=CONNECT_S, sock_read=self._silence_s
        )
        try:
            return await self._sessions.of(target).get(
                target, allow_redirects=False, timeout=timeout
            )
        except TimeoutError as error:
            raise UrlFailed("The server of the URL does not answer in time.") from error
        except aiohttp.ClientConnectorDNSError as error:
            # as an address that is refused, so that nobody learns which names there are inside
            raise UrlRefused from error
        except aiohttp.ClientConnectorError as error:
            if is_refusal(error):
                raise UrlRefused from error
            raise UrlFailed("The server of the URL cannot be reached.") from error
        except ValueError as error:
            raise UrlRefused from error
        except (aiohttp.ClientError, OSError) as error:
            raise UrlFailed("The server of the URL gives no sound answer.") from error


def _target(url: str) -> URL:
    """Raises UrlRefused."""
    try:
        target = URL(url)
        fine = target.scheme in _SCHEMES and bool(target.raw_host) and target.port != 0
    except ValueError as error:
        raise UrlRefused from error
    if not fine or target.raw_user is not None or target.raw_password is not None:
        raise UrlRefused
    return target


def _next(target: URL, location: str) -> URL:
    """Where an answer sends one on. Raises UrlRefused, UrlFailed."""
    if not location:
        raise UrlFailed("The server of the URL sends one on, and does not say where.")
    try:
        told = URL(location)
        return _target(str(told if told.scheme else target.join(told)))
    except ValueError as error:
        raise UrlRefused from error


def _checked(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    """Raises UrlFailed for an answer that is no file as it is."""
    packed = response.headers.get("Content-Encoding", "").strip().lower()
    sentence = ""
    if response.status != 200:
        sentence = f"The server of the URL answers {response.status} instead of the file."
    elif packed not in ("", "identity"):
        sentence = "The server of the URL packs the file, though it is asked not to."
    if sentence:
        response.close()
        raise UrlFailed(sentence)
    return response


async def _chunks(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
    is_empty = True
    try:
        async for chunk in response.content.iter_chunked(CHUNK):
            is_empty = False
            yield chunk
    except TimeoutError as error:
        raise UrlFailed("The file at the URL comes too slowly.") from error
    except (aiohttp.ClientError, OSError) as error:
        raise UrlFailed("The file at the URL breaks off.") from error
    if is_empty:
        raise UrlFailed("The file at the URL is empty.")


def mime_of(header: str) -> str:
    """The type that a `Content-Type` says; empty where it says none that could be one."""
    told = header.partition(";")[0].strip().lower()
    return told if _MIME.fullmatch(told) else ""


def filename_of(disposition: str, path_name: str) -> str:
    """What a file is called: by its `Content-Disposition`, or else by its URL. Text to clean."""
    told = Message()
    told["content-disposition"] = disposition
    try:
        name = told.get_filename("")
    except (ValueError, LookupError):
        name = ""
    return (name or path_name).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
