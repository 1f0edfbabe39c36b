"""The stanzas that steer a connection, in one queue with its end and with timers."""

import asyncio
from typing import Final

import structlog

from wigwag.engine.common.states import StreamLost
from wigwag.engine.native.connection.connection import Connection
from wigwag.engine.native.connection.stanzas import iq_result
from wigwag.model.value import Value
from wigwag.ports import Clock
from wigwag.wire.nodes import Node

MAX_WAITING: Final = 256
_TAGS: Final = ("iq", "success", "failure", "stream:error", "xmlstreamend")
_PING: Final = "urn:xmpp:ping"

_log = structlog.get_logger(__name__)


class Alarm(Value):
    """A time has come."""

    name: str


Control = Node | StreamLost | Alarm


class ControlQueue:
    """What an attempt to pair or to log in reacts to, one after the other."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._queue: asyncio.Queue[Control] = asyncio.Queue()
        self._alarms: dict[str, asyncio.Task[None]] = {}
        for tag in _TAGS:
            connection.on_node(tag, self.put)
        connection.on_end(lambda why: self.put(StreamLost(why=why)))

    def put(self, item: Control) -> None:
        if self._queue.qsize() >= MAX_WAITING and isinstance(item, Node):
            _log.warning("control_dropped", tag=item.tag)
            return
        self._queue.put_nowait(item)

    async def get(self) -> Control:
        return await self._queue.get()

    def set_alarm(self, name: str, delay_s: float) -> None:
        """Put an Alarm of this name into the queue later; an earlier one of the name is off."""
        self.stop_alarm(name)
        task = asyncio.get_running_loop().create_task(self._ring(name, delay_s), name=name)
        self._alarms[name] = task

    def stop_alarm(self, name: str) -> None:
        task = self._alarms.pop(name, None)
        if task is not None:
            task.cancel()

    def clear(self) -> None:
        """Forget what waits and every alarm, before a new stream."""
        for name in list(self._alarms):
            self.stop_alarm(name)
        while not self._queue.empty():
            self._queue.get_nowait()

    async def _ring(self, name: str, delay_s: float) -> None:
        await self._clock.sleep(delay_s)
        self.put(Alarm(name=name))


def answer_to(request: Node) -> Node | None:
    """The answer to an iq of the server that is no pairing: pings get one, nothing else does."""
    if request.attr("type") == "get" and request.attr("xmlns") == _PING and request.attr("id"):
        return iq_result(request)
    return None
