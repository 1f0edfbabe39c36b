"""What the phone is asked for when a caller wants more history: `ports.HistoryActions`."""

from wigwag.engine.native.sync.phone import Phone
from wigwag.model.archived import HistoryAnchor
from wigwag.wire.protocol_messages import HistoryRequest


class HistoryRequests:
    """Requests to the phone of one account. It answers in messages of its own, when it likes."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone

    async def request(self, before: HistoryAnchor, count: int, request_id: str) -> None:
        request = HistoryRequest(oldest=before.key, oldest_at=before.timestamp, count=count)
        await self._phone.send(request, request_id)
