"""App-state collections as the server keeps them: numbered patches that it cannot read.

The iq namespace w:sync:app:state (source: whatsmeow appstate.go, appstate/decode.go).
"""

from dataclasses import dataclass, field

from wigwag.model.jid import SERVER_JID, Jid
from wigwag.sandbox.network.directory import Account, Device
from wigwag.sandbox.network.faults import FaultKind
from wigwag.sandbox.network.stanzas import iq_error, iq_result, notification
from wigwag.sandbox.network.switchboard import Switchboard
from wigwag.wire.errors import MalformedNode, MalformedProtobuf
from wigwag.wire.nodes import AttrValue, Node
from wigwag.wire.proto import syncd_pb2
from wigwag.wire.protobuf import parse

COLLECTIONS = (
    "critical_block",
    "critical_unblock_low",
    "regular_high",
    "regular",
    "regular_low",
)
PAGE = 500
"""Patches in one answer; the client asks for more."""


@dataclass(slots=True)
class Collection:
    """Patches from `base` + 1 on; `snapshot` (a serialised blob reference) is of version `covers`,
    which is `base` or later."""

    base: int = 0
    snapshot: bytes = b""
    covers: int = 0
    patches: list[bytes] = field(default_factory=list[bytes])

    @property
    def version(self) -> int:
        return self.base + len(self.patches)

    def forget_covered(self) -> None:
        """Let go of the patches that the snapshot covers; who still needs them begins anew."""
        self.patches = self.patches[self.covers - self.base :]
        self.base = self.covers


class Collections:
    """The app state of every account."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._collections: dict[tuple[Jid, str], Collection] = {}

    def version(self, account: Account, name: str) -> int:
        return self._collection(account, name).version

    def all(self) -> dict[tuple[Jid, str], Collection]:
        """Every collection by the LID of its account and its name."""
        return dict(self._collections)

    def restore(self, lid: Jid, name: str, collection: Collection) -> None:
        """Put back a collection that was saved; nobody is told."""
        self._collections[lid, name] = collection

    def append(self, account: Account, name: str, patch: bytes, *, by: Device | None = None) -> int:
        """Add a serialised SyncdPatch as the next version, and tell the other devices.

        The version inside the patch is set by the server; where there is no room, patches that
        the snapshot covers go. Raises MalformedProtobuf, and MalformedNode when the collection is
        full or unknown.
        """
        collection = self._collection(account, name)
        limit = self._board.limits.patches
        if len(collection.patches) >= limit:
            collection.forget_covered()
        if len(collection.patches) >= limit:
            raise MalformedNode("This app-state collection is full.")
        parsed = parse(syncd_pb2.SyncdPatch, patch)
        parsed.version.version = collection.version + 1
        collection.patches.append(parsed.SerializeToString())
        self._notify(account, name, collection.version, by)
        return collection.version

    def set_snapshot(self, account: Account, name: str, version: int, reference: bytes) -> None:
        """Who begins anew gets this snapshot of `version` instead of the patches up to it;
        `reference` is a serialised ExternalBlobReference to a file on the media host."""
        collection = self._collection(account, name)
        collection.snapshot = reference
        collection.covers = version

    def covered(self, account: Account, name: str) -> int:
        """The version of the snapshot; 0 when there is none."""
        return self._collection(account, name).covers

    def answer(self, device: Device, iq: Node) -> Node:
        """<sync><collection name version return_snapshot>[<patch/>]</collection>..</sync>."""
        sync = iq.child("sync")
        if sync is None:
            return iq_error(iq, 400, "bad-request")
        try:
            answers: list[Node] = [
                self._answer_collection(device, node) for node in sync.children_with("collection")
            ]
        except (MalformedNode, MalformedProtobuf):
            return iq_error(iq, 400, "bad-request")
        return iq_result(iq, Node("sync", {}, answers))

    # -- inside --

    def _answer_collection(self, device: Device, node: Node) -> Node:
        name = node.attr("name")
        collection = self._collection(device.account, name)
        asked = node.attr_int("version")
        patch = node.child("patch")
        if patch is not None:
            return self._accept(device, name, collection, asked, patch.data)
        content: list[Node] = []
        if node.attr("return_snapshot") == "true" and collection.snapshot:
            content.append(Node("snapshot", {}, collection.snapshot))
            asked = collection.covers
        patches, more = self._page(device, collection, asked)
        content.append(patches)
        attrs: dict[str, AttrValue] = {
            "name": name,
            "version": str(collection.version),
            "type": "result",
            "has_more_patches": "true" if more else "false",
        }
        return Node("collection", attrs, content)

    def _accept(
        self, device: Device, name: str, collection: Collection, asked: int, patch: bytes
    ) -> Node:
        """A client's patch: on top of the newest version, or a conflict."""
        fault = self._board.faults.take(FaultKind.APP_STATE_CONFLICT, device.lid, device.pn)
        if asked != collection.version or fault is not None:
            patches, more = self._page(device, collection, asked)
            error = Node("error", {"code": "409", "text": "conflict"})
            attrs: dict[str, AttrValue] = {
                "name": name,
                "type": "error",
                "version": str(collection.version),
                "has_more_patches": "true" if more else "false",
            }
            return Node("collection", attrs, [error, patches])
        version = self.append(device.account, name, patch, by=device)
        return Node("collection", {"name": name, "version": str(version), "type": "result"})

    def _page(self, device: Device, collection: Collection, asked: int) -> tuple[Node, bool]:
        start = max(0, asked - collection.base)
        page = collection.patches[start : start + PAGE]
        if page and self._board.faults.take(FaultKind.APP_STATE_MAC, device.lid, device.pn):
            page = [*page[:-1], spoil(page[-1])]
        patches = Node("patches", {}, [Node("patch", {}, patch) for patch in page])
        return patches, start + PAGE < len(collection.patches)

    def _notify(self, account: Account, name: str, version: int, by: Device | None) -> None:
        changed = Node("collection", {"name": name, "version": str(version)})
        for device in list(account.devices.values()):
            if device is not by:
                self._board.post(device, notification("server_sync", SERVER_JID, [changed]))

    def _collection(self, account: Account, name: str) -> Collection:
        if name not in COLLECTIONS:
            raise MalformedNode("There is no app-state collection of this name.")
        return self._collections.setdefault((account.lid, name), Collection())


def spoil(patch: bytes) -> bytes:
    """The patch with a snapshot MAC that does not fit."""
    parsed = parse(syncd_pb2.SyncdPatch, patch)
    mac = parsed.snapshotMAC or bytes(32)
    parsed.snapshotMAC = mac[:-1] + bytes([mac[-1] ^ 0xFF])
    return parsed.SerializeToString()


def spoil_snapshot(snapshot: bytes) -> bytes:
    """The snapshot with a MAC that does not fit."""
    parsed = parse(syncd_pb2.SyncdSnapshot, snapshot)
    parsed.mac = parsed.mac[:-1] + bytes([parsed.mac[-1] ^ 0xFF])
    return parsed.SerializeToString()
