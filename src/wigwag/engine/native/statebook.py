"""The one state of an account, and who is told when it changes."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from wigwag.engine.native.store.records import DeviceRecord
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.event import StateChanged
from wigwag.ports import Clock


class StateBook:
    """Holds the state; every change is told once, and nothing that is no change."""

    def __init__(self, clock: Clock, tell: Callable[[StateChanged], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._state = AccountState(state=ConnectionState.STOPPED, since=clock.now())

    @property
    def current(self) -> AccountState:
        return self._state

    def change(
        self, state: ConnectionState, reason: str = "", expires_at: datetime | None = None
    ) -> None:
        """Enter a state. The same state with another reason is a change of the reason only."""
        old = self._state
        if (old.state, old.reason, old.expires_at) == (state, reason, expires_at):
            return
        since = old.since if old.state is state else self._clock.now()
        self._state = msgspec.structs.replace(
            old, state=state, reason=reason, since=since, expires_at=expires_at
        )
        if old.state is not state:
            self._tell(StateChanged(state=self._state))

    def know_device(self, device: DeviceRecord | None) -> None:
        """Who the account is: shown with every later state, not an event by itself."""
        if device is None or device.jid is None:
            self._state = msgspec.structs.replace(self._state, jid=None, lid=None, push_name="")
            return
        self._state = msgspec.structs.replace(
            self._state,
            jid=device.jid.bare,
            lid=device.lid.bare if device.lid is not None else None,
            push_name=device.push_name,
        )

    def keep_frames(self, last_in: datetime | None, last_out: datetime | None) -> None:
        """The connection is gone: these stay the times of its last frames."""
        self._state = self.frames_at(last_in, last_out)

    def frames_at(self, last_in: datetime | None, last_out: datetime | None) -> AccountState:
        """The state with the times of the last frames."""
        return msgspec.structs.replace(self._state, last_frame_in=last_in, last_frame_out=last_out)
