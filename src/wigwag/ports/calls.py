"""Calls: heard of, and turned away. Nobody talks here."""

from typing import Protocol

from wigwag.model.jid import Jid


class CallActions(Protocol):
    async def reject(self, caller: Jid, call_id: str) -> None:
        """Turn a call away, for every device of the account. Raises NotConnected, InvalidInput."""
        ...
