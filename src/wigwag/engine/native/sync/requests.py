"""What the phone is asked for when a caller wants more history: `ports.HistoryActions`."""

from collections.abc import Sequence

from wigwag.engine.native.sync.phone import Phone
from wigwag.model.archived import HistoryAnchor
from wigwag.model.content import MessageKey
from wigwag.wire.protocol_messages import KEYS_LIMIT, HistoryRequest, PlaceholderRequest


class HistoryRequests:
    """Requests to the phone of one account. It answers in messages of its own, when it likes."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    async def request(self, before: HistoryAnchor, count: int, request_id: str) -> None:
        request = HistoryRequest(oldest=before.key, oldest_at=before.timestamp, count=count)
        await self._phone.send(request, request_id)

    async def resend(self, keys: Sequence[MessageKey]) -> None:
        if keys:
            await self._phone.send(PlaceholderRequest(keys=tuple(keys[:KEYS_LIMIT])))
