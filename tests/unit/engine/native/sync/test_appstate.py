"""App state: keys, collections, and what can be wrong with them."""

from datetime import UTC, datetime
from pathlib import Path

from scripted.traffic_stage import ACCOUNT, OWN_LID, T0, TrafficStage
from scripted.waiting import until
from wigwag.engine.native.sync.appstate import DUE_NOTE
from wigwag.model.appstate import ContactNamed, PushNameSet
from wigwag.model.event import ContactsChanged, IdentityLinked
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.appstate import EMPTY_STATE, CollectionState, make_patch, number_patch
from wigwag.wire.appstate_actions import COLLECTIONS
from wigwag.wire.appstate_mutation import Change, KeyRing, Operation
from wigwag.wire.appstate_writing import write_action
from wigwag.wire.nodes import Node
from wigwag.wire.proto import syncd_pb2
from wigwag.wire.protocol_messages import (
    AppStateKeyRequest,
    AppStateKeyShare,
    SharedAppStateKey,
    encode_protocol,
)

KEY_ID, KEY = b"\0\0key1", b"k" * 32
FINN = ContactNamed(
    jid=Jid("15550000002", "s.whatsapp.net"),
    alt=Jid("100000000002", "lid"),
    full_name="Finn Fisher",
    first_name="Finn",
)


class Server:
    """The collections as the server has them."""

    def __init__(self, stage: TrafficStage) -> None:
        self.stage = stage
        self.states: dict[str, CollectionState] = {}
        self.macs: dict[str, dict[bytes, bytes]] = {}
        self.patches: dict[str, list[bytes]] = {}
        self.keys = {KEY_ID: KEY}
        self.key_id = KEY_ID
        self.asked: list[tuple[str, str, str]] = []
        self.refuse = False
        self.page = 1000
        stage.answers["w:sync:app:state"] = self.answer

    def change(self, action: ContactNamed | PushNameSet, *, remove: bool = False) -> None:
        name = write_action(action).collection
        macs = self.macs.setdefault(name, {})
        operation = Operation.REMOVE if remove else Operation.SET
        made = make_patch(
            name,
            self.states.get(name, EMPTY_STATE),
            [Change(action=action, timestamp=datetime.now(UTC), operation=operation)],
            self.key_id,
            KeyRing(self.keys.get),
            find_mac=macs.get,
        )
        state = self.states[name] = made.applied.state
        macs.update(made.applied.set_macs)
        for index in made.applied.removed_macs:
            macs.pop(index)
        self.patches.setdefault(name, []).append(number_patch(made.raw, state.version))

    def answer(self, node: Node) -> list[Node]:
        sync = node.child("sync")
        assert sync is not None
        (asked,) = sync.kids
        name, version = asked.attr("name"), asked.attr_int("version")
        self.asked.append((name, asked.attr("version"), asked.attr("return_snapshot")))
        if self.refuse:
            attrs = {"name": name, "type": "error"}
            return [Node("sync", {}, [Node("collection", dict(attrs))])]
        patches = self.patches.get(name, [])[version:]
        more = "true" if len(patches) > self.page else "false"
        listed = [Node("patch", {}, raw) for raw in patches[: self.page]]
        attrs = {"name": name, "type": "result", "has_more_patches": more}
        collection = Node("collection", dict(attrs), [Node("patches", {}, listed)])
        return [Node("sync", {}, [collection])]

    def share(self, *key_ids: bytes) -> None:
        """The phone hands out keys."""
        keys = tuple(
            SharedAppStateKey(key_id=key_id, data=self.keys[key_id], timestamp_ms=T0)
            for key_id in key_ids or self.keys
        )
        stage = self.stage
        if not stage.phone.sessions:
            stage.meet(stage.phone)
        enc = stage.phone.seal(OWN_LID, encode_protocol(AppStateKeyShare(keys=keys)))
        count = len(stage.all_sent("receipt"))
        attrs = {"id": f"K{count}", "t": str(T0), "type": "text", "category": "peer"}
        stage.deliver(Node("message", {"from": OWN_LID.bare, **attrs}, [enc]))

    def notify(self, *names: str) -> None:
        collections = [Node("collection", {"name": name}) for name in names]
        attrs = {"type": "server_sync", "id": "S1", "t": str(T0)}
        self.stage.deliver(Node("notification", {"from": SERVER_JID, **attrs}, collections))


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
        (event,) = await stage.until_told(ContactsChanged)
        assert event.contacts[0].full_name == "Finn Fisher"
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
        server.notify("critical_block")
        # a collection whose fetch was just under way may be due again too
        await until(lambda: b"critical_block" in (stage.store.find_note(ACCOUNT, DUE_NOTE) or b""))
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
        bad = syncd_pb2.SyncdPatch.FromString(good[1])
        bad.patchMAC = bytes(32)
        server.patches["critical_block"] = [good[0], bad.SerializeToString()]
        server.notify("critical_block")
        await until(lambda: ("critical_block", "", "true") in server.asked[5:])
        assert stage.link.device.push_name == "Alex"
        server.patches["critical_block"] = good
        server.notify("critical_block")
        await until(lambda: stage.link.device.push_name == "Alexandra")


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
        assert len(stage.told(ContactsChanged)) == 1


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
