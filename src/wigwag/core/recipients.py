"""Whether a recipient exists, asked before anything is kept."""

from typing import Final

from wigwag.model.account import ConnectionState
from wigwag.model.errors import NotConnected, NotOnWhatsApp, WigwagError
from wigwag.model.jid import Jid
from wigwag.ports import Archive, Engine

MAX_KNOWN: Final = 10_000


class Recipients:
    """Numbers are checked with the server at first contact; whom the archive knows, exists."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._known: dict[tuple[str, Jid], Jid] = {}

    async def check(self, engine: Engine, to: Jid) -> Jid:
        """The address to send to, as the server writes it (Brazil, Mexico and Argentina differ).

        Raises NotOnWhatsApp. While the server cannot be asked the address is taken as it is: the
        message waits, and an unknown number becomes a failed message later.
        """
        if not to.is_pn:
            return to
        known = self._known.get((engine.account, to))
        if known is not None:
            return known
        address = await self._archive.resolve(engine.account, to)
        if await self._archive.find_chat(engine.account, address) is not None:
            return self._remember(engine.account, to, to)
        if engine.state.state is not ConnectionState.CONNECTED:
            return to
        try:
            (found,) = await engine.check_numbers([to.user])
        except NotConnected:
            return to
        except WigwagError as error:
            raise NotConnected("WhatsApp did not answer whether this number exists.") from error
        if found.jid is None:
            raise NotOnWhatsApp
        return self._remember(engine.account, to, found.jid.bare)

    def _remember(self, account: str, asked: Jid, answer: Jid) -> Jid:
        while len(self._known) >= MAX_KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[account, asked] = answer
        return answer
