"""Status updates: what people show for a day, and to whom the account shows its own."""

from datetime import timedelta
from typing import Final, Unpack

import msgspec

from wigwag.core.chatstate import ChatState
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.library import Library, Part
from wigwag.core.naming import STATUS_CHAT
from wigwag.core.views import View, message_view, person_view, time_view
from wigwag.model.appstate import StatusMode
from wigwag.model.archived import ArchivedMessage, MessageFilter, Page, Person
from wigwag.model.jid import parse_jid
from wigwag.model.value import Value
from wigwag.ports import Clock

LIFETIME: Final = timedelta(hours=24)
"""How long WhatsApp shows a status."""
SETTING: Final = "status_privacy"


class StatusAudience(Value):
    """Who sees the account's own statuses: these people only, all contacts but these, or all."""

    mode: StatusMode
    people: tuple[Person, ...] = ()


class _Kept(Value):
    """The setting as the archive keeps it; `people` are canonical JIDs."""

    mode: StatusMode
    people: tuple[str, ...] = ()


_KEPT: Final = msgspec.json.Decoder(_Kept)


class Statuses:
    """The archive keeps statuses as messages of one chat, `status@broadcast`."""

    def __init__(
        self, library: Library, chat_state: ChatState, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._library = library
        self._chat_state = chat_state
        self._clock = clock

    async def list_statuses(
        self, account: str, *, sender: str = "", expired: bool = False, **part: Unpack[Part]
    ) -> Page[ArchivedMessage]:
        """Statuses, the newest first; those that are over only with `expired`.

        Raises MalformedJid, InvalidInput.
        """
        wanted = MessageFilter(
            chat=STATUS_CHAT,
            sender=sender,
            after=None if expired else self._clock.now() - LIFETIME,
        )
        return await self._library.list_messages(account, wanted, **part)

    async def audience(self, account: str) -> StatusAudience:
        """As the devices of the account share it; all contacts where they never told."""
        kept = _Kept(mode=StatusMode.CONTACTS)
        for setting in await self._library.list_settings(account):
            if setting.name == SETTING:
                kept = _KEPT.decode(setting.value)
        people = await self._library.list_people(
            account, [(parse_jid(one), None) for one in kept.people]
        )
        return StatusAudience(mode=kept.mode, people=tuple(people))

    async def set_audience(
        self, account: str, mode: StatusMode, people: tuple[str, ...] = ()
    ) -> StatusAudience:
        """Raises as `ChatState` does."""
        await self._chat_state.set_status_privacy(account, mode, people)
        return await self.audience(account)


def status_view(message: ArchivedMessage) -> View:
    """A status as read: a message with its end."""
    return {**message_view(message), "expires_at": time_view(message.timestamp + LIFETIME)}


def audience_view(audience: StatusAudience) -> View:
    return {"mode": audience.mode.value, "people": [person_view(one) for one in audience.people]}
