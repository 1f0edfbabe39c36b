"""Calls leave events and no rows."""

import msgspec

from stored.desk import Desk
from stored.makers import ANN, ANN_LID, GROUP, at
from wigwag.model.event import CallEnd, CallEnded, CallOffered

OFFERED = CallOffered(id="C1", caller=ANN_LID, caller_alt=ANN, timestamp=at(1), video=True)
ENDED = CallEnded(id="C1", caller=ANN_LID, timestamp=at(2), reason=CallEnd.MISSED)


async def test_a_call_is_told_once(desk: Desk) -> None:
    again = msgspec.structs.replace(ENDED, reason=CallEnd.REJECTED)
    await desk.take(OFFERED, OFFERED, ENDED, again)
    offered, ended = (await desk.events("call.offered"))[0], (await desk.events("call.ended"))[0]
    assert await desk.types() == ["call.offered", "call.ended"]
    assert (offered["chat_jid"], offered["caller"]["phone"]) == (str(ANN), f"+{ANN.user}")
    assert (offered["video"], offered["group"]) == (True, False)
    assert ended["reason"] == "missed"
    assert desk.count("messages") == 0


async def test_a_call_of_a_group_belongs_to_its_chat(desk: Desk) -> None:
    await desk.take(msgspec.structs.replace(OFFERED, group=GROUP))
    assert (await desk.events("call.offered"))[0]["chat_jid"] == str(GROUP)
