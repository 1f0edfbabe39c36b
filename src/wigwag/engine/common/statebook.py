"""Where an account stands, who it is, and who is told when that changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec

from wigwag.engine.common.machine import Signal, Standing, after_signal
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.event import StateChanged
from wigwag.model.jid import Jid
from wigwag.ports import Clock


class Linked(Protocol):
    """Whom an engine is linked as, as far as it keeps that."""

    @property
    def jid(self) -> Jid | None: ...

    @property
    def lid(self) -> Jid | None: ...

    @property
    def push_name(self) -> str: ...


class StateBook:
    """Holds the standing; every change of the state is told once, and nothing that is none."""

    def __init__(self, clock: Clock, tell: Callable[[StateChanged], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._standing = Standing(state=ConnectionState.STOPPED, since=clock.now())
        self._state = AccountState(state=self._standing.state, since=self._standing.since)

    @property
    def standing(self) -> Standing:
        return self._standing

    @property
    def current(self) -> AccountState:
        return self._state

    def signal(self, signal: Signal, reason: str = "") -> None:
        """Something happened."""
        self.stand(after_signal(self._standing, signal, self._clock.now(), reason))

    def remark(self, reason: str) -> None:
        """Something that the state shall say while it lasts."""
        self.stand(msgspec.structs.replace(self._standing, reason=reason))

    def stand(self, standing: Standing) -> None:
        """Take this standing. The same state with another reason is a change of the reason."""
        changed = standing.state is not self._standing.state
        self._standing = standing
        self._state = msgspec.structs.replace(
            self._state,
            state=standing.state,
            since=standing.since,
            reason=standing.reason,
            expires_at=standing.expires_at,
            next_attempt=standing.next_attempt,
        )
        if changed:
            self._tell(StateChanged(state=self._state))

    def know_device(self, device: Linked | None) -> None:
        """Who the account is: shown with every later state, not an event by itself."""
        if device is None or device.jid is None:
            self.know(None, None, "")
            return
        lid = device.lid.bare if device.lid is not None else None
        self.know(device.jid.bare, lid, device.push_name)

    def know(self, jid: Jid | None, lid: Jid | None, push_name: str) -> None:
        """The same, by bare addresses."""
        self._state = msgspec.structs.replace(self._state, jid=jid, lid=lid, push_name=push_name)

    def keep_frames(self, last_in: datetime | None, last_out: datetime | None) -> None:
        """The connection is gone: these stay the times of its last frames."""
        self._state = self.frames_at(last_in, last_out)

    def frames_at(
        self, last_in: datetime | None, last_out: datetime | None, awaited: int = 0
    ) -> AccountState:
        """The state with the times of the last frames, and how many answers are awaited."""
        return msgspec.structs.replace(
            self._state, last_frame_in=last_in, last_frame_out=last_out, awaited=awaited
        )
