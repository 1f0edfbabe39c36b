"""Asking the own phone for messages that their senders did not send again (whatsmeow retry.go)."""

import asyncio
from collections import OrderedDict
from typing import Final

import msgspec
import structlog

from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch, Names
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.engine.native.receiving.openmessages import OpenMessages
from wigwag.engine.native.store.records import OpenMessage
from wigwag.engine.native.sync.phone import Phone
from wigwag.model.errors import WigwagError
from wigwag.wire.ids import generate_message_id
from wigwag.wire.protocol_messages import PlaceholderRequest

MAX_KEYS: Final = 50
"""Messages in one request to the phone."""
MAX_REQUESTS: Final = 64
"""Requests whose answers are still known as such."""
PAUSE_S: Final = 1.0
"""Between two requests, so that what fails together is asked for together."""
FAILED_PAUSE_S: Final = 30.0
_ONLINE_S: Final = 3600.0

_log = structlog.get_logger(__name__)


class Recovery:
    """Asks for what is due, and takes note of the answers."""

    def __init__(self, link: Link, phone: Phone, messages: OpenMessages) -> None:
        self._link = link
        self._phone = phone
        self._messages = messages
        self._requests: OrderedDict[str, tuple[Names, ...]] = OrderedDict()
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """There may be something to ask for."""
        self._changed.set()

    def answered(self, request_id: str, found: set[Names], batch: Batch) -> None:
        """The phone answered a request with the messages `found`; it has none of the others."""
        for names in self._requests.pop(request_id, ()):
            message = self._messages.find(names, batch)
            if names in found or message is None:
                continue
            batch.drop(DropReason.PLACEHOLDER_NOT_FOUND)
            self._messages.put(msgspec.structs.replace(message, ask_at=None), batch)

    async def run(self) -> None:
        """Ask for ever; ends by cancellation."""
        link = self._link
        while True:
            due = self._messages.due(self._now(), MAX_KEYS)
            if not due:
                await self._until_due()
            elif await link.connection.wait_online(_ONLINE_S):
                await link.clock.sleep(PAUSE_S if await self._ask(due) else FAILED_PAUSE_S)

    async def _ask(self, due: list[OpenMessage]) -> bool:
        request_id = generate_message_id(self._link.random)
        # known before the request leaves: the answer may come before its acknowledgement
        self._requests[request_id] = tuple(message.names for message in due)
        while len(self._requests) > MAX_REQUESTS:
            self._requests.popitem(last=False)
        try:
            await self._phone.send(
                PlaceholderRequest(keys=tuple(message.key for message in due)), request_id
            )
        except WigwagError as error:
            self._requests.pop(request_id, None)
            _log.info("phone_not_asked", code=error.code, messages=len(due))
            return False
        # noted only now: a request that ends with the process is made again by the next one
        if request_id in self._requests:
            self._messages.note_asked([message.names for message in due], self._now())
        return True

    async def _until_due(self) -> None:
        """Wait for the next one to fall due, or for one to be added."""
        self._changed.clear()
        at = self._messages.next_ask()
        if at is None:
            await self._changed.wait()
            return
        sleeping = asyncio.ensure_future(self._link.clock.sleep(max(0.0, at - self._now())))
        changing = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((sleeping, changing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            changing.cancel()

    def _now(self) -> float:
        return self._link.clock.now().timestamp()
