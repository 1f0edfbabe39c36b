"""Which engine holds the identity of an account: each keeps its own, and only one may be used."""

from pathlib import Path
from typing import Final

from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.whatsmeow.addresses import linked_jid
from wigwag.engine.whatsmeow.folder import SESSION_NAME
from wigwag.model.capability import EngineKind
from wigwag.model.jid import Jid

WHATSMEOW: Final = "whatsmeow"
"""The folder of a store with a folder for each account on that engine."""


class Identities:
    """Looks into what the engines keep in a store."""

    def __init__(self, store: Path, engine_store: EngineStore) -> None:
        self._store = store
        self._engine_store = engine_store

    def folder(self, account: str) -> Path:
        """What the whatsmeow engine keeps of the account."""
        return self._store / WHATSMEOW / account

    def find(self, account: str, kind: EngineKind) -> Jid | None:
        """Whom the account is linked as by this engine; None where it is not."""
        if kind is EngineKind.WHATSMEOW:
            return linked_jid(self.folder(account) / SESSION_NAME)
        device = self._engine_store.find_device(account)
        return device.jid if device is not None else None

    def find_any(self, account: str) -> Jid | None:
        found = (self.find(account, kind) for kind in EngineKind)
        return next((jid for jid in found if jid is not None), None)
