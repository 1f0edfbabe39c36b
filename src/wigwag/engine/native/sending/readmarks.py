"""Telling others that we read or played their messages, if the privacy settings allow it
(whatsmeow receipt.go)."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from wigwag.engine.common.errors import RequestFailed
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.people.groups import Groups
from wigwag.engine.native.receiving.receipts import read_receipt
from wigwag.model.errors import WigwagError
from wigwag.model.jid import Jid
from wigwag.wire.nodes import Node

MAX_IDS: Final = 256
"""Messages in one receipt."""
_TIMEOUT_S: Final = 75.0

_log = structlog.get_logger(__name__)


class ReadMarks:
    """Read receipts of one account."""

    def __init__(self, link: Link, devices: Devices, groups: Groups) -> None:
        self._link = link
        self._devices = devices
        self._groups = groups
        self._asking = asyncio.Lock()
        self._hidden: bool | None = None

    async def send(
        self, chat: Jid, sender: Jid, ids: Sequence[str], *, played: bool = False
    ) -> None:
        """Raises NotConnected, RequestTimeout."""
        if not ids:
            return
        hidden = await self._is_hidden()
        now = self._link.clock.now()
        chat = self._by_lid(chat.bare)
        if chat.is_group:
            members = self._groups.find_members(chat)
            if members is None or members.lid_addressed:
                sender = self._by_lid(sender.bare)
        for at in range(0, len(ids), MAX_IDS):
            part = ids[at : at + MAX_IDS]
            receipt = read_receipt(chat, sender, part, now, hidden=hidden, played=played)
            await self._link.connection.send(receipt)

    def privacy_changed(self, privacy: Node) -> None:
        """The owner chose anew who sees what (whatsmeow privacysettings.go)."""
        self._link.spawn(self._follow(privacy), "privacy-settings")

    async def _follow(self, privacy: Node) -> None:
        try:
            await self._is_hidden(privacy)
        except WigwagError as error:
            # The next read receipt asks again.
            _log.info("privacy_not_told", code=error.code)

    async def _is_hidden(self, changed: Node | None = None) -> bool:
        """Whether read receipts are off: asked for once, and from then on as `changed`."""
        async with self._asking:
            if self._hidden is None:
                self._hidden = await self._ask_hidden()
            told = None if changed is None else _is_hidden(changed)
            if told is not None:
                self._hidden = told
            return self._hidden

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
        return privacy is not None and bool(_is_hidden(privacy))


def _is_hidden(privacy: Node) -> bool | None:
    """Whether read receipts are off, by the `<privacy>` of an answer or a change; None when it
    says nothing of them."""
    values = [
        category.attr("value")
        for category in privacy.children_with("category")
        if category.attr("name") == "readreceipts"
    ]
    return values[-1] == "none" if values else None
