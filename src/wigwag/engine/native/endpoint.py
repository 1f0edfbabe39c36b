"""Where the WhatsApp network is, and the HTTP sessions that all accounts share."""

import ssl
from pathlib import Path
from typing import Final, TypedDict

import aiohttp

from wigwag.model.errors import ConfigError
from wigwag.model.value import Value
from wigwag.wire.certificates import WHATSAPP_ROOT

WS_URL: Final = "wss://web.whatsapp.com/ws/chat"
ORIGIN: Final = "https://web.whatsapp.com"


class HttpArguments(TypedDict):
    """What every aiohttp request of an endpoint takes."""

    proxy: str | None


class Endpoint(Value):
    """How an account reaches the network.

    `proxy` (http:// or https://, with credentials if need be) carries the websocket and media,
    and is never bypassed. `ca_file` is a PEM file that replaces the system's authorities.
    `noise_root` is the public key (32 bytes) that the server's Noise certificates go back to.
    """

    ws_url: str = WS_URL
    proxy: str = ""
    ca_file: str = ""
    noise_root: bytes = WHATSAPP_ROOT
    origin: str = ORIGIN

    def http_arguments(self) -> HttpArguments:
        return {"proxy": self.proxy or None}


class HttpPool:
    """One aiohttp session and TLS context per set of authorities, for all accounts."""

    def __init__(self) -> None:
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    def session(self, endpoint: Endpoint) -> aiohttp.ClientSession:
        """The shared session; made inside the running loop. Raises ConfigError for a bad CA."""
        session = self._sessions.get(endpoint.ca_file)
        if session is None or session.closed:
            session = _open_session(endpoint.ca_file)
            self._sessions[endpoint.ca_file] = session
        return session

    async def close(self) -> None:
        sessions = list(self._sessions.values())
        self._sessions.clear()
        for session in sessions:
            await session.close()


def _open_session(ca_file: str) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(ssl=_tls_context(ca_file), limit=0, ttl_dns_cache=60)
    # trust_env stays off: a proxy is a setting, not an accident of the environment
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
    )


def _tls_context(ca_file: str) -> ssl.SSLContext:
    if not ca_file:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cadata=Path(ca_file).read_text("ascii"))
    except (OSError, ValueError, ssl.SSLError) as error:
        raise ConfigError(f"The CA file cannot be read: {type(error).__name__}") from error
