"""Which engine an account gets, and what is said where it gets none."""

import contextlib
import io
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from stored.engine import OWN
from wigwag.app import engines as module
from wigwag.app.engines import Engines
from wigwag.app.held import HeldEngine
from wigwag.app.identities import Identities
from wigwag.config import Settings
from wigwag.engine.native.engine import NativeEngine
from wigwag.engine.native.store.store import EngineStore
from wigwag.engine.whatsmeow.engine import WhatsmeowEngine
from wigwag.engine.whatsmeow.folder import SESSION_NAME
from wigwag.model.capability import EngineKind
from wigwag.model.errors import ConfigError, EngineUnavailable
from wigwag.model.event import EngineEvent
from wigwag.terminal import Terminal

NATIVE, WHATSMEOW = EngineKind.NATIVE, EngineKind.WHATSMEOW


class Office:
    """Engines over a store; what they tell is in `told`."""

    def __init__(self, folder: Path, stack: contextlib.AsyncExitStack) -> None:
        self.folder = folder
        self.told: list[EngineEvent] = []
        self._stack = stack
        self._store = EngineStore.open(folder / "whatsapp.db")
        stack.callback(self._store.close)
        self.identities = Identities(folder, self._store)

    def engines(self, **settings: Any) -> Engines:
        core = SimpleNamespace(ingest=SimpleNamespace(ingest=self._ingest))
        return Engines(
            Settings(store=self.folder, **settings),
            cast("Any", core),
            self._store,
            self.identities,
            local=None,
            terminal=Terminal(io.StringIO()),
            stack=self._stack,
        )

    async def _ingest(self, _account: str, events: Sequence[EngineEvent]) -> None:
        self.told += events

    def link(self, account: str) -> None:
        """As the library leaves an account that is linked."""
        folder = self.identities.folder(account)
        folder.mkdir(parents=True)
        with closing(sqlite3.connect(folder / SESSION_NAME)) as database:
            database.execute("CREATE TABLE whatsmeow_device (jid TEXT)")
            database.execute("INSERT INTO whatsmeow_device VALUES (?)", (str(OWN),))
            database.commit()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with contextlib.AsyncExitStack() as stack:
        yield Office(tmp_path, stack)


def missing() -> None:
    raise ConfigError("it needs the package neonize: pip install 'wigwag[whatsmeow]'")


@pytest.fixture
def is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "check_installed", lambda: None)


@pytest.fixture
def is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "check_installed", missing)


@pytest.mark.usefixtures("is_installed")
def test_each_kind_is_made(office: Office) -> None:
    engines = office.engines()
    assert isinstance(engines.make("work", NATIVE), NativeEngine)
    assert isinstance(engines.make("work", WHATSMEOW), WhatsmeowEngine)
    for kind in EngineKind:
        assert engines.make("work", kind).kind is kind
        assert engines.make("work", kind).account == "work"


@pytest.mark.usefixtures("is_installed")
async def test_an_identity_of_another_engine_holds_the_account(office: Office) -> None:
    office.link("work")
    engines = office.engines()
    held = engines.make("work", NATIVE)
    assert isinstance(held, HeldEngine)
    assert held.state.jid == OWN
    await held.start()
    assert len(office.told) == 1
    for step in ('{"engine": "whatsmeow"}', "POST .../logout", "link it again"):
        assert step in held.state.reason
    assert isinstance(engines.make("work", WHATSMEOW), WhatsmeowEngine)
    assert isinstance(engines.make("other", NATIVE), NativeEngine)


@pytest.mark.usefixtures("is_missing")
def test_without_the_library_the_account_rests_and_says_what_to_install(office: Office) -> None:
    engines = office.engines()
    held = engines.make("work", WHATSMEOW)
    assert "pip install 'wigwag[whatsmeow]'" in held.state.reason
    with pytest.raises(EngineUnavailable, match="pip install"):
        engines.check(WHATSMEOW)
    engines.check(NATIVE)
    with pytest.raises(ConfigError, match="WIGWAG_ENGINE=whatsmeow: it needs the package"):
        office.engines(engine="whatsmeow")


@pytest.mark.usefixtures("is_installed")
def test_its_library_knows_whatsapps_own_address_only(office: Office) -> None:
    engines = office.engines(ws_url="wss://emulated.example/ws/chat")
    with pytest.raises(EngineUnavailable, match="WIGWAG_WS_URL"):
        engines.check(WHATSMEOW)
