"""The native engine as a peer: linked to a simulated phone, its events collected."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.engine.common.endpoint import Endpoint, HttpPool
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.store.store import EngineStore
from wigwag.model.account import ConnectionState
from wigwag.model.content import NO_CONTEXT, Content, Context, Media, MediaKind, MessageKey, Text
from wigwag.model.event import (
    EngineEvent,
    MessageReceived,
    PairingQr,
    ReceiptReceived,
    StateChanged,
)
from wigwag.model.jid import Jid
from wigwag.model.message import Message, Outgoing, Sent
from wigwag.model.receipt import ReceiptKind
from wigwag.sandbox.residents.phone import Phone
from wigwag.sandbox.sandbox import Sandbox
from wigwag.wire.ids import generate_message_id

E = TypeVar("E", bound=EngineEvent)
TIMEOUT_S = 20.0
ACCOUNT = "native"
NOT_LINKED = Jid("", "")


@dataclass
class NativePeer:
    """One engine with its own store. `link` pairs it; `close` ends it; `resume` runs it again."""

    directory: Path
    sandbox: Sandbox
    phone: Phone
    through_proxy: bool = False
    device: Jid = NOT_LINKED
    """Its own address by LID with the device number, once linked."""
    events: list[EngineEvent] = field(default_factory=list[EngineEvent])
    _running: NativeEngine | None = None
    _store: EngineStore | None = None
    _pool: HttpPool | None = None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def engine(self) -> NativeEngine:
        assert self._running is not None
        return self._running

    @property
    def lid(self) -> Jid:
        return self.phone.lid

    @property
    def pn(self) -> Jid:
        return self.phone.pn

    # -- life --

    async def link(self) -> None:
        """Show a QR code, have the phone scan it, and wait until the engine is connected."""
        await self.start()
        self.phone.scan((await self.wait(PairingQr)).code)
        await self.connected()
        self.device = self.phone.companions[-1]

    async def start(self) -> None:
        self._store = EngineStore.open(self.directory / f"{self.phone.phone}.db")
        self._pool = HttpPool()
        self._running = NativeEngine(
            ACCOUNT,
            store=self._store,
            sink=self._take,
            http=self._pool,
            clock=SYSTEM_CLOCK,
            endpoint=self._endpoint(),
        )
        await self._running.start()

    def _endpoint(self) -> Endpoint:
        ca_file, root = str(self.sandbox.ca_file), self.sandbox.noise_root
        if self.through_proxy:
            return Endpoint(proxy=self.sandbox.proxy_url, ca_file=ca_file, noise_root=root)
        return Endpoint(ws_url=self.sandbox.ws_url, ca_file=ca_file, noise_root=root)

    async def close(self) -> None:
        if self._running is not None:
            await self._running.stop()
        if self._pool is not None:
            await self._pool.close()
        if self._store is not None:
            self._store.close()
        self._running = self._pool = self._store = None

    async def resume(self) -> None:
        """Run again after `close`, with the identity that is in the store."""
        self.events.clear()
        await self.start()
        await self.connected()

    async def connected(self, since: int = 0) -> None:
        await self.wait(
            StateChanged, lambda e: e.state.state is ConnectionState.CONNECTED, since=since
        )

    # -- what it says --

    async def send(self, to: Jid, content: Content) -> Sent:
        return await self.engine.send(
            Outgoing(
                to=to,
                id=generate_message_id(),
                content=content,
                timestamp=SYSTEM_CLOCK.now(),
                secret=os.urandom(32),
            )
        )

    async def send_text(self, to: Jid, text: str, context: Context = NO_CONTEXT) -> str:
        return (await self.send(to, Text(text=text, context=context))).id

    async def send_image(self, to: Jid, image: bytes, caption: str = "") -> str:
        ref = await self.engine.upload(BytesIO(image), MediaKind.IMAGE)
        media = Media(kind=MediaKind.IMAGE, mime="image/png", ref=ref, caption=caption)
        return (await self.send(to, media)).id

    async def download(self, message: Message) -> bytes:
        media = message.content
        assert isinstance(media, Media)
        assert media.ref is not None
        target = self.directory / f"{message.key.id}.download"
        target.touch()
        await self.engine.download(media.ref, media.kind, target)
        return target.read_bytes()

    def own_key(self, chat: Jid, message_id: str) -> MessageKey:
        return MessageKey(chat=chat, sender=self.lid, id=message_id, from_me=True)

    # -- what it hears --

    async def _take(self, _account: str, events: Sequence[EngineEvent]) -> None:
        async with self._changed:
            self.events.extend(events)
            self._changed.notify_all()

    def mark(self) -> int:
        return len(self.events)

    async def wait(
        self,
        kind: type[E],
        predicate: Callable[[E], bool] = lambda _: True,
        *,
        since: int = 0,
        timeout_s: float = TIMEOUT_S,
    ) -> E:
        """The first event of this kind, past (from `since` on) or coming, that fits."""

        def find() -> E | None:
            found = (e for e in self.events[since:] if isinstance(e, kind) and predicate(e))
            return next(found, None)

        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(find), timeout_s)
            except TimeoutError:
                seen = [type(event).__name__ for event in self.events]
                raise AssertionError(f"no {kind.__name__} came; seen: {seen[-20:]}") from None
        event = find()
        assert event is not None
        return event

    async def wait_message(self, message_id: str) -> Message:
        return (await self.wait(MessageReceived, lambda e: e.message.key.id == message_id)).message

    async def wait_text(self, text: str) -> Message:
        def says(event: MessageReceived) -> bool:
            content = event.message.content
            return isinstance(content, Text) and content.text == text

        return (await self.wait(MessageReceived, says)).message

    async def wait_receipt(self, message_id: str, kind: ReceiptKind) -> ReceiptReceived:
        return await self.wait(
            ReceiptReceived, lambda e: message_id in e.receipt.ids and e.receipt.kind is kind
        )

    def texts(self) -> list[str]:
        """The texts of all messages, in the order in which they were told."""
        return [
            event.message.content.text
            for event in self.events
            if isinstance(event, MessageReceived) and isinstance(event.message.content, Text)
        ]
