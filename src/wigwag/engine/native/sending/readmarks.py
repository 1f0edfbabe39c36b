"""Telling others that we read their messages, if the privacy settings allow it
(whatsmeow receipt.go)."""

from collections.abc import Sequence
from typing import Final

from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.errors import RequestFailed
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.groups import Groups
from wigwag.engine.native.receiving.receipts import read_receipt
from wigwag.model.jid import Jid
from wigwag.wire.nodes import Node

MAX_IDS: Final = 256
"""Messages in one receipt."""
_TIMEOUT_S: Final = 75.0


class ReadMarks:
    """Read receipts of one account."""

    def __init__(self, link: Link, devices: Devices, groups: Groups) -> None:
        self._link = link
        self._devices = devices
        self._groups = groups
        self._hidden: bool | None = None

    async def send(self, chat: Jid, sender: Jid, ids: Sequence[str]) -> None:
        """Raises NotConnected, RequestTimeout."""
        if not ids:
            return
        if self._hidden is None:
            self._hidden = await self._ask_hidden()
        now = self._link.clock.now()
        chat = self._by_lid(chat.bare)
        if chat.is_group:
            members = self._groups.find_members(chat)
            if members is None or members.lid_addressed:
                sender = self._by_lid(sender.bare)
        for at in range(0, len(ids), MAX_IDS):
            receipt = read_receipt(chat, sender, ids[at : at + MAX_IDS], now, hidden=self._hidden)
            await self._link.connection.send(receipt)

    def _by_lid(self, jid: Jid) -> Jid:
        return (self._devices.find_lid(jid) or jid) if jid.is_pn else jid

    async def _ask_hidden(self) -> bool:
        """Whether the account's owner switched read receipts off."""
        try:
            answer = await self._link.connection.request(
                iq("privacy", "get", [Node("privacy")]), _TIMEOUT_S
            )
        except RequestFailed:
            return False
        privacy = answer.child("privacy")
        return any(
            category.attr("name") == "readreceipts" and category.attr("value") == "none"
            for category in (privacy.children_with("category") if privacy is not None else [])
        )
