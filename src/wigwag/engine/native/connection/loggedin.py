"""The life of one login: open the stream, log in, stay until it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from wigwag.engine.common.failures import describe
from wigwag.engine.common.states import Ending, StreamLost, read_ending
from wigwag.engine.native.connection.control import Alarm, Control, ControlQueue, answer_to
from wigwag.engine.native.connection.login import complete_login
from wigwag.engine.native.connection.prekeys import PreKeys
from wigwag.engine.native.link import Link
from wigwag.model.errors import NotConnected, WigwagError
from wigwag.wire.nodes import Node

LOGIN_LIMIT_S: Final = 90.0
"""From the handshake to an active connection, the upload of prekeys included."""

SUCCESS_LIMIT_S: Final = 20.0
"""From the handshake to the server's word on the login."""

_LATE: Final = "login-late"
_log = structlog.get_logger(__name__)


class LoggedIn:
    """The logins of one identity, one after the other."""

    def __init__(
        self,
        link: Link,
        *,
        payload: Callable[[], bytes],
        on_online: Callable[[], Awaitable[None]],
        success_limit_s: float = SUCCESS_LIMIT_S,
        login_limit_s: float = LOGIN_LIMIT_S,
    ) -> None:
        self._link = link
        self._payload = payload
        self._on_online = on_online
        self._success_limit_s = success_limit_s
        self._login_limit_s = login_limit_s
        self._control = ControlQueue(link.connection, link.clock)
        self._prekeys = PreKeys(link)
        self._login: asyncio.Task[None] | None = None
        self.online_at: float | None = None

    async def attempt(self) -> Ending:
        """Connect and stay; how it ends. Raises DialFailed, WireError. `close` is to follow."""
        self._control.clear()
        self.online_at = None
        await self._link.connection.open(self._link.device.noise, self._payload())
        self._control.set_alarm(_LATE, self._success_limit_s)
        while True:
            ending = await self._step(await self._control.get())
            if ending is not None:
                return ending

    async def close(self) -> None:
        """Leave nothing of an attempt."""
        self._control.clear()
        await self._stop_login()
        await self._link.connection.close()

    async def _step(self, item: Control) -> Ending | None:
        match item:
            case StreamLost():
                return item
            case Alarm():
                return StreamLost(why="no login in time")
            case Node(tag="success"):
                self._begin_login(item)
            case Node(tag="iq"):
                await self._answer(item)
            case Node():
                return read_ending(item)
        return None

    def _begin_login(self, success: Node) -> None:
        if self._login is None:
            self._control.set_alarm(_LATE, self._login_limit_s)
            self._login = asyncio.get_running_loop().create_task(
                self._log_in(success), name=f"login-{self._link.account}"
            )

    async def _log_in(self, success: Node) -> None:
        try:
            await complete_login(self._link, self._prekeys, success)
        except NotConnected:
            return
        except WigwagError as error:
            self._control.put(StreamLost(why=error.code))
            return
        except Exception as error:  # noqa: BLE001 - a bug in the login is a failed login
            _log.error("login_broken", **describe(error))
            self._control.put(StreamLost(why="broken"))
            return
        if not self._link.connection.connected:
            return
        self._control.stop_alarm(_LATE)
        self.online_at = self._link.clock.monotonic()
        self._link.connection.mark_online()
        await self._on_online()

    async def _stop_login(self) -> None:
        login, self._login = self._login, None
        if login is not None:
            login.cancel()
            await asyncio.wait({login})

    async def _answer(self, request: Node) -> None:
        """The server's own requests; what is not understood gets no answer, as from whatsmeow."""
        answer = answer_to(request)
        if answer is None:
            _log.debug("request_ignored", xmlns=request.attr("xmlns")[:40])
            return
        try:
            await self._link.connection.send(answer)
        except NotConnected:
            _log.debug("stanza_not_sent", tag=answer.tag)
