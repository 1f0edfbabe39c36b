"""What callers wish to send, kept as it was given."""

from datetime import UTC, datetime
from typing import Any

from stored.makers import ANN
from wigwag.core.drafts import Draft
from wigwag.core.sending import Idempotency, Submitted
from wigwag.model.message import SendState

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class RecordedSending:
    """Keeps what it was given, and answers `made`, or raises `error`."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.to = ""
        self.options: dict[str, Any] = {}
        self.made = Submitted(id="3EB0A", chat_jid=str(ANN), timestamp=NOW, state=SendState.SENT)
        self.error: Exception | None = None
        self.earlier: Submitted | None = None
        """What an earlier request with the same key has come to."""

    async def find_earlier(
        self, _account: str, _idempotency: Idempotency, _wait_s: float
    ) -> Submitted | None:
        return self.earlier

    async def submit(self, _account: str, to: str, draft: Draft, **options: Any) -> Submitted:
        self.drafts.append(draft)
        self.to, self.options = to, options
        if self.error is not None:
            raise self.error
        return self.made
