"""Who gets our status updates (whatsmeow broadcast.go)."""

from collections.abc import Iterable
from typing import Final

import msgspec

from wigwag.engine.common.errors import RequestFailed
from wigwag.engine.native.connection.stanzas import iq
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.devices import Devices
from wigwag.model.errors import SendRejected
from wigwag.model.jid import Jid
from wigwag.wire.nodes import Node

STATUS_AUDIENCE: Final = "status_audience"
"""Note with the contacts in the phone's address book."""

MAX_LISTED: Final = 10_000
_TIMEOUT_S: Final = 75.0
_NOT_SET: Final = 404

_decode_jids = msgspec.msgpack.Decoder(list[Jid]).decode


class Audience:
    """The owner's choice of who sees status updates, asked before each of them."""

    def __init__(self, link: Link, devices: Devices) -> None:
        self._link = link
        self._devices = devices
        self._asked: set[Jid] = set()

    async def list_users(self) -> list[Jid]:
        """The contacts that the owner lets see it, and ourselves.

        Raises SendRejected when the choice is not told, NotConnected, RequestTimeout,
        RequestFailed (a passing one).
        """
        kind, listed = await self._ask_choice()
        if kind == "whitelist":
            users = listed
        else:
            users = self._contacts()
            if kind == "blacklist":
                users = await self._without(users, listed)
        return list(dict.fromkeys([*users, self._link.pn]))

    def _contacts(self) -> list[Jid]:
        note = self._link.store.find_note(self._link.account, STATUS_AUDIENCE)
        return _decode_jids(note) if note is not None else []

    async def _without(self, users: list[Jid], listed: list[Jid]) -> list[Jid]:
        """The users that are not listed, by whichever address either side names them."""
        numbers = [jid for jid in (*users, *listed) if jid.is_pn and jid not in self._asked]
        unknown = [jid for jid in numbers if self._devices.find_lid(jid) is None]
        if unknown:
            await self._devices.ask_lids(unknown)
            self._asked.update(unknown)
        hidden = {self._by_lid(jid) for jid in listed}
        return [jid for jid in users if self._by_lid(jid) not in hidden]

    def _by_lid(self, jid: Jid) -> Jid:
        return (self._devices.find_lid(jid) or jid) if jid.is_pn else jid

    async def _ask_choice(self) -> tuple[str, list[Jid]]:
        """`contacts`, `whitelist` or `blacklist`, and the people of the list."""
        try:
            answer = await self._link.connection.request(
                iq("status", "get", [Node("privacy")]), _TIMEOUT_S
            )
        except RequestFailed as error:
            if error.server_code == _NOT_SET:
                return "contacts", []
            if error.is_passing:
                raise
            raise SendRejected("WhatsApp does not tell who may see this status.") from error
        privacy = answer.child("privacy")
        lists = privacy.children_with("list") if privacy is not None else []
        chosen = next((one for one in lists if one.attr("default") == "true"), None)
        if chosen is None and lists:
            chosen = lists[0]
        return ("contacts", []) if chosen is None else (chosen.attr("type"), list(_users(chosen)))


def _users(listed: Node) -> Iterable[Jid]:
    for user in listed.children_with("user")[:MAX_LISTED]:
        jid = user.attr_jid("jid")
        if jid is not None:
            yield jid.bare
