"""One account on the WhatsApp network."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from wigwag.model.account import AccountState
from wigwag.model.capability import Capability, EngineKind
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.event import EngineEvent
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing, Sent
from wigwag.model.value import Value
from wigwag.ports.appstate import AppStateActions
from wigwag.ports.calls import CallActions
from wigwag.ports.counters import Counters
from wigwag.ports.groups import CommunityActions, GroupActions
from wigwag.ports.history import HistoryActions
from wigwag.ports.linking import LinkingActions
from wigwag.ports.media import MediaActions
from wigwag.ports.newsletters import NewsletterActions
from wigwag.ports.presence import PresenceActions
from wigwag.ports.profile import ProfileActions

EngineSink = Callable[[str, Sequence[EngineEvent]], Awaitable[None]]
"""`await sink(account, events)`: when it returns, the events are durable in the archive.

An engine keeps durable events until then and hands them over again after a crash; the archive
makes them once. If the sink raises, the engine keeps the batch and tries again with backoff.
"""


class NumberCheck(Value):
    """Whether a phone number is on WhatsApp, and the addresses that the server returned.

    `jid` is the number as the server writes it, or the LID where it tells nothing else.
    """

    phone: str
    jid: Jid | None
    lid: Jid | None = None


class Engine(Protocol):
    """One account on the WhatsApp network.

    Whatever needs a capability that is not among `capabilities` raises NotSupportedByEngine.
    """

    @property
    def account(self) -> str: ...

    @property
    def kind(self) -> EngineKind: ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can beyond what every engine can; the same for the life of the engine."""
        ...

    @property
    def state(self) -> AccountState: ...

    @property
    def counters(self) -> Counters:
        """What arrived and how it ended."""
        ...

    @property
    def appstate(self) -> AppStateActions:
        """Raises NotPaired, NotConnected, LoggedOut."""
        ...

    @property
    def linking(self) -> LinkingActions:
        """Pairing, and connecting anew."""
        ...

    @property
    def media(self) -> MediaActions:
        """Raises NotPaired, NotConnected, LoggedOut."""
        ...

    @property
    def history(self) -> HistoryActions:
        """Raises NotPaired, NotConnected, LoggedOut."""
        ...

    async def start(self) -> None:
        """Begin to connect (or to pair, when there is no identity); returns at once.

        Where the next attempt is waited for, it is made now.
        """
        ...

    async def stop(self) -> None:
        """Close the connection and end every task, within a few seconds; state `stopped`."""
        ...

    async def logout(self) -> None:
        """Unlink this device and forget its identity; state `logged_out`."""
        ...

    async def pair_code(self, phone: str) -> str:
        """Ask for pairing by code while in state `pairing`; the eight characters."""
        ...

    async def send(self, message: Outgoing) -> Sent:
        """Send, and return at WhatsApp's acknowledgement.

        The same id twice is one message for its receivers. Without the capability CHOSEN_IDS the
        message gets another id, `Sent.id`; the one it came with still names it here. Raises
        NotConnected and WhatsAppBusy (nothing left), SendTimeout (unknown; send again with the
        same id), SendUnknown (unknown for good; a repetition is refused likewise), SendRejected,
        NotOnWhatsApp; of channels Forbidden and NotFound.
        """
        ...

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        """Encrypt and upload a file, streaming in constant memory."""
        ...

    async def download(self, ref: MediaRef, kind: MediaKind, target: Path) -> None:
        """Download, verify and decrypt into the file `target`, streaming.

        `target` is written from its beginning, fsynced, and left only when every hash is right.
        Raises MediaGone (403, 404, 410), MediaCorrupt, MediaTransferFailed, NotConnected.
        """
        ...

    async def check_numbers(self, phones: Sequence[str]) -> list[NumberCheck]:
        """Ask the server which numbers are on WhatsApp, in the order asked."""
        ...

    async def mark_read(
        self, chat: Jid, sender: Jid, ids: Sequence[str], *, played: bool = False
    ) -> None:
        """Tell others that we read their messages, or `played` their voice notes."""
        ...

    # -- by role; each raises NotPaired, NotConnected or LoggedOut while there is no identity --

    @property
    def presence(self) -> PresenceActions: ...

    @property
    def groups(self) -> GroupActions: ...

    @property
    def communities(self) -> CommunityActions: ...

    @property
    def newsletters(self) -> NewsletterActions: ...

    @property
    def calls(self) -> CallActions: ...

    @property
    def profile(self) -> ProfileActions: ...
