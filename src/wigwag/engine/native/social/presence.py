"""Our own presence, and the subscriptions to that of others (whatsmeow presence.go)."""

from collections import OrderedDict
from typing import Final

from wigwag.engine.native.connection.login import unified_session
from wigwag.engine.native.link import Link
from wigwag.engine.native.people.devices import Devices
from wigwag.engine.native.sending.tokens import Tokens
from wigwag.engine.native.store.writes import DropNote, PutNote
from wigwag.model.chat import ChatActivity
from wigwag.model.errors import InvalidInput
from wigwag.model.jid import Jid
from wigwag.wire.nodes import AttrValue, Node

WISH: Final = "presence"
"""Note that is there while the account wishes to be shown online."""

MAX_SUBSCRIBED: Final = 256
"""People whose presence is asked for again after a login; of more, the latest."""


class Presence:
    """Implements ports.presence.PresenceActions."""

    def __init__(self, link: Link, devices: Devices, tokens: Tokens) -> None:
        self._link = link
        self._devices = devices
        self._tokens = tokens
        self._subscribed: OrderedDict[Jid, None] = OrderedDict()
        self._available = link.store.find_note(link.account, WISH) is not None

    @property
    def available(self) -> bool:
        return self._available

    async def set_available(self, available: bool) -> None:
        account = self._link.account
        wish = PutNote(account, WISH, b"available") if available else DropNote(account, WISH)
        await self._link.store.commit([wish])
        self._available = available
        if self._link.online:
            await self._say(available)

    async def set_activity(self, chat: Jid, activity: ChatActivity) -> None:
        if not (chat.is_person or chat.is_group):
            raise InvalidInput("Typing is shown to people and groups only.")
        recording = activity is ChatActivity.RECORDING
        state = Node("composing", {"media": "audio"}) if recording else Node(activity.value)
        await self._link.connection.send(Node("chatstate", {"to": self._by_lid(chat)}, [state]))

    async def subscribe(self, person: Jid) -> None:
        if not person.is_person:
            raise InvalidInput("Only people come and go; a group has no presence.")
        person = self._by_lid(person)
        await self._link.connection.send(self._subscription(person))
        self._subscribed[person] = None
        self._subscribed.move_to_end(person)
        while len(self._subscribed) > MAX_SUBSCRIBED:
            self._subscribed.popitem(last=False)

    async def say_again(self) -> None:
        """After a login: the server knows nothing of what was said before. Raises NotConnected."""
        if self._available or self._link.device.push_name:
            await self._say(self._available)
        await self._link.connection.send_many([self._subscription(who) for who in self._subscribed])

    # -- inside -----------------------------------------------------------------------------

    async def _say(self, available: bool) -> None:
        """`unavailable` too: others see our name by it, and the phone goes on ringing."""
        if available:
            now, offset_s = self._link.clock.now(), self._link.server_time_offset_s
            await self._link.connection.send(unified_session(now, offset_s))
        attrs: dict[str, AttrValue] = {"type": "available" if available else "unavailable"}
        if self._link.device.push_name:
            attrs["name"] = self._link.device.push_name
        await self._link.connection.send(Node("presence", attrs))

    def _subscription(self, person: Jid) -> Node:
        token = self._tokens.nodes_for(person)
        return Node("presence", {"type": "subscribe", "to": person}, token or None)

    def _by_lid(self, jid: Jid) -> Jid:
        jid = jid.bare
        return (self._devices.find_lid(jid) or jid) if jid.is_pn else jid
