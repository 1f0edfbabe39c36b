"""Our own presence, and subscriptions to that of others."""

from collections import OrderedDict
from pathlib import Path
from typing import Final

import structlog

from wigwag.engine.whatsmeow import asks
from wigwag.engine.whatsmeow.folder import WISH_NAME
from wigwag.engine.whatsmeow.line import Line
from wigwag.model.chat import ChatActivity
from wigwag.model.errors import InvalidInput, WigwagError
from wigwag.model.jid import Jid

MAX_SUBSCRIBED: Final = 256
"""People whose presence is asked for again after a login; of more, the latest."""

_log = structlog.get_logger(__name__)


class Presence:
    """Implements ports.presence.PresenceActions. The wish is kept in `folder`."""

    def __init__(self, line: Line, folder: Path) -> None:
        self._line = line
        self._wish = folder / WISH_NAME
        self._available = self._wish.exists()
        self._subscribed: OrderedDict[Jid, None] = OrderedDict()

    @property
    def available(self) -> bool:
        return self._available

    async def set_available(self, available: bool) -> None:
        if available:
            self._wish.touch(mode=0o600)
        else:
            self._wish.unlink(missing_ok=True)
        self._available = available
        if self._line.online:
            await self._line.do(asks.SetAvailable(available=available))

    async def set_activity(self, chat: Jid, activity: ChatActivity) -> None:
        if not (chat.is_person or chat.is_group):
            raise InvalidInput("Typing is shown to people and groups only.")
        ask = asks.SetActivity(
            chat=str(chat.bare),
            composing=activity is not ChatActivity.PAUSED,
            audio=activity is ChatActivity.RECORDING,
        )
        await self._line.do(ask)

    async def subscribe(self, person: Jid) -> None:
        if not person.is_person:
            raise InvalidInput("Only people come and go; a group has no presence.")
        await self._line.do(asks.Subscribe(person=str(person.bare)))
        self._subscribed[person.bare] = None
        self._subscribed.move_to_end(person.bare)
        while len(self._subscribed) > MAX_SUBSCRIBED:
            self._subscribed.popitem(last=False)

    async def say_again(self) -> None:
        """After a login: the server knows nothing of what was said before."""
        try:
            if self._available:
                await self._line.do(asks.SetAvailable(available=True))
            for person in tuple(self._subscribed):
                await self._line.do(asks.Subscribe(person=str(person)))
        except WigwagError as error:
            _log.info("presence_not_said", account=self._line.account, code=error.code)
