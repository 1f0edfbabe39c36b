"""Who is whom: every source of the engine, and what is not believed."""

from pathlib import Path

import pytest

from scripted.traffic_stage import ACCOUNT, OWN_LID, OWN_PN, T0, TrafficStage
from scripted.waiting import until
from scripted.words import GROUP, contents, group_message, text
from wigwag.engine.native.receiving.batch import Batch
from wigwag.engine.native.receiving.ends import DropReason, End
from wigwag.engine.native.receiving.mappings import MAX_NODES, all_pairs, stated_pairs
from wigwag.engine.native.store.writes import PutLid
from wigwag.model.event import IdentityLinked, MessageUndecryptable, PictureChanged
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.content import sender_key_message
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.proto import e2e_pb2

LID, PN = Jid("100000000002", "lid"), Jid("15550000002", "s.whatsapp.net")
OTHER_LID, OTHER_PN = Jid("100000000003", "lid"), Jid("15550000003", "s.whatsapp.net")
LINK = IdentityLinked(lid=LID, pn=PN)


@pytest.mark.parametrize(
    "attrs",
    [
        {"from": LID, "sender_pn": PN},
        {"from": PN, "sender_lid": LID},
        {"from": PN, "lid": LID},
        {"from": GROUP, "participant": LID, "participant_pn": PN},
        {"from": GROUP, "participant": PN, "participant_lid": LID},
        {"from": OWN_LID, "recipient": LID, "peer_recipient_pn": PN},
        {"from": OWN_LID, "recipient": PN, "peer_recipient_lid": LID},
        {"from": OWN_LID, "recipient": LID, "recipient_pn": PN},
        {"from": OWN_LID, "recipient": PN, "recipient_lid": LID},
        {"jid": LID, "phone_number": PN},
        {"jid": PN, "lid": LID},
        {"jid": LID, "pn_jid": PN},
        {"jid": LID, "peer_recipient_pn": PN},
        {"creator": LID, "creator_pn": PN},
        {"s_o": LID, "s_o_pn": PN},
        {"call-creator": LID.with_device(3), "caller_pn": PN},
        {"old": PN, "old_lid": LID},
        {"new": PN, "new_lid": LID},
        {"from": str(LID), "sender_pn": str(PN)},
    ],
)
async def test_every_attribute_that_names_the_other_address(
    tmp_path: Path, attrs: dict[str, AttrValue]
) -> None:
    node = Node("notification", {"id": "1"}, [Node("change", {}, [Node("part", attrs)])])
    async with TrafficStage(tmp_path) as stage:
        batch = Batch(ACCOUNT, stage.store)
        batch.link_all(all_pairs(node))
        batch.writes()
        assert [event for _, event in batch.events] == [LINK]


@pytest.mark.parametrize(
    "attrs",
    [
        {"from": LID, "participant_pn": PN},
        {"from": LID, "sender_pn": LID},
        {"from": "nobody@nowhere", "sender_pn": PN},
        {"from": GROUP, "sender_pn": PN},
        {"from": SERVER_JID, "lid": LID},
        {"from": Jid("0", "s.whatsapp.net"), "lid": LID},
    ],
)
async def test_what_is_no_pair(tmp_path: Path, attrs: dict[str, AttrValue]) -> None:
    async with TrafficStage(tmp_path) as stage:
        batch = Batch(ACCOUNT, stage.store)
        batch.link_all(stated_pairs(Node("x", attrs)))
        assert batch.writes() == []


def test_a_stanza_without_end_is_looked_at_in_part() -> None:
    users = [Node("user", {"jid": LID, "phone_number": PN})] * MAX_NODES
    assert list(all_pairs(Node("x", {}, [Node("y", {}, users)]))) == []
    assert len(list(all_pairs(Node("x", {}, users[:100])))) == 100


def notification(kind: str, *content: Node, **attrs: AttrValue) -> Node:
    base: dict[str, AttrValue] = {"from": SERVER_JID, "type": kind, "id": "N1", "t": str(T0)}
    return Node("notification", base | attrs, list(content))


_GROUP_NODE = Node(
    "group",
    {"id": GROUP.user, "creator": LID, "creator_pn": PN, "addressing_mode": "lid"},
)
_SOURCES = {
    "a receipt": Node("receipt", {"from": LID, "sender_pn": PN, "id": "R1", "t": str(T0)}),
    "a receipt of a group": Node(
        "receipt",
        {"from": GROUP, "participant": LID, "participant_pn": PN, "id": "R1", "t": str(T0)},
    ),
    "presence": Node("presence", {"from": PN, "sender_lid": LID}),
    "typing": Node(
        "chatstate",
        {"from": GROUP, "participant": LID, "participant_pn": PN},
        [Node("composing")],
    ),
    "a call": Node(
        "call", {"from": LID, "id": "C1"}, [Node("offer", {"call-creator": LID, "caller_pn": PN})]
    ),
    "devices": notification("devices", Node("update"), **{"from": PN, "lid": LID}),
    "a token": notification("privacy_token", **{"from": PN, "sender_lid": LID}),
    "media": notification("mediaretry", Node("rmr"), **{"from": LID, "sender_pn": PN}),
    "a new group": notification("w:gp2", Node("create", {}, [_GROUP_NODE]), **{"from": GROUP}),
    "a group by number": notification(
        "w:gp2",
        Node("subject", {"subject": "Us"}),
        **{"from": GROUP, "participant": PN, "participant_lid": LID},
    ),
    "a member": notification(
        "w:gp2",
        Node("add", {}, [Node("participant", {"jid": LID, "phone_number": PN})]),
        **{"from": GROUP},
    ),
    "a picture": notification("picture", Node("set", {"jid": LID, "participant_pn": PN})),
}


@pytest.mark.parametrize("source", _SOURCES)
async def test_every_stanza_is_a_source(tmp_path: Path, source: str) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.deliver(_SOURCES[source])
        await until(lambda: LINK in stage.events)
        assert stage.store.find_pn_user(ACCOUNT, LID.user) == PN.user


async def test_a_changed_number(tmp_path: Path) -> None:
    """Of one person whose LID stays, and of one who is told with two."""
    async with TrafficStage(tmp_path) as stage:
        await stage.store.commit([PutLid(ACCOUNT, LID.user, PN.user)])
        modify = Node("modify", {"old": PN, "new": OTHER_PN, "old_lid": LID, "new_lid": LID})
        stage.deliver(notification("contacts", modify, **{"from": PN}))
        moved = IdentityLinked(lid=LID, pn=OTHER_PN)
        await until(lambda: moved in stage.events)
        assert stage.store.find_lid_user(ACCOUNT, OTHER_PN.user) == LID.user
        assert stage.store.find_lid_user(ACCOUNT, PN.user) is None
        both: dict[str, AttrValue] = {
            "old": PN,
            "new": OTHER_PN,
            "old_lid": LID,
            "new_lid": OTHER_LID,
        }
        stage.deliver(notification("contacts", Node("modify", both), **{"from": PN, "id": "N2"}))
        await until(lambda: IdentityLinked(lid=OTHER_LID, pn=OTHER_PN) in stage.events)
        assert stage.store.find_pn_user(ACCOUNT, LID.user) == PN.user
        stage.deliver(notification("contacts", Node("update", {"jid": PN}), id="N3"))
        await until(lambda: stage.traffic.receiver.ledger.drops["notification_contacts"] == 1)


async def test_the_last_word_holds_within_one_stanza_too(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        batch = Batch(ACCOUNT, stage.store)
        batch.link(LID, PN)
        batch.link(OTHER_LID, PN)
        assert batch.lid_of(PN) == OTHER_LID
        batch.link(LID, PN)
        await stage.store.commit(batch.writes())
        assert stage.store.find_lid_user(ACCOUNT, PN.user) == LID.user
        assert stage.store.find_pn_user(ACCOUNT, OTHER_LID.user) is None


@pytest.mark.parametrize(("one", "other"), [(LID, OWN_PN), (OWN_LID, PN)])
async def test_nobody_else_becomes_the_account(tmp_path: Path, one: Jid, other: Jid) -> None:
    async with TrafficStage(tmp_path) as stage:
        attrs: dict[str, AttrValue] = {"jid": one, "phone_number": other}
        stage.deliver(notification("picture", Node("set", attrs)))
        await until(lambda: stage.traffic.receiver.ledger.drops["identity_refused"] == 1)
        await stage.until_told(PictureChanged)
        assert stage.told(IdentityLinked) == []
        assert stage.store.find_pn_user(ACCOUNT, LID.user) is None


async def test_a_sender_key_that_came_by_number_goes_on_by_lid(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(2)
        stage.meet(peer)
        key = peer.seal(OWN_LID, sender_key_message(str(GROUP), peer.distribution(GROUP)))
        by_number = group_message(peer, "G1", key, peer.group_seal(GROUP, text("one")))
        by_number.attrs = {**by_number.attrs, "participant": peer.pn, "addressing_mode": "pn"}
        del by_number.attrs["participant_pn"]
        stage.deliver(by_number)
        await until(lambda: "G1" in contents(stage))
        stage.deliver(group_message(peer, "G2", peer.group_seal(GROUP, text("two"))))
        await until(lambda: "G2" in contents(stage))
        assert not stage.told(MessageUndecryptable)


def mapping_message() -> bytes:
    payload = e2e_pb2.LIDMigrationMappingSyncPayload()
    payload.pnToLidMappings.add(
        pn=int(PN.user), assignedLid=int(OTHER_LID.user), latestLid=int(LID.user)
    )
    message = e2e_pb2.Message()
    part = message.protocolMessage
    part.type = e2e_pb2.ProtocolMessage.LID_MIGRATION_MAPPING_SYNC
    part.lidMigrationMappingSyncMessage.encodedMappingPayload = payload.SerializeToString()
    return message.SerializeToString()


async def test_the_own_phone_tells_the_lid_of_today(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.meet(stage.phone)
        enc = stage.phone.seal(OWN_LID, mapping_message())
        attrs: dict[str, AttrValue] = {
            "from": OWN_LID.bare, "id": "M1", "t": str(T0), "type": "text", "category": "peer",
        }  # fmt: skip
        stage.deliver(Node("message", attrs, [enc]))
        await until(lambda: LINK in stage.events)
        assert stage.store.find_lid_user(ACCOUNT, PN.user) == LID.user


async def test_others_have_their_turn_while_very_many_are_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wigwag.engine.native.receiving.batch.LINKS_AT_ONCE", 2)
    async with TrafficStage(tmp_path) as stage:
        batch = Batch(ACCOUNT, stage.store)
        batch.link_later([(LID, PN), (OTHER_LID, OWN_PN), (OTHER_LID, OTHER_PN)])
        batch.mark(End.APPLIED)
        batch.close_stanza()
        assert len(list(batch.link_waiting())) == 2
        assert [batch.lid_of(pn) for pn in (PN, OTHER_PN)] == [LID, OTHER_LID]
        assert batch.tally.parts == {DropReason.IDENTITY_REFUSED: 1}


async def test_what_another_person_says_of_who_is_whom_is_not_believed(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        peer = stage.person(4)
        stage.meet(peer)
        stage.deliver(stage.message(peer, mapping_message(), "M1"))
        stage.deliver(stage.message(peer, text("after"), "M2"))
        await until(lambda: "M2" in contents(stage))
        assert stage.store.find_lid_user(ACCOUNT, PN.user) is None
        assert LINK not in stage.events
