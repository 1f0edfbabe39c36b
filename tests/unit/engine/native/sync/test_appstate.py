"""App state: keys, collections, and what can be wrong with them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from scripted.appstate_server import FINN, KEY, KEY_ID, AppStateServer, spoil, told
from scripted.traffic_stage import ACCOUNT, OWN_LID, RealClock, TrafficStage
from scripted.waiting import until
from wigwag.engine.native.sync.appstate_learnt import MAX_CHANGES
from wigwag.engine.native.sync.appstate_phone import ASK_AGAIN_S
from wigwag.model.appstate import (
    ChatArchived,
    ChatCleared,
    ChatMuted,
    ChatPinned,
    ContactNamed,
    PushNameSet,
    SyncPhase,
)
from wigwag.model.errors import (
    AppStateConflict,
    AppStateUnavailable,
    InvalidInput,
    NotConnected,
    WigwagError,
)
from wigwag.model.event import AppStateChanged, IdentityLinked, MessageReceived
from wigwag.model.jid import Jid
from wigwag.wire.appstate_actions import COLLECTIONS, LidLearnt
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protocol_messages import (
    AppStateKeyRequest,
    AppStateKeyShare,
    RecoveryResponse,
    SharedAppStateKey,
    encode_protocol,
)

Server = AppStateServer
CHAT = FINN.jid
PIN, UNPIN = ChatPinned(chat=CHAT, pinned=True), ChatPinned(chat=CHAT, pinned=False)


class ShiftedClock(RealClock):
    """The time of day may be moved on."""

    shift_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.shift_s)


def unwanted(stage: TrafficStage) -> int:
    counters = stage.traffic.counters
    both = (counters.dropped, counters.parts)
    return sum(counted.get("app_state_copy_unwanted", 0) for counted in both)


def phase(stage: TrafficStage, name: str) -> SyncPhase:
    (status,) = (one for one in stage.traffic.appstate.statuses() if one.name == name)
    return status.phase


async def synced(stage: TrafficStage, server: Server, count: int = 5) -> None:
    await until(lambda: len(server.asked) >= count)
    await until(lambda: stage.store.find_appstate_version(ACCOUNT, "regular_low") is not None)


async def test_a_key_share_fetches_every_collection_in_order(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = Server(stage)
        server.change(PushNameSet(name="Alex"))
        server.change(FINN)
        server.share()
        await synced(stage, server)
        assert server.asked == [(name, "", "true") for name in COLLECTIONS]
        await until(lambda: stage.link.device.push_name == "Alex")
        await until(lambda: FINN in told(stage))
        assert all(event.first for event in stage.told(AppStateChanged))
        assert FINN.alt is not None
        assert IdentityLinked(lid=FINN.alt, pn=FINN.jid) in stage.events
        receipts = await stage.until_sent("receipt", 2)
        assert [receipt.attr("type") for receipt in receipts] == ["sender", "peer_msg"]


async def test_a_change_is_fetched_from_where_we_are(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = Server(stage)
        server.change(PushNameSet(name="Alex"))
        server.share()
        await synced(stage, server)
        server.change(PushNameSet(name="Alexandra"))
        server.notify("critical_block", "made_up")
        await until(lambda: stage.link.device.push_name == "Alexandra")
        assert server.asked[5:] == [("critical_block", "1", "false")]
        server.change(PushNameSet(name="Sascha"))
        server.change(PushNameSet(name="Xandra"))
        server.page = 1
        server.notify("critical_block")
        await until(lambda: stage.link.device.push_name == "Xandra")


async def test_what_was_announced_is_fetched_after_a_restart(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = Server(stage)
        server.share()
        await synced(stage, server)
        server.change(PushNameSet(name="Alex"))
        stage.connection.go_offline()
        ledger = stage.traffic.receiver.ledger
        ended = ledger.total.ends.total()
        server.notify("critical_block")
        # the note alone proves nothing: a fetch that was just under way may have left one
        await until(lambda: ledger.total.ends.total() > ended)
        await stage.restart()
        await stage.traffic.on_connected()
        await until(lambda: stage.link.device.push_name == "Alex")


async def test_an_unknown_key_is_asked_for_once(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = Server(stage)
        server.share()
        await synced(stage, server)
        server.keys[b"\0\0key2"] = b"j" * 32
        server.key_id = b"\0\0key2"
        server.change(PushNameSet(name="Alex"))
        server.notify("critical_block")
        await until(lambda: stage.all_sent("message"))
        server.notify("critical_block")
        await until(lambda: len(server.asked) == 7)
        (request,) = stage.all_sent("message")
        assert request.attr("push_priority") == "high"
        wanted = AppStateKeyRequest(key_ids=(b"\0\0key2",))
        (enc,) = request.children_with("enc")
        assert stage.phone.open(OWN_LID, enc) == encode_protocol(wanted)
        server.share(b"\0\0key2")
        await until(lambda: stage.link.device.push_name == "Alex")


async def test_a_wrong_mac_fetches_the_collection_anew(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = Server(stage)
        server.change(PushNameSet(name="Alex"))
        server.share()
        await synced(stage, server)
        server.change(PushNameSet(name="Alexandra"))
        good = server.patches["critical_block"]
        server.patches["critical_block"] = [good[0], spoil(good[1])]
        server.on_asked = lambda: server.patches.update(critical_block=good)
        server.notify("critical_block")
        await until(lambda: stage.link.device.push_name == "Alexandra")
        assert server.asked[5:] == [
            ("critical_block", "1", "false"),
            ("critical_block", "", "true"),
        ]
        await until(lambda: told(stage)[-1] == PushNameSet(name="Alexandra"))
        assert [event.first for event in stage.told(AppStateChanged)] == [True, False]
        assert phase(stage, "critical_block") is SyncPhase.SYNCED
        assert not stage.all_sent("message")


async def test_a_refused_collection_is_given_up_until_the_next_login(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = Server(stage)
        server.refuse = True
        server.change(PushNameSet(name="Alex"))
        server.share()
        await until(lambda: len(server.asked) == 15)
        server.refuse = False
        await stage.traffic.on_connected()
        await until(lambda: stage.link.device.push_name == "Alex")


async def test_a_contact_that_is_removed_leaves_the_audience(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = Server(stage)
        server.change(FINN)
        server.share()
        await synced(stage, server)
        note = stage.store.find_note(ACCOUNT, "status_audience")
        assert note is not None
        assert b"15550000002" in note
        server.change(FINN, remove=True)
        server.notify("critical_unblock_low")
        await until(
            lambda: b"15550000002" not in (stage.store.find_note(ACCOUNT, "status_audience") or b"")
        )
        await until(lambda: told(stage) == [FINN, ContactNamed(jid=FINN.jid)])


async def test_keys_from_others_are_not_taken(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = Server(stage)
        peer = stage.person(2)
        stage.meet(peer)
        share = AppStateKeyShare(keys=(SharedAppStateKey(key_id=KEY_ID, data=KEY),))
        stage.deliver(stage.message(peer, encode_protocol(share), "K1"))
        await stage.until_sent("receipt")
        assert stage.store.find_appstate_key(ACCOUNT, KEY_ID) is None
        assert not server.asked


async def linked(stage: TrafficStage) -> Server:
    """A server with a pinned chat, and an engine that has fetched everything."""
    server = Server(stage)
    server.change(PIN)
    server.share()
    await synced(stage, server)
    await until(lambda: told(stage) == [PIN])
    return server


async def broken(stage: TrafficStage) -> Server:
    """Nothing fits in a collection, from the beginning or from where we are."""
    server = await linked(stage)
    server.change(UNPIN)
    server.spoilt.add("regular_low")
    server.notify("regular_low")
    await until(lambda: phase(stage, "regular_low") is SyncPhase.RECOVERING)
    await stage.until_sent("message")
    return server


async def test_what_does_not_fit_at_all_is_asked_of_the_phone_once(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await broken(stage)
        (request,) = stage.all_sent("message")
        assert (request.attr("category"), request.attr("push_priority")) == ("peer", "high")
        (heard,) = server.heard()
        part = e2e_pb2.Message.FromString(heard).protocolMessage.peerDataOperationRequestMessage
        assert part.peerDataOperationRequestType == e2e_pb2.COMPANION_SYNCD_SNAPSHOT_FATAL_RECOVERY
        assert part.syncdCollectionFatalRecoveryRequest.collectionName == "regular_low"
        asked = len(server.asked)
        for _ in range(3):
            await stage.traffic.on_connected()
        await stage.restart()
        await stage.traffic.on_connected()
        server.notify("regular_low")
        server.notify("regular_high")
        await until(lambda: server.asked[-1][0] == "regular_high")
        assert [name for name, *_ in server.asked[asked:]] == ["regular_high"]
        assert len(stage.all_sent("message")) == 0  # of the new process
        assert phase(stage, "regular_low") is SyncPhase.RECOVERING
        assert told(stage) == [PIN]


@pytest.mark.parametrize("restarts", [False, True])
async def test_the_copy_of_the_phone_mends_it(tmp_path: Path, *, restarts: bool) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await broken(stage)
        server.spoilt.clear()
        if restarts:
            await stage.restart()
        server.send_copy("regular_low")
        await until(lambda: phase(stage, "regular_low") is SyncPhase.SYNCED)
        await until(lambda: told(stage)[-1] == UNPIN)
        server.change(PIN)
        server.notify("regular_low")
        await until(lambda: server.is_followed("regular_low"))
        await until(lambda: told(stage)[-1] == PIN)


async def test_messages_come_while_app_state_is_broken(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        await broken(stage)
        peer = stage.person(2)
        stage.meet(peer)
        text = e2e_pb2.Message(conversation="hello").SerializeToString()
        stage.deliver(stage.message(peer, text, "A1"))
        await stage.until_told(MessageReceived)
        with pytest.raises(AppStateUnavailable):
            await stage.traffic.appstate.change([PIN])


async def test_a_copy_that_needs_a_key_waits_for_it(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await broken(stage)
        server.keys[b"\0\0key2"] = b"j" * 32
        server.key_id = b"\0\0key2"
        server.change(ChatArchived(chat=CHAT, archived=True))
        server.spoilt.clear()
        server.send_copy("regular_low")
        await stage.until_sent("message", 2)
        server.share(b"\0\0key2")
        await until(lambda: server.is_followed("regular_low"))


async def test_copies_that_nobody_asked_for_are_not_taken(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await linked(stage)
        server.change(UNPIN)
        server.send_copy("regular_low")
        server.tell(RecoveryResponse(request_id="3EB0AA", snapshot=b"nonsense", compressed=True))
        await until(lambda: unwanted(stage) == 2)
        assert told(stage) == [PIN]


async def test_the_phone_is_asked_again_after_a_day(tmp_path: Path) -> None:
    clock = ShiftedClock()
    async with TrafficStage(tmp_path, clock) as stage:
        server = await broken(stage)
        clock.shift_s = ASK_AGAIN_S + 1
        await stage.traffic.on_connected()
        await stage.until_sent("message", 2)
        assert [one for one in server.asked if one == ("regular_low", "", "true")][1:]


async def test_every_missing_key_is_asked_for_at_once_and_what_came_before_is_kept(
    tmp_path: Path,
) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await linked(stage)
        server.change(UNPIN)
        for number in (2, 3):
            server.key_id = b"\0\0key%d" % number
            server.keys[server.key_id] = bytes([number]) * 32
            server.change(ChatArchived(chat=CHAT, archived=number == 2))
        server.notify("regular_low")
        await stage.until_sent("message")
        wanted = AppStateKeyRequest(key_ids=(b"\0\0key2", b"\0\0key3"))
        assert server.heard() == [encode_protocol(wanted)]
        await until(lambda: told(stage) == [PIN, UNPIN])
        assert phase(stage, "regular_low") is SyncPhase.WAITING_FOR_KEY
        await stage.restart()
        await stage.traffic.on_connected()
        server.notify("regular_low")
        await until(lambda: server.asked[-1] == ("regular_low", "2", "false"))
        assert not stage.all_sent("message")
        server.share(b"\0\0key2")
        await until(lambda: len(told(stage)) == 3)
        assert phase(stage, "regular_low") is SyncPhase.WAITING_FOR_KEY
        server.share(b"\0\0key3")
        await until(lambda: server.is_followed("regular_low"))
        await until(lambda: phase(stage, "regular_low") is SyncPhase.SYNCED)


async def test_the_newest_of_two_keys_with_one_id_counts(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await linked(stage)
        stored = stage.store.find_appstate_key(ACCOUNT, KEY_ID)
        assert stored is not None
        old = SharedAppStateKey(key_id=KEY_ID, data=b"o" * 32, timestamp_ms=stored.timestamp - 1)
        new = SharedAppStateKey(key_id=b"\0\0new", data=b"n" * 32, timestamp_ms=1)
        server.tell(AppStateKeyShare(keys=(old, new)))
        await until(lambda: stage.store.find_appstate_key(ACCOUNT, b"\0\0new"))
        assert stage.store.find_appstate_key(ACCOUNT, KEY_ID) == stored
        latest = stage.store.latest_appstate_key(ACCOUNT)
        assert latest is not None
        assert latest.data == KEY


async def test_a_long_first_fetch_is_first_to_its_end_also_over_a_restart(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = Server(stage)
        pins = [
            ChatPinned(chat=Jid(f"1555000{n:04d}", "s.whatsapp.net"), pinned=True) for n in range(6)
        ]
        server.change(*pins)
        server.page = 2
        server.on_asked = lambda: len(server.asked) == 6 and stage.connection.go_offline()
        server.share()
        await until(lambda: len(server.asked) == 6)
        await stage.restart()
        server.on_asked = lambda: None
        await stage.traffic.on_connected()
        await until(lambda: server.is_followed("regular_low"))
        await until(lambda: len(set(map(repr, told(stage)))) == 6)
        assert all(event.first for event in stage.told(AppStateChanged))
        server.change(UNPIN)
        server.notify("regular_low")
        await until(lambda: told(stage)[-1] == UNPIN)
        assert not stage.told(AppStateChanged)[-1].first


async def test_a_collection_that_does_not_get_on_is_given_up(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = Server(stage)
        server.endless = True
        server.change(PIN)
        server.share()
        await until(lambda: len(server.asked) >= 16)
        # with the patch, and then one that brings nothing, at each of three tries
        assert [one[1:] for one in server.asked if one[0] == "regular_low"] == [
            ("", "true"),
            *[("1", "false")] * 3,
        ]


async def test_a_big_patch_is_told_in_parts(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await linked(stage)
        many = [
            ContactNamed(jid=Jid(f"1555{n:07d}", "s.whatsapp.net"), full_name=f"C{n}")
            for n in range(MAX_CHANGES + 10)
        ]
        server.change_together(many)
        server.notify("critical_unblock_low")
        await until(lambda: len(told(stage)) == 1 + len(many))
        parts = [event.part for event in stage.told(AppStateChanged)[1:]]
        assert parts == [0, 1]
        assert told(stage)[1:] == many


async def test_links_are_learnt_and_strange_actions_counted_by_name(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await linked(stage)
        lid = Jid("100000000077", "lid")
        server.change(LidLearnt(lid=lid, pn=CHAT), ChatCleared(chat=CHAT))
        server.change(ChatCleared(chat=CHAT), remove=True)
        server.notify("regular", "regular_high")
        await until(lambda: stage.traffic.appstate.ignored() == {"clearChat": 1})
        await until(lambda: IdentityLinked(lid=lid, pn=CHAT) in stage.events)


async def test_our_changes_reach_the_others_and_the_sink(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await linked(stage)
        archive = ChatArchived(chat=CHAT, archived=True)
        await stage.traffic.appstate.change([archive, ChatMuted(chat=CHAT, muted=True)])
        assert server.written == ["regular_low", "regular_high"]
        assert server.value(PIN) == UNPIN  # an archived chat is not pinned any more
        assert server.value(ChatMuted(chat=CHAT, muted=False)) == ChatMuted(chat=CHAT, muted=True)
        assert server.is_followed("regular_low")
        assert told(stage)[1] == server.value(archive)
        assert told(stage)[2:] == [UNPIN, ChatMuted(chat=CHAT, muted=True)]
        server.notify("regular_low")
        await until(lambda: server.asked[-1][0] == "regular_low")
        assert len(told(stage)) == 4


async def test_who_was_quicker_is_applied_first(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await linked(stage)
        other = ChatPinned(chat=OWN_LID.bare, pinned=True)
        server.busy = [other, other, other]
        server.page = 1
        await stage.traffic.appstate.change([UNPIN])
        assert server.written == ["regular_low"] * 4
        assert told(stage) == [PIN, other, other, other, UNPIN]
        assert server.is_followed("regular_low")
        server.busy = [other] * 9
        with pytest.raises(AppStateConflict):
            await stage.traffic.appstate.change([PIN])
        assert server.written == ["regular_low"] * 9


async def test_a_change_that_cannot_be_made(tmp_path: Path) -> None:
    async with TrafficStage(tmp_path) as stage:
        with pytest.raises(AppStateUnavailable):
            await stage.traffic.appstate.change([PIN])
        server = await linked(stage)
        with pytest.raises(InvalidInput):
            await stage.traffic.appstate.change([PIN] * 1001)
        server.refuse = True
        with pytest.raises(WigwagError, match="refused"):
            await stage.traffic.appstate.change([UNPIN])
        stage.connection.go_offline()
        with pytest.raises(NotConnected):
            await stage.traffic.appstate.change([UNPIN])
        assert told(stage) == [PIN]


async def test_what_the_server_took_is_found_after_the_connection_was_lost(
    tmp_path: Path,
) -> None:
    async with TrafficStage(tmp_path) as stage:
        server = await linked(stage)
        server.deaf = True
        with pytest.raises(NotConnected):
            await stage.traffic.appstate.change([UNPIN])
        assert server.value(PIN) == UNPIN
        await stage.restart()
        await stage.traffic.on_connected()
        await until(lambda: told(stage) == [PIN, UNPIN])
        assert server.written == ["regular_low"]
