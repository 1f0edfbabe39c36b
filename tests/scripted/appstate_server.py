"""The app state of one account as its server and its phone have it, in memory."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from scripted.traffic_stage import ACCOUNT, OWN_LID, T0, TrafficStage
from wigwag.model.appstate import AppStateChange, ContactNamed
from wigwag.model.event import AppStateChanged
from wigwag.model.jid import SERVER_JID, Jid
from wigwag.wire.appstate import (
    EMPTY_STATE,
    CollectionState,
    Patch,
    apply_patch,
    make_patch,
    number_patch,
)
from wigwag.wire.appstate_actions import Action
from wigwag.wire.appstate_mutation import Change, KeyRing, Mutation, Operation
from wigwag.wire.appstate_recovery import PlainRecord, format_recovery
from wigwag.wire.appstate_writing import collection_of
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.proto import syncd_pb2
from wigwag.wire.protocol_messages import (
    AppStateKeyShare,
    ProtocolPart,
    RecoveryResponse,
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


class AppStateServer:
    """The collections as the server has them, and the phone that writes them.

    `spoilt` names the collections of which nothing fits, `refuse` refuses everything.
    """

    def __init__(self, stage: TrafficStage) -> None:
        self.stage = stage
        self.states: dict[str, CollectionState] = {}
        self.macs: dict[str, dict[bytes, bytes]] = {}
        self.values: dict[str, dict[bytes, Mutation]] = {}
        self.patches: dict[str, list[bytes]] = {}
        self.keys = {KEY_ID: KEY}
        self.key_id = KEY_ID
        self.asked: list[tuple[str, str, str]] = []
        self.written: list[str] = []
        self.spoilt: set[str] = set()
        self.refuse = False
        self.deaf = False
        """A patch is taken, and the connection ends before the answer."""
        self.busy: list[Action] = []
        """Changes of others, each made just before the next patch of ours comes."""
        self.page = 1000
        self.endless = False
        """There is always more, it says."""
        self.on_asked: Callable[[], object] = lambda: None
        self._count = 0
        stage.answers["w:sync:app:state"] = self.answer

    def change(self, *actions: Action, remove: bool = False) -> None:
        """Another device changes something, by a patch for each."""
        for action in actions:
            self.change_together([action], remove=remove)

    def change_together(self, actions: Sequence[Action], *, remove: bool = False) -> None:
        """By one patch: all are of one collection."""
        name = collection_of(actions[0])
        operation = Operation.REMOVE if remove else Operation.SET
        now = datetime.now(UTC)
        made = make_patch(
            name,
            self.states.get(name, EMPTY_STATE),
            [Change(action=one, timestamp=now, operation=operation) for one in actions],
            self.key_id,
            KeyRing(self.keys.get),
            find_mac=self.macs.setdefault(name, {}).get,
        )
        self._take(name, made.raw)

    def _take(self, name: str, raw: bytes) -> None:
        """Verified, as a phone would."""
        macs, values = self.macs.setdefault(name, {}), self.values.setdefault(name, {})
        state = self.states.get(name, EMPTY_STATE)
        numbered = number_patch(raw, state.version + 1)
        applied = apply_patch(name, state, Patch(numbered), KeyRing(self.keys.get), macs.get)
        self.states[name] = applied.state
        macs.update(applied.set_macs)
        for mutation in applied.mutations:
            values[mutation.index_mac] = mutation
        for index in applied.removed_macs:
            macs.pop(index)
            values.pop(index)
        self.patches.setdefault(name, []).append(numbered)

    def value(self, action: Action) -> Action | None:
        """What all devices see under the index of this action."""
        known = self.values.get(collection_of(action), {}).values()
        return next((one.action for one in known if type(one.action) is type(action)), None)

    def answer(self, node: Node) -> list[Node] | None:
        sync = node.child("sync")
        assert sync is not None
        (asked,) = sync.kids
        name, version = asked.attr("name"), asked.attr_int("version")
        patch = asked.child("patch")
        if patch is not None:
            return self._write(name, version, patch.data)
        self.asked.append((name, asked.attr("version"), asked.attr("return_snapshot")))
        if self.refuse:
            return [_collection({"name": name, "type": "error"})]
        answer = [self._listed(name, version, {"type": "result"})]
        self.on_asked()
        return answer

    def _listed(self, name: str, version: int, attrs: dict[str, str], *more: Node) -> Node:
        patches = self.patches.get(name, [])[version:]
        if name in self.spoilt:
            patches = [spoil(raw) for raw in patches]
        has_more = "true" if len(patches) > self.page or self.endless else "false"
        listed = [Node("patch", {}, raw) for raw in patches[: self.page]]
        told = {"name": name, "has_more_patches": has_more, **attrs}
        return _collection(told, *more, Node("patches", {}, listed))

    def _write(self, name: str, version: int, raw: bytes) -> list[Node] | None:
        self.written.append(name)
        if self.busy:
            self.change(self.busy.pop(0))
        if self.refuse:
            return [_collection({"name": name, "type": "error"}, Node("error", {"code": "400"}))]
        if version != self.states.get(name, EMPTY_STATE).version:
            conflict = Node("error", {"code": "409", "text": "conflict"})
            return [self._listed(name, version, {"type": "error"}, conflict)]
        self._take(name, raw)
        if self.deaf:
            self.stage.connection.go_offline()
            return None
        return [_collection({"name": name, "type": "result"})]

    def share(self, *key_ids: bytes) -> None:
        """The phone hands out keys."""
        self.tell(
            AppStateKeyShare(
                keys=tuple(
                    SharedAppStateKey(key_id=key_id, data=self.keys[key_id], timestamp_ms=T0)
                    for key_id in key_ids or self.keys
                )
            )
        )

    def send_copy(self, name: str) -> None:
        """The phone answers a request for a whole collection."""
        records = [
            PlainRecord(data=one.data, key_id=one.key_id, value_mac=one.value_mac)
            for one in self.values[name].values()
        ]
        raw = format_recovery(name, self.states[name], records)
        self.tell(RecoveryResponse(request_id="3EB0AA", snapshot=raw, compressed=True))

    def tell(self, part: ProtocolPart) -> None:
        """A message of the own phone."""
        stage = self.stage
        if not stage.phone.sessions:
            stage.meet(stage.phone)
        enc = stage.phone.seal(OWN_LID, encode_protocol(part))
        self._count += 1
        attrs = {"id": f"K{self._count}", "t": str(T0), "type": "text", "category": "peer"}
        stage.deliver(Node("message", {"from": OWN_LID.bare, **attrs}, [enc]))

    def heard(self) -> list[bytes]:
        """What the phone was told, decrypted."""
        messages = self.stage.all_sent("message")
        found = [enc for message in messages for enc in message.children_with("enc")]
        return [self.stage.phone.open(OWN_LID, enc) for enc in found]

    def notify(self, *names: str) -> None:
        collections = [Node("collection", {"name": name}) for name in names]
        attrs = {"type": "server_sync", "id": "S1", "t": str(T0)}
        self.stage.deliver(Node("notification", {"from": SERVER_JID, **attrs}, collections))

    def is_followed(self, name: str) -> bool:
        """Whether the engine is as far as the server."""
        known = self.stage.store.find_appstate_version(ACCOUNT, name)
        state = self.states.get(name, EMPTY_STATE)
        return known is not None and (known.version, known.hash) == (state.version, state.hash)


def spoil(raw: bytes) -> bytes:
    """The patch with a MAC that does not fit."""
    message = syncd_pb2.SyncdPatch.FromString(raw)
    message.patchMAC = bytes(32)
    return message.SerializeToString()


def told(stage: TrafficStage) -> list[AppStateChange]:
    """Every change that the sink was told, in order."""
    return [timed.change for event in stage.told(AppStateChanged) for timed in event.changes]


def _collection(attrs: dict[str, str], *content: Node) -> Node:
    named: dict[str, AttrValue] = {**attrs}
    return Node("sync", {}, [Node("collection", named, list(content))])
