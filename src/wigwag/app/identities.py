"""Which engine holds the identity of an account: each keeps its own, and only one may be used."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import structlog

from wigwag.engine.native.store.store import EngineStore
from wigwag.model.capability import EngineKind
from wigwag.model.errors import MalformedJid
from wigwag.model.jid import Jid, parse_jid

WHATSMEOW: Final = "whatsmeow"
"""The folder of a store with a folder for each account on that engine."""
SESSION: Final = "session.db"
_READ_LIMIT_S: Final = 5.0

_log = structlog.get_logger(__name__)


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
            return _session_jid(self.folder(account) / SESSION)
        device = self._engine_store.find_device(account)
        return device.jid if device is not None else None

    def find_any(self, account: str) -> Jid | None:
        found = (self.find(account, kind) for kind in EngineKind)
        return next((jid for jid in found if jid is not None), None)


def _session_jid(path: Path) -> Jid | None:
    """The device that whatsmeow's own database names (whatsmeow store/sqlstore)."""
    if not path.is_file():
        return None
    try:
        with closing(
            sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=_READ_LIMIT_S)
        ) as database:
            row = database.execute("SELECT jid FROM whatsmeow_device LIMIT 1").fetchone()
        return parse_jid(row[0]) if row else None
    except (sqlite3.Error, MalformedJid) as error:
        # A pairing that was broken off before the library had made its tables.
        _log.info("session_not_read", error=type(error).__name__)
        return None
