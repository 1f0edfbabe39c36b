"""One account's connection: the Noise stream, stanzas in and out, requests, keepalive.

A `Connection` lives as long as its identity; underneath it is opened and closed as often as need
be. Stanzas are handled synchronously in the order of their arrival: a handler only queues.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Final

import aiohttp
import structlog

from wigwag.engine.common.endpoint import Endpoint
from wigwag.engine.common.errors import RequestFailed, RequestTimeout, SocketClosed
from wigwag.engine.common.failures import describe
from wigwag.engine.native.connection.keepalive import KeepAlivePolicy
from wigwag.engine.native.connection.logins import Logins
from wigwag.engine.native.connection.opening import CONNECT_LIMIT_S, Dial, Opener, Socket
from wigwag.engine.native.connection.pulse import Pulse
from wigwag.engine.native.connection.socket import FrameSocket
from wigwag.engine.native.connection.stanzas import acknowledge
from wigwag.engine.native.connection.turns import Turns
from wigwag.engine.native.connection.waiting import MAX_WAITERS, Answer, Waiting
from wigwag.model.errors import NotConnected
from wigwag.ports import Clock
from wigwag.wire.errors import MalformedFrame, NoiseFailure, WireError
from wigwag.wire.frames import MAX_FRAME_BYTES
from wigwag.wire.nodes import Node, decode_node, encode_node, starts_with_tag
from wigwag.wire.noise import NoiseTransport
from wigwag.wire.signal.curve import KeyPair, RandomBytes

REQUEST_TIMEOUT_S: Final = 75.0
"""As whatsmeow waits for an answer."""

MAX_PAYLOAD_BYTES: Final = MAX_FRAME_BYTES - 16
"""A frame without its authentication tag."""

_ACKED_UNHANDLED: Final = frozenset({"message", "receipt", "notification", "call"})
_CLOSE_LIMIT_S: Final = 2.0

Handler = Callable[[Node], None]
_log = structlog.get_logger(__name__)


class Pending:
    """A stanza that was sent and waits for its answer (an iq or ack with the same id)."""

    __slots__ = ("_connection", "future", "id", "node")

    def __init__(
        self,
        connection: "Connection",
        node: Node,
        id: str,  # noqa: A002
        future: Answer,
    ) -> None:
        self._connection = connection
        self.node = node
        self.id = id
        self.future = future

    async def reply(self, timeout_s: float = REQUEST_TIMEOUT_S, *, resend: bool = True) -> Node:
        """The answer, whatever it says.

        If the stream ends meanwhile, the same stanza is sent again after the next login, if that
        comes soon: a request once, as whatsmeow does; a message as often as it takes, so that none
        of its chat that was sent later passes it. Raises RequestTimeout, or NotConnected when no
        answer can come any more.
        """
        return await self._connection.await_reply(self, timeout_s, resend=resend)


class Connection:
    """Sends and receives stanzas of one identity. All methods belong to one event loop."""

    def __init__(
        self,
        http: Callable[[], aiohttp.ClientSession],
        endpoint: Endpoint,
        *,
        clock: Clock,
        random: RandomBytes,
        keepalive: KeepAlivePolicy,
        connect_limit_s: float = CONNECT_LIMIT_S,
        turns: Turns | None = None,
        dial: Dial = FrameSocket.dial,
    ) -> None:
        self._http = http
        self._opener = Opener(endpoint, clock=clock, limit_s=connect_limit_s, dial=dial)
        self._clock = clock
        self._random = random
        self._keepalive = keepalive
        self._turns = turns or Turns()
        self._prefix = ".".join(str(byte) for byte in random(2)) + "-"
        self._ids = count(1)
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._waiting = Waiting(clock)
        self._socket: Socket | None = None
        self._noise: NoiseTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_end: Callable[[str], None] | None = None
        self._open = False
        self._reading = asyncio.Event()
        self._reading.set()
        self._logins = Logins()
        self.last_in: datetime | None = None
        self.last_out: datetime | None = None
        self.heard_at = clock.monotonic()

    # -- sending ---------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether the Noise stream is up (which says nothing of a login)."""
        return self._noise is not None

    @property
    def reading(self) -> bool:
        """Whether what comes is read, and not kept waiting on purpose."""
        return self._reading.is_set()

    @property
    def awaited(self) -> int:
        """How many answers are waited for."""
        return len(self._waiting)

    @property
    def awaited_since(self) -> float | None:
        """When the oldest stanza left whose answer is still waited for (monotonic seconds)."""
        return self._waiting.since

    async def send(self, node: Node) -> None:
        """Send a stanza; the order of calls is the order on the wire. Raises NotConnected."""
        await self.send_many((node,))

    async def send_many(self, nodes: Sequence[Node]) -> None:
        """Send stanzas one after the other. Raises NotConnected, MalformedNode, MalformedFrame."""
        socket, noise = self._socket, self._noise
        if socket is None or noise is None:
            raise NotConnected
        payloads = [_checked(encode_node(node)) for node in nodes]
        self.last_out = self._clock.now()
        try:
            # each is encrypted as it is written: a frame's counter is its place in the stream,
            # and others may write while a slow socket makes this call wait
            await socket.send(noise.encrypt(payload) for payload in payloads)
        except (SocketClosed, NoiseFailure) as error:
            if socket is self._socket:
                self._end("closed")
            raise NotConnected from error

    async def begin(self, node: Node) -> Pending:
        """Send a stanza and expect an answer to its id, which is given here if it has none."""
        id = node.attr("id")  # noqa: A001
        if not id:
            id = self.next_id()  # noqa: A001
            node.attrs["id"] = id
        future = self._waiting.expect(id, ack=node.tag != "iq")
        try:
            await self.send(node)
        except BaseException:
            self._waiting.forget(id)
            raise
        return Pending(self, node, id, future)

    async def request(
        self, node: Node, timeout_s: float = REQUEST_TIMEOUT_S, *, resend: bool = True
    ) -> Node:
        """Send an iq; its result. Raises RequestFailed, RequestTimeout, NotConnected."""
        pending = await self.begin(node)
        reply = await pending.reply(timeout_s, resend=resend)
        kind = reply.attr("type")
        if reply.tag == "iq" and kind == "result":
            return reply
        error = reply.child("error")
        if error is None:
            raise RequestFailed(node=reply)
        raise RequestFailed(_code(error), error.attr("text")[:100], reply)

    def next_id(self) -> str:
        """A request id: two random numbers of this connection and a counter."""
        return f"{self._prefix}{next(self._ids)}"

    async def await_reply(self, pending: Pending, timeout_s: float, *, resend: bool) -> Node:
        """See `Pending.reply`."""
        try:
            # Not asyncio.wait_for: in Python 3.11 it loses a cancellation that meets the answer.
            async with asyncio.timeout(timeout_s):
                return await self._answered(pending, resend=resend)
        except TimeoutError as error:
            raise RequestTimeout from error

    async def _answered(self, pending: Pending, *, resend: bool) -> Node:
        reply = await self._wait(pending)
        while reply is None:
            if not resend or not await self._logins.next():
                raise NotConnected
            resend = pending.node.tag != "iq"
            try:
                pending = await self.begin(pending.node)
            except NotConnected:
                if not resend:
                    raise
                await asyncio.sleep(0)  # never in a circle without a pause
            else:
                reply = await self._wait(pending)
        return reply

    async def _wait(self, pending: Pending) -> Node | None:
        try:
            return await pending.future
        finally:
            self._waiting.forget(pending.id, pending.future)

    # -- receiving -------------------------------------------------------------------------

    def on_node(self, tag: str, handler: Handler, *, type: str = "") -> None:  # noqa: A002
        """Handle stanzas with this tag, or only those of one `type`, which takes precedence.

        Without a tag: learn of those that nobody handles, which are answered here.
        """
        self._handlers[tag, type] = handler

    def forget_handlers(self) -> None:
        """Nothing handles stanzas any more: the owner is done with this connection."""
        self._handlers.clear()
        self._on_end = None

    def dispatch(self, node: Node, kind: str) -> None:
        """Hand a stanza to its handler; `kind` stands for its type."""
        handler = self._handlers.get((node.tag, kind)) or self._handlers.get((node.tag, ""))
        if handler is None:
            self._unhandled(node)
            return
        try:
            handler(node)
        except Exception as error:  # noqa: BLE001 - one bad stanza must not end the stream
            _log.warning("stanza_handler_failed", tag=node.tag, **describe(error))

    def pause_reading(self) -> None:
        """Read nothing more from the socket, no answers either, until `resume_reading`."""
        self._reading.clear()

    def resume_reading(self) -> None:
        self._reading.set()

    def _receive(self, frame: bytes) -> None:
        noise = self._noise
        if noise is None:
            return
        try:
            payload = noise.decrypt(frame)
            if not self._waiting.acks and starts_with_tag(payload, "ack"):
                # half of what comes in a burst are acks of our receipts, which say nothing more
                node = Node("ack")
            else:
                node = decode_node(payload)
        except WireError as error:
            _log.warning("frame_unreadable", code=error.code, size_bytes=len(frame))
            return
        if node.tag in ("iq", "ack") and self._waiting.answer(node):
            return
        self.dispatch(node, node.attr("type"))

    def _unhandled(self, node: Node) -> None:
        _log.debug("stanza_unhandled", tag=node.tag, type=node.attr("type")[:40])
        if node.tag in _ACKED_UNHANDLED and node.attr("id") and len(self._tasks) < MAX_WAITERS:
            self._start(self._send_quietly(acknowledge(node)), "ack")
        anything = self._handlers.get(("", ""))
        if anything is not None:
            anything(node)

    async def _send_quietly(self, node: Node) -> None:
        try:
            await self.send(node)
        except (NotConnected, WireError) as error:
            _log.debug("stanza_not_sent", tag=node.tag, code=error.code)

    # -- life ------------------------------------------------------------------------------

    async def open(self, static: KeyPair, payload: bytes) -> None:
        """Wait for a turn, dial and shake hands, presenting the key `static` and the payload.

        Raises DialFailed, also when it takes longer than the limit; NoiseFailure.
        """
        async with self._turns:
            socket, noise = await self._opener.open(self._http(), static, payload)
        self._socket, self._noise = socket, noise
        self._open = True
        self.heard_at = self._clock.monotonic()
        pulse = Pulse(self, self._keepalive, self._clock)
        self._start(self._read(socket), "read")
        self._start(self._end_when_mute(pulse), "keepalive")

    def on_end(self, callback: Callable[[str], None]) -> None:
        """Call this once for every stream that ends: closed, garbled, mute or broken."""
        self._on_end = callback

    def abandon(self, why: str) -> None:
        """Give the stream up, as if it had ended by itself; whoever made it makes another."""
        self._end(why)

    async def close(self) -> None:
        """End the stream and its tasks; whoever waits for an answer learns it."""
        self._end("closed")
        socket, self._socket = self._socket, None
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        if socket is not None:
            try:
                async with asyncio.timeout(_CLOSE_LIMIT_S):
                    await socket.close()
            except TimeoutError:
                _log.debug("socket_close_timeout")
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def online(self) -> bool:
        """Whether this identity is logged in."""
        return self._logins.online

    @property
    def login(self) -> int:
        """Which login of this identity this is, counted from 1; 0 while there is none."""
        return self._logins.current

    def mark_online(self) -> None:
        """The login is complete: those that lost their stream send again."""
        self._logins.begin()

    async def wait_online(self, timeout_s: float) -> bool:
        """Whether the login is, or becomes, complete within this time."""
        return await self._logins.wait(timeout_s)

    async def retire(self) -> None:
        """Close for good: whoever waits for another login learns that there is none."""
        self._logins.end()
        await self.close()

    def _end(self, why: str) -> None:
        """The stream is over: nothing more is sent, nobody waits in vain."""
        self._noise = None
        self._logins.lose()
        self._waiting.end()
        if self._open:
            self._open = False
            if self._on_end is not None:
                self._on_end(why)

    async def _read(self, socket: Socket) -> None:
        why = "closed"
        try:
            while True:
                await self._reading.wait()
                frames = await socket.receive()
                self.last_in, self.heard_at = self._clock.now(), self._clock.monotonic()
                for frame in frames:
                    self._receive(frame)
        except SocketClosed:
            pass
        except MalformedFrame:
            why = "garbled"
        finally:
            self._end(why)

    async def _end_when_mute(self, pulse: Pulse) -> None:
        await pulse.watch()
        self._end("mute")

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"connection-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            _log.error("connection_task_failed", task=task.get_name(), **describe(error))
            self._end("broken")


def _checked(payload: bytes) -> bytes:
    """Before it is encrypted: a frame that then is not sent would break the stream."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise MalformedFrame("A stanza is too long to be sent.")
    return payload


def _code(error: Node) -> int:
    try:
        return error.attr_int("code")
    except WireError:
        return 0
