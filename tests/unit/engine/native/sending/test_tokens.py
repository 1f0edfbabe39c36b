"""Privacy tokens: given once a week, sent along while they are valid."""

from datetime import timedelta
from pathlib import Path

from scripted.traffic_stage import ACCOUNT, TrafficStage
from scripted.waiting import JumpingClock, until
from wigwag.engine.native.sending.tokens import BUCKET_S, Tokens
from wigwag.engine.native.store.writes import PutLid, PutToken
from wigwag.model.jid import Jid
from wigwag.wire.nodes import Node

HER = Jid("100000000002", "lid")
HER_PN = Jid("15550000002", "s.whatsapp.net")


async def test_a_token_goes_along_until_it_is_old(tmp_path: Path) -> None:
    clock = JumpingClock()
    async with TrafficStage(tmp_path, clock) as stage:
        tokens = Tokens(stage.link)
        assert tokens.nodes_for(HER) == []
        now = int(clock.now().timestamp())
        await stage.store.commit([PutToken(ACCOUNT, str(HER), b"token", now, 0)])
        (node,) = tokens.nodes_for(HER)
        assert (node.tag, node.data) == ("tctoken", b"token")
        clock.time += timedelta(seconds=4 * BUCKET_S)
        assert tokens.nodes_for(HER) == []


async def test_ours_is_given_once_a_week(tmp_path: Path) -> None:
    clock = JumpingClock()
    async with TrafficStage(tmp_path, clock) as stage:
        tokens = Tokens(stage.link)
        for _ in range(3):
            tokens.sent_to(HER)
        tokens.sent_to(Jid("120363000", "g.us"))
        (request,) = await stage.until_sent("iq")
        (token,) = request.kids[0].kids
        assert token.attrs["jid"] == HER
        assert token.attrs["type"] == "trusted_contact"
        await until(lambda: stage.store.find_token(ACCOUNT, str(HER)) is not None)
        Tokens(stage.link).sent_to(HER)
        clock.time += timedelta(seconds=BUCKET_S)
        tokens.sent_to(HER)
        await stage.until_sent("iq", 2)


async def test_a_token_that_came_by_number_goes_along_by_lid(tmp_path: Path) -> None:
    clock = JumpingClock()
    async with TrafficStage(tmp_path, clock) as stage:
        tokens, now = Tokens(stage.link), int(clock.now().timestamp())
        await stage.store.commit([PutToken(ACCOUNT, str(HER_PN), b"by number", now, now)])
        assert tokens.nodes_for(HER) == []
        await stage.store.commit([PutLid(ACCOUNT, HER.user, HER_PN.user)])
        for address in (HER, HER_PN):
            assert [node.data for node in tokens.nodes_for(address)] == [b"by number"]
        tokens.sent_to(HER)  # ours was given by number, this week
        assert not stage.all_sent("iq")
        await stage.store.commit([PutToken(ACCOUNT, str(HER), b"newer", now + 1, 0)])
        for address in (HER, HER_PN):
            assert [node.data for node in tokens.nodes_for(address)] == [b"newer"]


async def test_what_cannot_be_given_harms_nothing(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.connection.go_offline()
        Tokens(stage.link).sent_to(HER)
        assert stage.store.find_token(ACCOUNT, str(HER)) is None


async def test_an_absurd_time_of_a_token_holds_nobody_back(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        token = Node("token", {"type": "trusted_contact", "t": str(2**63 - 1)}, b"token")
        attrs = {"type": "privacy_token", "id": "N1", "from": HER}
        stage.deliver(Node("notification", {**attrs}, [Node("tokens", {}, [token])]))
        (ack,) = await stage.until_sent("ack")
        assert not ack.attr("error")
        known = stage.store.find_token(ACCOUNT, str(HER))
        assert known is not None
        assert known.token == b"token"


async def test_a_new_identity_gets_the_token_of_its_time_again(tmp_path: Path) -> None:
    clock = JumpingClock()
    async with TrafficStage(tmp_path, clock) as stage:
        given = int(clock.now().timestamp()) - BUCKET_S
        await stage.store.commit([PutToken(ACCOUNT, str(HER), b"", 0, given)])
        attrs = {"type": "encrypt", "id": "N1", "from": HER, "t": "1"}
        stage.deliver(Node("notification", {**attrs}, [Node("identity")]))
        (request,) = await stage.until_sent("iq")
        (token,) = request.kids[0].kids
        assert token.attrs == {"jid": HER, "t": str(given), "type": "trusted_contact"}


async def test_a_new_identity_of_somebody_without_a_token_gets_none(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        attrs = {"type": "encrypt", "id": "N1", "from": HER, "t": "1"}
        stage.deliver(Node("notification", {**attrs}, [Node("identity")]))
        await stage.until_sent("ack")
        assert stage.all_sent("iq") == []
