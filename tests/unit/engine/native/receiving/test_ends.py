"""Every stanza has one end, whatever it is; the ledger says which."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripted.traffic_stage import OWN_LID, OWN_PN, T0, TrafficStage
from scripted.waiting import until
from wigwag.engine.native.receiving.ends import DropReason, Ledger
from wigwag.model.content import Text
from wigwag.model.event import PresenceChanged
from wigwag.model.jid import SERVER_JID, STATUS_JID, Jid
from wigwag.ports import Counters
from wigwag.wire.content import encode_content
from wigwag.wire.nodes import AttrValue, Node

HER = Jid("100000000002", "lid")
ADDRESSES = [
    HER,
    Jid("15550000002", "s.whatsapp.net", 3),
    Jid("120363000000000001", "g.us"),
    Jid("120363000000000002", "newsletter"),
    Jid("13135550002", "bot"),
    STATUS_JID,
    SERVER_JID,
    OWN_PN.bare,
    OWN_LID.bare,
]


def words(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from(text.split(" "))


TAGS = words("message appdata status receipt notification call presence chatstate ib ack iq never")
TYPES = words(
    " text media retry read sender inactive result error set w:gp2 encrypt:identity devices"
    " server_sync account_sync privacy_token picture mediaretry unavailable mex newsletter x"
)
KIDS = words(
    "enc plaintext unavailable retry registration list participants add remove create subject"
    " devices identity collection tokens composing paused offline meta bot verified_name error"
    " live_updates update reactions views_count"
)

attributes = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["A", "B", "C", ""]),
        "from": st.sampled_from(ADDRESSES),
        "participant": st.sampled_from(ADDRESSES),
        "recipient": st.sampled_from(ADDRESSES),
        "t": st.sampled_from([str(T0), "0", "-1", "soon", "9" * 30]),
        "type": TYPES,
        "edit": st.sampled_from(["3", "8"]),
        "server_id": st.sampled_from(["7", "x", "-1"]),
        "category": st.sampled_from(["peer", ""]),
        "offline": st.sampled_from(["0", "1"]),
        "last": st.sampled_from(["deny", "1700000000", "x"]),
        "class": st.sampled_from(["message", "receipt"]),
    },
)
kid_attributes = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["msg", "pkmsg", "skmsg", "msmsg", "frskmsg", "add", "view_once"]),
        "v": st.sampled_from(["2", "3"]),
        "count": st.sampled_from(["1", "99", "x"]),
        "id": st.sampled_from(["A", "B", ""]),
        "name": st.sampled_from(["critical_block", "unknown"]),
        "decrypt-fail": st.just("hide"),
        "edit": st.sampled_from(["inner", "first"]),
        "server_id": st.sampled_from(["7", "x"]),
        "jid": st.sampled_from(ADDRESSES),
    },
)
kids = st.lists(
    st.builds(
        Node,
        KIDS,
        kid_attributes,
        st.one_of(st.none(), st.binary(max_size=40), st.just(encode_content(Text(text="hi")))),
    ),
    max_size=3,
)
stanzas = st.builds(Node, TAGS, attributes, kids)


def assert_balanced(counters: Counters) -> None:
    """Every stanza that arrived has one end, is under way, or was let go to come again."""
    ended = sum(counters.ended.values())
    assert sum(counters.arrived.values()) == ended + counters.forgotten + counters.under_way
    assert counters.ended.get("dropped", 0) == sum(counters.dropped.values())


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(stanzas, min_size=1, max_size=40))
async def test_any_stanza_has_exactly_one_end(
    tmp_path_factory: pytest.TempPathFactory, nodes: list[Node]
) -> None:
    async with TrafficStage(tmp_path_factory.mktemp("ends")) as stage:
        stage.deliver(*nodes)
        await until(lambda: stage.traffic.counters.under_way == 0)
        counters = stage.traffic.counters
        assert sum(counters.arrived.values()) == len(nodes)
        assert sum(counters.ended.values()) == len(nodes)
        assert_balanced(counters)
        await until(lambda: len(stage.events) >= counters.events)
        reasons = {*counters.dropped, *counters.parts}
        assert not reasons & {"unexplained", "failed", "refused"}, counters


async def test_the_ledger_tells_the_ends_apart(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        base: dict[str, AttrValue] = {"from": HER, "id": "1", "t": str(T0)}
        stage.deliver(
            stage.message(peer, encode_content(Text(text="hi")), "M"),
            Node("receipt", base),
            Node("receipt", base | {"type": "inactive"}),
            Node("presence", {"from": HER}),
            Node(
                "notification",
                base | {"from": OWN_PN.bare, "type": "account_sync"},
                [Node("devices")],
            ),
            Node("call", base),
            Node("ib", {}, [Node("offline", {"count": "0"})]),
            Node("ack", {"id": "nobody waits"}),
            Node("never"),
        )
        await until(lambda: stage.traffic.counters.under_way == 0)
        counters = stage.traffic.counters
        assert counters.ended == {"stored": 2, "told": 1, "applied": 1, "dropped": 5}
        assert counters.dropped == {
            "receipt_without_state": 1,
            "call_signalling": 1,
            "server_information": 1,
            "late_ack": 1,
            "unknown_stanza": 1,
        }
        assert counters.arrived["unknown"] == 1
        # the message, the link of its sender's addresses, and the receipt; presence besides
        assert counters.events == 3
        await until(lambda: len(stage.events) == 3 + len(stage.told(PresenceChanged)))


async def test_what_comes_again_in_another_stream_is_not_lost_to_the_ledger(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        nodes = [
            stage.message(peer, encode_content(Text(text="hi")), f"M{number}")
            for number in range(600)
        ]
        stage.deliver(*nodes)
        stage.connection.go_offline()
        stage.traffic.on_disconnected()
        await until(lambda: stage.traffic.counters.under_way == 0)
        assert stage.traffic.counters.forgotten == 600
        stage.connection.go_online()
        stage.deliver(*nodes)
        await until(lambda: stage.traffic.counters.ended.get("stored") == 600)
        assert_balanced(stage.traffic.counters)


def test_every_reason_has_a_name_and_a_word() -> None:
    assert len({*DropReason}) == len(list(DropReason))
    ledger = Ledger()
    ledger.arrived["ack"] += 1
    assert ledger.under_way == 1
    ledger.drop(DropReason.LATE_ACK)
    assert ledger.counters(backlog=0, open_messages=0).dropped == {"late_ack": 1}
    assert_balanced(ledger.counters(backlog=0, open_messages=0))
