"""The parts that live as long as one paired identity."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import structlog

from wigwag.engine.common.failures import describe
from wigwag.engine.native.connection.loggedin import LoggedIn
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.catchup import CatchUpBook
from wigwag.engine.native.social.social import Social
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.ports import (
    AppStateActions,
    Counters,
    HistoryActions,
    MediaActions,
    NumberCheck,
)

_STOP_LIMIT_S: Final = 3.0

_log = structlog.get_logger(__name__)


class TrafficPart(Protocol):
    """Messages and media of a paired identity, and what else it does."""

    @property
    def social(self) -> Social: ...

    @property
    def counters(self) -> Counters: ...

    @property
    def media(self) -> MediaActions: ...

    @property
    def appstate(self) -> AppStateActions: ...

    @property
    def history(self) -> HistoryActions: ...

    @property
    def catch_up(self) -> CatchUpBook: ...

    def start(self) -> None: ...

    async def on_connected(self) -> None: ...

    def on_disconnected(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, message: Outgoing) -> Sent: ...

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef: ...

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None: ...

    async def check_numbers(self, phones: Sequence[str]) -> list[NumberCheck]: ...

    async def mark_read(
        self, chat: Jid, sender: Jid, ids: Sequence[str], *, played: bool = False
    ) -> None: ...


class Identity:
    """Link, logins and traffic of one paired identity; ended as one."""

    def __init__(self, link: Link, logged_in: LoggedIn, traffic: TrafficPart) -> None:
        self.link = link
        self.logged_in = logged_in
        self.traffic = traffic

    async def end(self) -> None:
        """Stop the traffic and close the connection; whatever fails, all of it ends."""
        try:
            async with asyncio.timeout(_STOP_LIMIT_S):
                await self.traffic.stop()
        except Exception as error:  # noqa: BLE001 - stopping goes on
            _log.error("traffic_stop_failed", account=self.link.account, **describe(error))
        await self.link.close()
        self.link.store.forget_listeners(self.link.account)
