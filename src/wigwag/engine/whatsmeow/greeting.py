"""What is due after each login, and who becomes known while it lasts."""

import asyncio
from pathlib import Path
from typing import Final

import structlog

from wigwag.engine.common.failures import describe
from wigwag.engine.whatsmeow.addresses import PAGE, AddressMap
from wigwag.engine.whatsmeow.groups import Groups
from wigwag.engine.whatsmeow.line import Line
from wigwag.engine.whatsmeow.presence import Presence
from wigwag.model.errors import WigwagError

LOOK_S: Final = 3.0
"""The library learns in silence who is whom: so often it is looked up."""

_log = structlog.get_logger(__name__)


class Greeting:
    """One account's; `session` is the library's database."""

    def __init__(self, line: Line, session: Path, presence: Presence, groups: Groups) -> None:
        self._line = line
        self._addresses = AddressMap(session)
        self._presence = presence
        self._groups = groups
        self._learnt_groups = False
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The account is connected."""
        self.end()
        self._task = asyncio.create_task(self._run(), name=f"greeting-{self._line.account}")

    def end(self) -> None:
        """No child runs any more."""
        if self._task is not None:
            self._task.cancel()

    def forget(self) -> None:
        """The next login is that of another identity."""
        self.end()
        self._addresses.forget()
        self._learnt_groups = False

    async def _run(self) -> None:
        """First who is whom by now, so that people are known by what comes next."""
        await self._learn_addresses(anew=True)
        await self._presence.say_again()
        await self._learn_groups()
        while True:
            await self._line.clock.sleep(LOOK_S)
            await self._learn_addresses()

    async def _learn_groups(self) -> None:
        """Once: of what changes later the library tells."""
        if self._learnt_groups:
            return
        try:
            await self._groups.list_joined()
            self._learnt_groups = True
        except Exception as error:  # noqa: BLE001 - whatever it is, the next login asks again
            code = error.code if isinstance(error, WigwagError) else ""
            _log.info("groups_not_learnt", account=self._line.account, code=code, **describe(error))

    async def _learn_addresses(self, *, anew: bool = False) -> None:
        try:
            found = await asyncio.to_thread(self._addresses.read_new, anew=anew)
            for at in range(0, len(found), PAGE):
                await self._line.record(*found[at : at + PAGE])
        except Exception as error:  # noqa: BLE001 - whatever it is, they are read again
            self._addresses.forget()
            _log.warning("addresses_not_told", account=self._line.account, **describe(error))
