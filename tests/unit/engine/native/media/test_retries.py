"""Asking the phone for a file: how persons are named, and what becomes of the answer."""

from pathlib import Path

import pytest

from scripted.traffic_stage import OWN_LID, OWN_PN, T0, TrafficStage
from wigwag.engine.native.store.writes import PutLid
from wigwag.model.content import MessageKey
from wigwag.model.errors import NotConnected
from wigwag.model.event import MediaRetryAnswered
from wigwag.model.jid import Jid
from wigwag.wire.media_retry import retry_refusal
from wigwag.wire.nodes import Node

HER_PN = Jid("15550000002", "s.whatsapp.net")
HER_LID = Jid("100000000002", "lid")
STRANGER = Jid("15550000009", "s.whatsapp.net")
GROUP = Jid("120363000", "g.us")
OWN = (OWN_PN.bare, OWN_LID.bare)


@pytest.mark.parametrize(
    ("key", "by_pn", "named"),
    [
        ((HER_PN, HER_PN), False, (HER_LID, None)),
        ((HER_PN, HER_PN), True, (HER_PN, None)),
        ((HER_LID, HER_LID), True, (HER_PN, None)),
        ((STRANGER, STRANGER), False, (STRANGER, None)),
        ((GROUP, HER_PN), False, (GROUP, HER_LID)),
        ((GROUP, HER_LID), True, (GROUP, HER_PN)),
        ((GROUP, OWN[0]), False, (GROUP, OWN[1])),
        ((OWN[0], OWN[0]), False, (OWN[1], None)),
    ],
)
async def test_persons_are_named_by_the_wanted_address(
    tmp_path: Path, key: tuple[Jid, Jid], by_pn: bool, named: tuple[Jid, Jid | None]
) -> None:
    async with TrafficStage(tmp_path) as stage:
        await stage.store.commit([PutLid("default", HER_LID.user, HER_PN.user)])
        asked = MessageKey(chat=key[0], sender=key[1], id="A1")
        await stage.traffic.media.request_again(asked, bytes(32), by_pn=by_pn)
        (receipt,) = await stage.until_sent("receipt")
        assert (receipt.attr("type"), receipt.attrs["to"]) == ("server-error", OWN_PN.bare)
        rmr = receipt.child("rmr")
        assert rmr is not None
        assert (rmr.attrs["jid"], rmr.attrs.get("participant")) == named


async def test_without_a_connection_nothing_is_asked(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.connection.go_offline()
        with pytest.raises(NotConnected):
            await stage.traffic.media.request_again(
                MessageKey(chat=HER_LID, sender=HER_LID, id="A1"), bytes(32), by_pn=False
            )


async def test_an_answer_is_told_and_acknowledged(tmp_path: Path) -> None:
    key = MessageKey(chat=HER_LID, sender=HER_LID, id="A1")
    answer = retry_refusal(key, OWN_PN.bare, 2)
    answer.attrs["t"] = str(T0)
    bad = Node("notification", {"type": "mediaretry", "from": OWN_PN.bare, "id": "A2"})
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(answer, bad)
        (told,) = await stage.until_told(MediaRetryAnswered)
        assert told == MediaRetryAnswered(key=key, error_code=2)
        acks = await stage.until_sent("ack", 2)
        assert {ack.attr("id") for ack in acks} == {"A1", "A2"}
        assert stage.traffic.receiver.ledger.drops == {"notification_malformed": 1}
