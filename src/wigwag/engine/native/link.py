"""What the parts of the engine share while one identity lives."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
import structlog

from wigwag.engine.common.announcer import Announcer
from wigwag.engine.common.endpoint import Endpoint
from wigwag.engine.common.failures import describe
from wigwag.engine.native.connection.connection import Connection
from wigwag.engine.native.store.records import DeviceRecord
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.native.store.writes import PutDevice
from wigwag.model.event import EngineEvent
from wigwag.model.jid import LID_SERVER, Jid
from wigwag.ports import Clock, EngineSink
from wigwag.wire.signal.curve import RandomBytes

NO_LID: Final = Jid("", LID_SERVER)

_log = structlog.get_logger(__name__)


class Link:
    """One identity: its connection, its place in the store, its tasks.

    Made when a paired identity starts, ended when it is stopped or unlinked.
    """

    def __init__(
        self,
        account: str,
        *,
        device: DeviceRecord,
        connection: Connection,
        store: EngineStore,
        http: Callable[[], aiohttp.ClientSession],
        endpoint: Endpoint,
        sink: EngineSink,
        announcer: Announcer,
        clock: Clock,
        random_bytes: RandomBytes,
        jitter: random.Random,
        on_device: Callable[[DeviceRecord], None],
    ) -> None:
        self.account = account
        self._know(device)
        self.connection = connection
        self.store = store
        self.endpoint = endpoint
        self.sink = sink
        self.clock = clock
        self.random = random_bytes
        self.jitter = jitter
        self.server_time_offset_s = 0.0
        self._http = http
        self._announcer = announcer
        self._on_device = on_device
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def own_jid(self) -> Jid:
        """The phone-number address of this device, with its number."""
        if self.device.jid is None:
            raise AssertionError("a link is made only for a paired identity")
        return self.device.jid

    @property
    def own_lid(self) -> Jid:
        """The hidden address of this device; without a user when it is not known."""
        return self.device.lid or NO_LID

    @property
    def pn(self) -> Jid:
        """The account's phone-number address, bare."""
        return self.own[0]

    @property
    def lid(self) -> Jid:
        """The account's hidden address, bare; without a user when it is not known."""
        return self.own[1]

    @property
    def http(self) -> aiohttp.ClientSession:
        """The shared session; give every request `**endpoint.http_arguments()`."""
        return self._http()

    @property
    def folder(self) -> Path:
        """Where the store lies."""
        return self.store.folder

    @property
    def online(self) -> bool:
        """Whether this identity is logged in and active."""
        return self.connection.online

    async def wait_online(self, timeout_s: float) -> bool:
        return await self.connection.wait_online(timeout_s)

    async def emit(self, *events: EngineEvent) -> None:
        """Tell the sink events that are not durable: in order, in the background, once."""
        self._announcer.tell(*events)

    async def save_device(self, **changes: Any) -> None:
        """Change fields of the own identity, durably; nothing where it is unlinked by now, or it
        would be there again. Raises as `EngineStore.commit`."""
        device = msgspec.structs.replace(self.device, **changes)
        kept = self.store.find_device(self.account)
        if device == self.device or kept is None or kept.jid != device.jid:
            return
        await self.store.commit([PutDevice(self.account, device)])
        self._know(device)
        self._on_device(device)

    def _know(self, device: DeviceRecord) -> None:
        """What is asked for at every message is derived from the identity once."""
        self.device = device
        self.local = device.local
        """What Signal sessions need of the identity."""
        self.own = (self.own_jid.bare, self.own_lid.bare)
        """The account's two addresses, bare."""

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> "asyncio.Task[None]":
        """Run something in the background, at most until this link ends."""
        task = asyncio.get_running_loop().create_task(work, name=f"{name}-{self.account}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    async def close(self) -> None:
        """End every task of this link and its connection."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await self.connection.retire()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("task_failed", task=task.get_name(), **describe(error))
