"""What the library cannot do at all: each call says so."""

from collections.abc import Mapping, Sequence
from typing import Final

from wigwag.model.appstate import AppStateChange, CollectionStatus
from wigwag.model.archived import HistoryAnchor
from wigwag.model.capability import Capability
from wigwag.model.content import MessageKey
from wigwag.model.errors import NotSupportedByEngine

MISSING: Final = frozenset(
    {
        Capability.DURABLE_RECEIPT,
        Capability.APP_STATE_READ,
        Capability.RESEND_REQUESTS,
        Capability.CHAT_PRESENCE,
        Capability.HISTORY_ON_DEMAND,
        Capability.MEDIA_RETRY,
        Capability.COUNTERS,
        Capability.CHOSEN_IDS,
        Capability.STREAMING_MEDIA,
        Capability.APP_STATE_WRITE,
        Capability.GROUP_ADMISSION,
        Capability.JOIN_REQUESTS,
        Capability.NEWSLETTER_SETTINGS,
        Capability.NEWSLETTER_MEDIA,
        Capability.NEWSLETTER_HISTORY,
        Capability.NEWSLETTER_COUNTS,
        Capability.NUMBER_CHANGES,
        Capability.PICTURE_REMOVAL,
        Capability.BUSINESS_PROFILES,
        Capability.CLIENT_VERSION,
    }
)
"""What the native engine can, and this one cannot."""

NO_CALL: Final = "Its library has no call for it."


class NoAppState:
    """Implements ports.appstate.AppStateActions."""

    async def change(self, changes: Sequence[AppStateChange]) -> None:
        raise NotSupportedByEngine(
            Capability.APP_STATE_WRITE, "What its library sends for it is incomplete."
        )

    def statuses(self) -> Sequence[CollectionStatus]:
        return ()

    def ignored(self) -> Mapping[str, int]:
        return {}


class NoHistory:
    """Implements ports.history.HistoryActions."""

    async def request(self, before: HistoryAnchor, count: int, request_id: str) -> None:
        raise NotSupportedByEngine(
            Capability.HISTORY_ON_DEMAND, "Its library cannot send the phone a message."
        )


class NoMediaRetry:
    """Implements ports.media.MediaActions."""

    async def request_again(self, key: MessageKey, media_key: bytes, *, by_pn: bool) -> None:
        raise NotSupportedByEngine(Capability.MEDIA_RETRY, NO_CALL)
