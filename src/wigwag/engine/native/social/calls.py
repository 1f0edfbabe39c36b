"""Calls: what the stanzas of a call say, and turning one away (whatsmeow call.go)."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wigwag.engine.native.connection.stanzas import acknowledge
from wigwag.engine.native.link import Link
from wigwag.engine.native.receiving.batch import Batch, Names
from wigwag.engine.native.receiving.ends import DropReason
from wigwag.engine.native.receiving.mappings import all_pairs
from wigwag.engine.native.receiving.receipts import stanza_time
from wigwag.engine.native.receiving.recorder import Recorder
from wigwag.model.errors import InvalidInput
from wigwag.model.event import CallEnd, CallEnded, CallOffered
from wigwag.model.jid import Jid
from wigwag.wire import claims
from wigwag.wire.errors import MalformedNode
from wigwag.wire.ids import generate_message_id
from wigwag.wire.nodes import AttrValue, Node

MAX_CALLS: Final = 256
"""Calls that are remembered, to tell each end once."""
NACK_PARSING: Final = 487
OFFERED: Final = "call_offered"
ENDED: Final = "call_ended"
_REASONS: Final = {
    "accepted_elsewhere": CallEnd.ELSEWHERE,
    "rejected_elsewhere": CallEnd.REJECTED,
    "timeout": CallEnd.MISSED,
}


@dataclass(slots=True)
class _Call:
    id: str
    caller: Jid
    caller_alt: Jid | None
    group: Jid | None
    ended: bool = False

    @property
    def names(self) -> Names:
        return str(self.group or self.caller), str(self.caller), self.id

    def end(self) -> None:
        self.ended = True


class Calls:
    """Implements ports.calls.CallActions, and reads `<call>` stanzas."""

    def __init__(self, link: Link, recorder: Recorder) -> None:
        self._link = link
        self._recorder = recorder
        self._calls: OrderedDict[tuple[Jid, str], _Call] = OrderedDict()

    async def reject(self, caller: Jid, call_id: str) -> None:
        if not caller.is_person or not claims.identifier(call_id):
            raise InvalidInput("Name the caller and the id of the call.")
        known = self._heard(caller.bare, call_id) or _Call(call_id, caller.bare, None, None)
        creator: dict[str, AttrValue] = {"call-creator": known.caller}
        call: dict[str, AttrValue] = {"id": generate_message_id(), "from": self._link.pn}
        await self._link.connection.send(
            Node(
                "call",
                {**call, "to": known.caller},
                [Node("reject", {"call-id": call_id, **creator, "count": "0"})],
            )
        )
        batch = self._recorder.open()
        self._end(known, CallEnd.REJECTED, self._link.clock.now(), batch)
        await self._recorder.commit(batch)

    def read(self, node: Node, batch: Batch) -> None:
        """`<call>`: acknowledged whatever it says."""
        batch.link_all(all_pairs(node))
        try:
            self._read(node, batch)
        except MalformedNode:
            batch.reply(acknowledge(node, NACK_PARSING))
            batch.drop(DropReason.CALL_MALFORMED)
            return
        batch.reply(acknowledge(node))

    # -- inside -----------------------------------------------------------------------------

    def _read(self, node: Node, batch: Batch) -> None:
        if len(node.kids) != 1:
            batch.drop(DropReason.CALL_SIGNALLING)
            return
        (child,) = node.kids
        sender = node.require_jid("from").home.bare
        timestamp = stanza_time(node)
        if child.tag in ("offer", "offer_notice"):
            self._offered(child, timestamp, batch)
        elif child.tag in ("accept", "reject", "terminate"):
            call = self._known(child, batch)
            reason = self._reason(child, sender)
            if reason is None:
                batch.drop(DropReason.CALL_SIGNALLING)
            else:
                self._end(call, reason, timestamp, batch)
        else:
            # preaccept, transport, relaylatency and what else callers tell each other
            batch.drop(DropReason.CALL_SIGNALLING)

    def _heard(self, caller: Jid, call_id: str) -> _Call | None:
        """The call that somebody named by either address of its caller."""
        for call in self._calls.values():
            if call.id == call_id and caller in (call.caller, call.caller_alt):
                return call
        return None

    def _offered(self, offer: Node, timestamp: datetime, batch: Batch) -> None:
        call = self._known(offer, batch)
        video = offer.child("video") is not None or offer.attr("media") == "video"
        batch.record(
            OFFERED,
            CallOffered(
                id=call.id,
                caller=call.caller,
                timestamp=timestamp,
                caller_alt=call.caller_alt,
                group=call.group,
                video=video,
            ),
            call.names,
        )

    def _reason(self, child: Node, sender: Jid) -> CallEnd | None:
        """Why a call ends here with this stanza; None when it does not."""
        if child.tag == "accept":
            own = sender.user in (self._link.pn.user, self._link.lid.user)
            return CallEnd.ELSEWHERE if own else None
        if child.tag == "reject":
            return CallEnd.REJECTED
        return _REASONS.get(child.attr("reason"), CallEnd.MISSED)

    def _known(self, child: Node, batch: Batch) -> _Call:
        """The call that an element is about. Raises MalformedNode."""
        call_id = claims.identifier(child.attr("call-id"))
        if not call_id:
            raise MalformedNode("a call has no id")
        caller = child.require_jid("call-creator").home.bare
        alt = child.attr_jid("caller_pn" if caller.is_lid else "caller_lid")
        group = child.attr_jid("group-jid")
        call = self._calls.get((caller, call_id))
        if call is None:
            call = _Call(call_id, caller, alt.bare if alt is not None else None, group)
            self._calls[caller, call_id] = call
            while len(self._calls) > MAX_CALLS:
                self._calls.popitem(last=False)
        return call

    def _end(self, call: _Call, reason: CallEnd, timestamp: datetime, batch: Batch) -> None:
        told = (ENDED, call.names)
        if call.ended or told in batch.seen:
            batch.drop(DropReason.CALL_ENDED_BEFORE)
            return
        batch.seen.add(told)
        # not before it is durable: after a failed commit the same stanza comes again
        batch.afterwards.append(call.end)
        ended = CallEnded(
            id=call.id,
            caller=call.caller,
            timestamp=timestamp,
            reason=reason,
            caller_alt=call.caller_alt,
            group=call.group,
        )
        batch.record(ENDED, ended, call.names)
