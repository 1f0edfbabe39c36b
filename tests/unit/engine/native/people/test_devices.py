"""Device lists: asked once, changed by notifications."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scripted.signal_peer import SignalPeer
from scripted.traffic_stage import ACCOUNT, OWN_LID, OWN_PN, T0, TrafficStage
from scripted.waiting import JumpingClock, until
from scripted.words import contents, text
from wigwag.engine.native.people.devices import MAX_AGE_S, UNREACHABLE_S
from wigwag.engine.native.people.usync import parse_devices
from wigwag.engine.native.store.writes import PutDeviceList
from wigwag.model.content import Text
from wigwag.model.event import IdentityLinked, IdentityRenewed, MessageUndecryptable
from wigwag.model.jid import Jid
from wigwag.model.message import Outgoing
from wigwag.wire.ids import participant_hash
from wigwag.wire.nodes import AttrValue, Node

HER = Jid("100000000002", "lid")


def notification(*content: Node, **attrs: AttrValue) -> Node:
    base: dict[str, AttrValue] = {"from": HER, "type": "devices", "id": "D1", "t": str(T0)}
    return Node("notification", base | attrs, list(content))


async def known(stage: TrafficStage, *devices: int) -> None:
    jids = tuple(HER.with_device(device) for device in devices)
    now = stage.clock.now().timestamp()
    await stage.store.commit([PutDeviceList(ACCOUNT, HER, jids, "", now)])


def listed(stage: TrafficStage) -> list[int] | None:
    found = stage.store.find_device_list(ACCOUNT, HER)
    return None if found is None else [jid.device for jid in found.devices]


@pytest.mark.parametrize(("change", "after"), [("add", [0, 1, 2]), ("remove", [0])])
async def test_a_change_whose_hash_fits_is_followed(
    tmp_path: Path, change: str, after: list[int]
) -> None:
    async with TrafficStage(tmp_path) as stage:
        await known(stage, 0, 1)
        device = Node("device", {"jid": HER.with_device(2 if change == "add" else 1)})
        digest = participant_hash([HER.with_device(number) for number in after])
        stage.deliver(notification(Node(change, {"device_hash": digest}, [device])))
        await stage.until_sent("ack")
        assert listed(stage) == after


@pytest.mark.parametrize("change", ["add", "remove", "update"])
async def test_any_other_change_asks_again(tmp_path: Path, change: str) -> None:
    async with TrafficStage(tmp_path) as stage:
        await known(stage, 0, 1)
        device = Node("device", {"jid": HER.with_device(1)})
        stage.deliver(notification(Node(change, {"device_hash": "2:xxxx"}, [device])))
        await stage.until_sent("ack")
        assert listed(stage) is None


async def test_a_change_by_number_changes_the_lid_too(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        await known(stage, 0)
        pn = Jid("15550000002", "s.whatsapp.net")
        device = Node("device", {"jid": pn.with_device(1), "lid": HER.with_device(1)})
        digest = participant_hash([HER, HER.with_device(1)])
        add = Node("add", {"device_hash": "2:x", "device_lid_hash": digest}, [device])
        stage.deliver(notification(add, **{"from": pn, "lid": HER}))
        await stage.until_sent("ack")
        assert listed(stage) == [0, 1]
        await until(lambda: IdentityLinked(lid=HER, pn=pn) in stage.events)


async def test_own_devices_are_asked_again(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        now = stage.clock.now().timestamp()
        await stage.store.commit(
            [PutDeviceList(ACCOUNT, jid, (jid,), "", now) for jid in (OWN_LID.bare, OWN_PN.bare)]
        )
        attrs: dict[str, AttrValue] = {"from": OWN_PN.bare, "type": "account_sync", "id": "A"}
        stage.deliver(Node("notification", attrs | {"t": "1"}, [Node("devices")]))
        await stage.until_sent("ack")
        assert stage.store.find_device_list(ACCOUNT, OWN_LID.bare) is None


async def test_own_devices_are_taken_from_the_account(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        devices = [OWN_LID.with_device(number) for number in (0, 1, 4)]
        listed = Node(
            "devices",
            {"dhash": participant_hash(devices)},
            [Node("device", {"jid": device}) for device in devices],
        )
        attrs: dict[str, AttrValue] = {"from": OWN_LID.bare, "type": "account_sync", "id": "A"}
        stage.deliver(Node("notification", attrs | {"t": "1"}, [listed]))
        await stage.until_sent("ack")
        for own in (OWN_LID, OWN_PN):
            known = stage.store.find_device_list(ACCOUNT, own.bare)
            assert known is not None
            assert known.devices == tuple(own.with_device(number) for number in (0, 1, 4))


async def test_an_old_list_is_asked_again(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        stage.person(2)
        old = stage.clock.now().timestamp() - MAX_AGE_S - 1
        await stage.store.commit([PutDeviceList(ACCOUNT, HER, (HER.with_device(9),), "", old)])
        devices = stage.traffic.devices
        assert devices.find_devices([HER]) is None
        assert await devices.list_devices([HER, HER]) == [HER]
        assert devices.find_devices([HER]) == [HER]


async def test_strangers_have_no_devices(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        devices = stage.traffic.devices
        assert await devices.list_devices([HER]) == []
        assert await devices.ask_lid(Jid("15559999999", "s.whatsapp.net")) is None


def test_a_device_list_with_a_hosted_device() -> None:
    nodes = [
        Node("device", {"id": "0"}),
        Node("device", {"id": "99", "is_hosted": "true"}),
        Node("device", {"id": "70000"}),
        Node("device"),
    ]
    found = parse_devices(HER, Node("devices", {}, [Node("device-list", {"hash": "2:a"}, nodes)]))
    assert found.devices == (HER, Jid("100000000002", "hosted.lid", 99))
    assert found.hash == "2:a"
    assert parse_devices(HER, Node("devices")).devices == ()


def hosting(stage: TrafficStage, host: SignalPeer) -> Jid:
    """The network knows this device as a hosted one; its address there."""
    address = Jid(host.jid.user, "hosted.lid", host.jid.device)
    plain = stage.answers["usync"]

    def usync(node: Node) -> list[Node] | None:
        found = plain(node) or []
        waiting = list(found)
        for one in waiting:
            waiting += one.kids
            if one.tag == "device" and one.attr("id") == str(host.jid.device):
                one.attrs["is_hosted"] = "true"
        return found

    stage.answers["usync"] = usync
    return address


async def test_a_hosted_device_is_understood_and_stays_hosted_on_the_wire(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        phone, host = stage.person(2), stage.person(2, device=99)
        host.pn = phone.pn
        address = hosting(stage, host)
        for turn in range(2):
            now = datetime.now(UTC)
            message = Outgoing(to=HER, id=f"3EB0{turn}", content=Text(text="?"), timestamp=now)
            await stage.traffic.send(message)
            copies = stage.all_sent("message")[turn].kids[0].kids
            (copy,) = [to.kids[0] for to in copies if to.attrs["jid"] == address]
            host.open(OWN_LID, copy)
            answer = stage.message(host, text("!"), f"R{turn}")
            answer.attrs["from"] = address
            stage.deliver(answer)
            await until(lambda turn=turn: f"R{turn}" in contents(stage))
        assert not stage.told(MessageUndecryptable)
        attrs: dict[str, AttrValue] = {"from": HER, "type": "encrypt", "id": "I1", "t": str(T0)}
        stage.deliver(Node("notification", attrs, [Node("identity")]))
        await stage.until_told(IdentityRenewed)
        bundles, _ = await stage.traffic.devices.ask_missing([address])
        assert list(bundles) == [address]


async def test_a_companion_without_prekeys_is_not_asked_for_each_time(tmp_path: Path) -> None:
    clock = JumpingClock()
    async with TrafficStage(tmp_path, clock) as stage:
        devices = stage.traffic.devices
        for _ in range(2):
            assert (await devices.ask_missing([HER, HER.with_device(1)])).bundles == {}
        clock.time += timedelta(seconds=UNREACHABLE_S + 1)
        await devices.ask_missing([HER, HER.with_device(1)])
        asked = [node.kids[0].kids for node in stage.all_sent("iq")]
        assert [len(users) for users in asked] == [2, 1, 2]


async def test_a_refusal_says_nothing_of_the_devices_and_keeps_no_others_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wigwag.engine.native.people.devices.MAX_DEVICES", 1)
    async with TrafficStage(tmp_path) as stage:
        companion, phone = stage.person(2, device=1), stage.person(3)
        plain, refused = stage.connection.answer, [503]

        def answer(node: Node) -> Node | None:
            stage.refusals = {"encrypt": refused.pop()} if refused else {}
            return plain(node)

        stage.connection.answer = answer
        bundles, refusal = await stage.traffic.devices.ask_missing([companion.jid, phone.jid])
        assert (list(bundles), refusal and refusal.server_code) == ([phone.jid], 503)
        bundles, refusal = await stage.traffic.devices.ask_missing([companion.jid])
        assert (list(bundles), refusal) == ([companion.jid], None)
