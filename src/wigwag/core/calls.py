"""Calls: told when they come and when they end, each once, and turned away. They leave no rows."""

import hashlib

from wigwag.core.accounts import Accounts
from wigwag.core.identity import Recording
from wigwag.core.library import Library
from wigwag.core.views import View, time_view
from wigwag.model.errors import NotFound
from wigwag.model.event import CallEnded, CallOffered
from wigwag.model.jid import parse_jid
from wigwag.model.record import EventType


class Calls:
    """Nobody talks here: a call can be turned away, and no more."""

    def __init__(self, library: Library, accounts: Accounts) -> None:
        self._library = library
        self._accounts = accounts

    async def reject(self, account: str, caller: str, call_id: str) -> None:
        """Turn a call away, for every device of the account.

        `caller` as callers of this write it. Raises NotFound (account; who is no person does not
        call), MalformedJid, InvalidInput, NotConnected, NotPaired, LoggedOut.
        """
        engine = self._accounts.get(account)
        jid = parse_jid(await self._library.resolve(account, caller))
        if not jid.is_person:
            raise NotFound("Only people call: name the person whose call it is.")
        await engine.calls.reject(jid, call_id)


def record_call(rec: Recording, event: CallOffered | CallEnded) -> None:
    """The same call twice, or a second end of it, is no event."""
    ended = isinstance(event, CallEnded)
    caller = rec.canonical(event.caller, event.caller_alt)
    what = EventType.CALL_ENDED if ended else EventType.CALL_OFFERED
    name = "\0".join((what.value, caller, event.id)).encode()
    if not rec.tx.feed.add_seen(
        rec.account, hashlib.blake2b(name, digest_size=16).digest(), rec.now_ms
    ):
        return
    chat = rec.canonical(event.group) if event.group is not None else caller
    data: View = {
        "id": event.id,
        "chat_jid": chat,
        "caller": rec.person_view(caller),
        "group": event.group is not None,
        "timestamp": time_view(event.timestamp),
    }
    data |= {"reason": event.reason.value} if ended else {"video": event.video}
    rec.tell(what, data, chat)
