"""An account that cannot be served as it is: it rests, and says why."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.capability import Capability, EngineKind
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import Conflict, NotConnected
from wigwag.model.event import StateChanged
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.ports import (
    NO_COUNTERS,
    AppStateActions,
    Clock,
    CommunityActions,
    Counters,
    EngineSink,
    GroupActions,
    HistoryActions,
    LinkingActions,
    MediaActions,
    NewsletterActions,
    NumberCheck,
    PresenceActions,
)
from wigwag.ports.calls import CallActions
from wigwag.ports.profile import ProfileActions


class HeldEngine:
    """Implements ports.Engine by refusing: asked to link it raises Conflict, else NotConnected.

    `why` is the sentence for both, with the next step; `jid` is whom the account is linked as
    elsewhere.
    """

    def __init__(
        self,
        account: str,
        kind: EngineKind,
        *,
        why: str,
        sink: EngineSink,
        clock: Clock,
        jid: Jid | None = None,
    ) -> None:
        self._account = account
        self._kind = kind
        self._why = why
        self._sink = sink
        self._state = AccountState(
            state=ConnectionState.STOPPED, since=clock.now(), reason=why, jid=jid
        )

    @property
    def account(self) -> str:
        return self._account

    @property
    def kind(self) -> EngineKind:
        return self._kind

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset()

    @property
    def state(self) -> AccountState:
        return self._state

    @property
    def counters(self) -> Counters:
        return NO_COUNTERS

    @property
    def linking(self) -> LinkingActions:
        return self

    async def start(self) -> None:
        """Tells the state, and no more."""
        await self._sink(self._account, [StateChanged(state=self._state)])

    async def stop(self) -> None:
        """There is nothing to stop."""

    async def pair(self, *, anew: bool = False) -> None:
        raise Conflict(self._why)

    async def restart(self) -> None:
        raise Conflict(self._why)

    async def logout(self) -> None:
        raise Conflict(self._why)

    async def pair_code(self, phone: str) -> str:
        raise Conflict(self._why)

    async def send(self, message: Outgoing) -> Sent:
        raise NotConnected(self._why)

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        raise NotConnected(self._why)

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None:
        raise NotConnected(self._why)

    async def check_numbers(self, phones: Sequence[str]) -> list[NumberCheck]:
        raise NotConnected(self._why)

    async def mark_read(
        self, chat: Jid, sender: Jid, ids: Sequence[str], *, played: bool = False
    ) -> None:
        raise NotConnected(self._why)

    @property
    def appstate(self) -> AppStateActions:
        raise NotConnected(self._why)

    @property
    def media(self) -> MediaActions:
        raise NotConnected(self._why)

    @property
    def history(self) -> HistoryActions:
        raise NotConnected(self._why)

    @property
    def presence(self) -> PresenceActions:
        raise NotConnected(self._why)

    @property
    def groups(self) -> GroupActions:
        raise NotConnected(self._why)

    @property
    def communities(self) -> CommunityActions:
        raise NotConnected(self._why)

    @property
    def newsletters(self) -> NewsletterActions:
        raise NotConnected(self._why)

    @property
    def calls(self) -> CallActions:
        raise NotConnected(self._why)

    @property
    def profile(self) -> ProfileActions:
        raise NotConnected(self._why)
