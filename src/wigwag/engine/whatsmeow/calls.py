"""Calls that are heard of, and turned away."""

from collections import OrderedDict
from typing import Final

from wigwag.engine.whatsmeow import asks
from wigwag.engine.whatsmeow.line import Line
from wigwag.model.errors import InvalidInput
from wigwag.model.event import CallEnd, CallEnded
from wigwag.model.jid import Jid
from wigwag.wire import claims

MOST: Final = 256
"""Calls that are remembered; of more, the latest."""


class Callers:
    """By what address each of the latest callers called: it has to be named by that one."""

    def __init__(self) -> None:
        self._calls: OrderedDict[tuple[str, Jid], Jid] = OrderedDict()

    def hear(self, call_id: str, caller: Jid, alt: Jid | None) -> None:
        """Somebody calls; `alt` is the other address of the same person."""
        for name in (caller, alt or caller):
            self._calls[call_id, name.bare] = caller.bare
        while len(self._calls) > MOST:
            self._calls.popitem(last=False)

    def called_as(self, call_id: str, caller: Jid) -> Jid:
        """What is asked for, where nothing is known of such a call."""
        return self._calls.get((call_id, caller.bare), caller.bare)


class Calls:
    """Implements ports.calls.CallActions."""

    def __init__(self, line: Line, callers: Callers) -> None:
        self._line = line
        self._callers = callers

    async def reject(self, caller: Jid, call_id: str) -> None:
        if not caller.is_person or not claims.identifier(call_id):
            raise InvalidInput("Name the caller and the id of the call.")
        creator = self._callers.called_as(call_id, caller)
        await self._line.do(asks.RejectCall(caller=str(creator), call_id=call_id))
        ended = CallEnded(
            id=call_id,
            caller=creator,
            timestamp=self._line.clock.now(),
            reason=CallEnd.REJECTED,
        )
        await self._line.record(ended)
