"""Who may call: the Host and Origin rules, the API key, and the size of a body.

A pure decision (`AccessPolicy.judge`) and a dull ASGI middleware that applies it to every
request before any route sees it.
"""

import asyncio
import ipaddress
import math
import os
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wigwag.core.keys import KeyRing
from wigwag.http.callers import EVERYBODY
from wigwag.http.problems import RETRY_AFTER, Problem, problem_response
from wigwag.http.quotas import Quotas
from wigwag.model.errors import Unauthorized
from wigwag.model.key import ApiKey

Header = tuple[bytes, bytes]
OPEN_PATHS: Final = frozenset({"/health/live"})
UPLOAD_PATH: Final = "/v1/media"
"""Where a file is handed over as it is."""
CLASSIC_PATHS: Final = frozenset({"/api/send", "/api/download"})
LATE_KEY_PATHS: Final = frozenset({"/v1/events/ws"})
"""Websockets that take the key in their first frame: a browser can set no header for one."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
WEBSOCKET: Final = "WEBSOCKET"
"""What stands for the method of a websocket, which no preflight of a browser guards."""
MAX_BODY_BYTES: Final = 2 * 1024 * 1024
MAX_SANDBOX_BODY_BYTES: Final = 128 * 1024 * 1024
"""The sandbox's control interface takes media as base64; it serves development alone."""
MAX_LENGTH_DIGITS: Final = 20
BODY_S: Final = 60.0
"""How long a body may take that is no file."""
_LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
_NO_KEY: Final = (
    "this route asks for an API key: send it as 'Authorization: Bearer <key>' "
    "or as 'X-API-Key: <key>'"
)
_REQUEST_ID: Final = b"x-request-id"
_EXTRA_NAMES: Final = frozenset({_REQUEST_ID, *(name for name, _ in _SECURITY_HEADERS)})


@dataclass(frozen=True, kw_only=True)
class AccessPolicy:
    """`hosts`: names that a request may be addressed to, besides loopback.

    `any_address` also allows every IP literal: a bind beyond loopback is reached by its address,
    and a page of a stranger can rebind names but not literals. `keys` None asks for no key;
    `classic_open` asks for none at the two classic endpoints; `rate_limit` is how many requests a
    second one key may make, 0 as many as it likes. `max_media_bytes` limits a file that is handed
    over; any other body has to be there within `body_s` seconds.
    """

    hosts: frozenset[str] = frozenset()
    any_address: bool = False
    keys: KeyRing | None = None
    classic_open: bool = False
    rate_limit: int = 0
    max_media_bytes: int = 2 * 1024**3
    body_s: float = BODY_S

    def body_limit(self, path: str) -> int:
        """How large the body of a request may be, in bytes."""
        if path == UPLOAD_PATH:
            return self.max_media_bytes
        return MAX_SANDBOX_BODY_BYTES if path.startswith("/sandbox") else MAX_BODY_BYTES

    def judge(self, *, method: str, path: str, headers: Mapping[str, str]) -> Problem | ApiKey:
        """Who calls, or what is wrong with this request."""
        if not self._is_host_allowed(headers.get("host", "")):
            return Problem(
                421,
                "wrong_host",
                "this server does not answer to that Host header; add the name to "
                "WIGWAG_ALLOWED_HOSTS if it is yours",
            )
        origin = headers.get("origin")
        host = headers.get("host", "")
        if (
            origin is not None
            and method not in SAFE_METHODS
            and not self._is_origin_own(origin, host)
        ):
            return Problem(
                403, "foreign_origin", "requests from other sites' pages are not accepted"
            )
        if path in OPEN_PATHS or self.keys is None:
            return EVERYBODY
        if self.classic_open and path in CLASSIC_PATHS:
            return EVERYBODY
        secret = _secret_of(headers)
        return self.keys.find(secret) or Problem(
            401, Unauthorized.code, Unauthorized().detail if secret else _NO_KEY
        )

    def _is_host_allowed(self, host_header: str) -> bool:
        host = _host_name(host_header)
        if not host:
            return False
        return (
            host in _LOOPBACK_HOSTS
            or host in self.hosts
            or (self.any_address and _is_address(host))
        )

    def _is_origin_own(self, origin: str, host_header: str) -> bool:
        """Whether the page comes from here; anybody can have an address, so that must be ours."""
        try:
            name = _host_name(urlsplit(origin).netloc)
        except ValueError:
            return False
        own = name in _LOOPBACK_HOSTS or name in self.hosts or name == _host_name(host_header)
        return bool(name) and own


class Doorkeeper:
    """Names requests, and looks at their heads, wherever they come in."""

    def __init__(self, policy: AccessPolicy) -> None:
        self.policy = policy
        self._quotas = Quotas(policy.rate_limit)
        # They tell requests apart and are no secret. To ask the system for each lets the threads
        # of the archive have the interpreter, which takes twenty times as long.
        self._ids = random.Random(os.urandom(32))

    def name(self, scope: Scope) -> str:
        """The name of the request in the log and in its answer."""
        request_id = f"{self._ids.getrandbits(128):032x}"
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        return request_id

    def problem_of(self, scope: Scope) -> Problem | None:
        """What is wrong with a request that has its name; without a problem, its caller is in its
        state from now on."""
        headers = _first_of_each(scope["headers"])
        judged = self.policy.judge(
            method=scope.get("method", WEBSOCKET), path=scope["path"], headers=headers
        )
        if _says_key_later(scope, headers, judged):
            judged = None
        if isinstance(judged, Problem):
            return judged
        limit = self.policy.body_limit(scope["path"])
        problem = _header_problem(scope, headers, limit) or self._quota_problem(judged)
        if problem is None:
            scope["state"].update(caller=judged, keys=self.policy.keys)
        return problem

    def _quota_problem(self, judged: ApiKey | None) -> Problem | None:
        if judged is None or judged is EVERYBODY:
            return None
        wait_s = self._quotas.take(judged.id)
        if not wait_s:
            return None
        return Problem(
            429,
            "rate_limited",
            f"this key may make {self.policy.rate_limit} requests a second; wait a moment",
            {RETRY_AFTER: math.ceil(wait_s)},
        )


class AccessMiddleware:
    """Has the doorkeeper look at all requests, limits bodies, and sets the security headers."""

    def __init__(self, app: ASGIApp, door: Doorkeeper) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = self._door.name(scope)
        sender = _with_headers(send, request_id)
        problem = self._door.problem_of(scope)
        if problem is not None:
            await problem_response(problem, request_id)(scope, receive, sender)
            return
        policy, path = self._door.policy, scope["path"]
        # A file may take long; its route looks that it does not stand still.
        body_s = None if path == UPLOAD_PATH else policy.body_s
        await self._app(scope, _limited(receive, policy.body_limit(path), body_s), sender)


def _first_of_each(headers: Collection[Header]) -> dict[str, str]:
    """The headers by name, which a server gives in lower case; of some of one name the first."""
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return found


def _says_key_later(scope: Scope, headers: Mapping[str, str], judged: Problem | ApiKey) -> bool:
    """Whether all is well with a websocket but that it has not said its key yet."""
    return (
        isinstance(judged, Problem)
        and judged.status == 401
        and scope["type"] == "websocket"
        and scope["path"] in LATE_KEY_PATHS
        and not _secret_of(headers)
    )


def _header_problem(scope: Scope, headers: Mapping[str, str], limit: int) -> Problem | None:
    if sum(name == b"host" for name, _ in scope["headers"]) > 1:
        return Problem(400, "invalid_input", "there is more than one Host header")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return Problem(400, "invalid_input", "the Content-Length header is not a number")
    if len(length) > MAX_LENGTH_DIGITS or int(length) > limit:
        return Problem(413, "body_too_large", f"the body may have {limit} bytes at the most")
    return None


class BodyTooLarge(HTTPException):
    """The body is larger than this server accepts; FastAPI lets HTTP exceptions alone through."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body may have {limit} bytes at the most")


class BodyTooSlow(HTTPException):
    """The body takes longer than this server waits for one."""

    def __init__(self, body_s: float) -> None:
        super().__init__(408, f"the body has to be here within {body_s:g} seconds; send it again")


def _limited(receive: Receive, limit: int, body_s: float | None) -> Receive:
    """The body within `limit` bytes, and within `body_s` from now on; what the client says after it
    may take any time."""
    seen, is_whole = 0, False
    late = asyncio.get_running_loop().time() + body_s if body_s is not None else None

    async def limited() -> Message:
        nonlocal seen, is_whole
        try:
            async with asyncio.timeout_at(None if is_whole else late):
                message = await receive()
        except TimeoutError as error:
            raise BodyTooSlow(body_s or 0.0) from error
        is_whole = not message.get("more_body", False)
        seen += len(message.get("body", b""))
        if seen > limit:
            raise BodyTooLarge(limit)
        return message

    return limited


def _with_headers(send: Send, request_id: str) -> Send:
    async def sender(message: Message) -> None:
        if message["type"].endswith("http.response.start"):
            message["headers"] = with_ours(message["headers"], request_id)
        await send(message)

    return sender


def with_ours(given: Collection[Header], request_id: str) -> list[Header]:
    """The headers of an answer, with those that every answer has."""
    extra = (*_SECURITY_HEADERS, (_REQUEST_ID, request_id.encode()))
    names = {name.lower() for name, _ in given}
    if names.isdisjoint(_EXTRA_NAMES):
        return [*given, *extra]
    return [*given, *(pair for pair in extra if pair[0] not in names)]


def _secret_of(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


@lru_cache(64)
def _host_name(header: str) -> str:
    """The name of a Host header without its port, in lower case; empty when malformed."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
