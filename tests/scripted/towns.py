"""A sandbox town for every engine there is."""

from typing import ClassVar, Final

from peers.child import child_environment
from scripted.children import SWIFT
from scripted.engine_town import ACCOUNT, EngineTown
from wigwag.engine.whatsmeow.engine import CAPABILITIES, WhatsmeowEngine
from wigwag.model.capability import Capability, EngineKind
from wigwag.ports import Engine


class WhatsmeowTown(EngineTown):
    """The engine runs in a process of its own, whose session lies in the folder."""

    capabilities: ClassVar[frozenset[Capability]] = CAPABILITIES

    def _make_engine(self) -> Engine:
        return WhatsmeowEngine(
            ACCOUNT,
            folder=self.folder / ACCOUNT,
            sink=self.sink,
            http=self.http,
            clock=self.clock,
            endpoint=self.endpoint,
            environment=child_environment(),
            policy=SWIFT,
        )


TOWNS: Final[dict[EngineKind, type[EngineTown]]] = {
    EngineKind.NATIVE: EngineTown,
    EngineKind.WHATSMEOW: WhatsmeowTown,
}
