"""Where the WhatsApp network is, and the HTTP sessions that all accounts share."""

import asyncio
import ssl
from pathlib import Path
from typing import Final, TypedDict

import aiohttp
import python_socks
from aiohttp.client_proto import ResponseHandler
from aiohttp_socks import ProxyConnector
from yarl import URL

from wigwag.model.errors import ConfigError
from wigwag.model.value import Value
from wigwag.wire.certificates import WHATSAPP_ROOT

WS_URL: Final = "wss://web.whatsapp.com/ws/chat"
ORIGIN: Final = "https://web.whatsapp.com"
_SOCKS_PORT: Final = 1080


class HttpArguments(TypedDict):
    """What every aiohttp request of an endpoint takes."""

    proxy: str | None


class Endpoint(Value):
    """How an account reaches the network.

    `proxy` (a URL with the scheme http, https, socks5 or socks5h, credentials percent-encoded)
    carries everything, is told host names and not addresses, and is never bypassed. `ca_file` is
    a PEM file that replaces the system's authorities. `noise_root` is the public key (32 bytes)
    that the server's Noise certificates go back to.
    """

    ws_url: str = WS_URL
    proxy: str = ""
    ca_file: str = ""
    noise_root: bytes = WHATSAPP_ROOT
    origin: str = ORIGIN

    def __repr__(self) -> str:
        """Without the proxy, whose URL may hold a password."""
        return f"Endpoint({self.ws_url!r}, {'by proxy' if self.proxy else 'directly'})"

    @property
    def socks_proxy(self) -> str:
        """The proxy if it speaks SOCKS; it belongs to the session, not to the request."""
        return self.proxy if self.proxy.startswith("socks") else ""

    def http_arguments(self) -> HttpArguments:
        return {"proxy": None if self.socks_proxy else self.proxy or None}


class SocksConnector(ProxyConnector):
    """Connections through a SOCKS proxy; its failures are connection failures as any other."""

    async def _connect_via_proxy(
        self,
        host: str,
        port: int,
        ssl: ssl.SSLContext | None = None,
        timeout: float | None = None,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        try:
            return await super()._connect_via_proxy(host, port, ssl, timeout)
        except (
            python_socks.ProxyError,
            python_socks.ProxyConnectionError,
            python_socks.ProxyTimeoutError,
            OSError,
        ) as error:
            # their words may name the proxy's user
            sentence = f"The proxy does not connect: {type(error).__name__}."
            raise aiohttp.ClientConnectionError(sentence) from None


class HttpPool:
    """The aiohttp sessions that all accounts share: one per set of authorities and SOCKS proxy,
    and one TLS context per set of authorities."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, str], aiohttp.ClientSession] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}

    def session(self, endpoint: Endpoint) -> aiohttp.ClientSession:
        """The shared session; made inside the running loop. Raises ConfigError for a bad CA."""
        key = (endpoint.ca_file, endpoint.socks_proxy)
        session = self._sessions.get(key)
        if session is None or session.closed:
            session = self._sessions[key] = _open_session(
                self._context(endpoint.ca_file), endpoint.socks_proxy
            )
        return session

    def _context(self, ca_file: str) -> ssl.SSLContext:
        context = self._contexts.get(ca_file)
        if context is None:
            context = self._contexts[ca_file] = _tls_context(ca_file)
        return context

    async def close(self) -> None:
        sessions = list(self._sessions.values())
        self._sessions.clear()
        for session in sessions:
            await session.close()


def _open_session(context: ssl.SSLContext, socks_proxy: str) -> aiohttp.ClientSession:
    connector = (
        _socks_connector(URL(socks_proxy), context)
        if socks_proxy
        else aiohttp.TCPConnector(ssl=context, limit=0, ttl_dns_cache=60)
    )
    # trust_env stays off: a proxy is a setting, not an accident of the environment
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
    )


def _socks_connector(proxy: URL, context: ssl.SSLContext) -> SocksConnector:
    """Host names go to the proxy, whichever of the two schemes is written."""
    return SocksConnector(
        proxy.host or "",
        proxy.port or _SOCKS_PORT,
        username=proxy.user,
        password=proxy.password or ("" if proxy.user else None),
        rdns=True,
        ssl=context,
        limit=0,
    )


def _tls_context(ca_file: str) -> ssl.SSLContext:
    if not ca_file:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cadata=Path(ca_file).read_text("ascii"))
    except (OSError, ValueError, ssl.SSLError) as error:
        raise ConfigError(f"The CA file cannot be read: {type(error).__name__}") from error
