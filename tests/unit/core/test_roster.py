"""Accounts come and go while the server runs, and outlive a restart."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from wigwag.archive import SqliteArchive
from wigwag.core import roster as module
from wigwag.core.accounts import Accounts
from wigwag.core.roster import Roster
from wigwag.model.account import AccountState, ConnectionState
from wigwag.model.capability import EngineKind
from wigwag.model.errors import (
    Conflict,
    EngineUnavailable,
    InvalidInput,
    NotConnected,
    NotFound,
    NotPaired,
)
from wigwag.model.jid import parse_jid
from wigwag.ports import Engine


class Link:
    """An engine that notes what it is asked."""

    def __init__(self, account: str, kind: EngineKind) -> None:
        self.account = account
        self.kind = kind
        self.asked: list[str] = []
        self.refusal: Exception | None = None
        self.state = AccountState(state=ConnectionState.STARTING, since=datetime.now(UTC))

    def pair(self) -> None:
        self.state = AccountState(
            state=ConnectionState.CONNECTED,
            since=datetime.now(UTC),
            jid=parse_jid("15550001111@s.whatsapp.net"),
        )

    async def start(self) -> None:
        self.asked.append("start")

    async def stop(self) -> None:
        self.asked.append("stop")

    async def logout(self) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.asked.append("logout")


class Desk:
    def __init__(self, archive: SqliteArchive, fixed: tuple[str, ...] = ("default",)) -> None:
        self.links: dict[str, Link] = {}
        self.accounts = Accounts()
        self.refused: set[EngineKind] = set()
        self.roster = Roster(self.accounts, archive, self, fixed=fixed)

    def check(self, kind: EngineKind) -> None:
        if kind in self.refused:
            raise EngineUnavailable

    def make(self, account: str, kind: EngineKind) -> Engine:
        self.links[account] = Link(account, kind)
        return cast("Any", self.links[account])


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncGenerator[SqliteArchive]:
    archive = await SqliteArchive.open(tmp_path / "messages.db")
    yield archive
    await archive.close()


async def names(archive: SqliteArchive, fixed: tuple[str, ...] = ("default",)) -> list[str]:
    """Who is served after a restart."""
    desk = Desk(archive, fixed)
    await desk.roster.load()
    return desk.accounts.names()


async def test_an_account_is_made_started_and_there_after_a_restart(
    archive: SqliteArchive,
) -> None:
    desk = Desk(archive)
    await desk.roster.load()
    await desk.roster.create("work")
    assert desk.links["work"].asked == ["start"]
    assert desk.links["default"].asked == []
    assert await names(archive) == ["default", "work"]
    assert await names(archive, ("work", "default")) == ["work", "default"]


async def test_an_account_is_unlinked_and_gone(archive: SqliteArchive) -> None:
    desk = Desk(archive)
    await desk.roster.create("work")
    link = desk.links["work"]
    link.pair()
    await desk.roster.delete("work")
    assert link.asked == ["start", "logout", "stop"]
    assert desk.accounts.find("work") is None
    assert await names(archive) == ["default"]
    await desk.roster.create("work")
    assert await names(archive) == ["default", "work"]


@pytest.mark.parametrize("linked", [False, True])
async def test_an_account_without_a_phone_just_goes(
    archive: SqliteArchive,
    linked: bool,
) -> None:
    desk = Desk(archive)
    await desk.roster.create("work")
    if linked:
        desk.links["work"].pair()
        desk.links["work"].refusal = NotPaired()
    await desk.roster.delete("work")
    assert desk.links["work"].asked == ["start", "stop"]
    assert await names(archive) == ["default"]


async def test_while_whatsapp_is_away_nothing_changes(archive: SqliteArchive) -> None:
    desk = Desk(archive)
    await desk.roster.create("work")
    desk.links["work"].pair()
    desk.links["work"].refusal = NotConnected()
    with pytest.raises(NotConnected):
        await desk.roster.delete("work")
    assert desk.accounts.find("work") is not None
    assert await names(archive) == ["default", "work"]


async def test_what_cannot_be(archive: SqliteArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(archive)
    await desk.roster.load()
    for name in ("", "A", "../x", "x" * 33, "a b"):
        with pytest.raises(InvalidInput):
            await desk.roster.create(name)
    with pytest.raises(Conflict, match="already"):
        await desk.roster.create("default")
    with pytest.raises(Conflict, match="WIGWAG_ACCOUNTS"):
        await desk.roster.delete("default")
    with pytest.raises(NotFound):
        await desk.roster.delete("work")
    monkeypatch.setattr(module, "MAX_ACCOUNTS", 1)
    with pytest.raises(Conflict, match="delete one"):
        await desk.roster.create("work")


async def test_an_account_that_cannot_be_kept_is_not_made(
    archive: SqliteArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_unit: object) -> None:
        raise OSError

    desk = Desk(archive)
    monkeypatch.setattr(archive, "write", fail)
    with pytest.raises(OSError):  # noqa: PT011 - the very one
        await desk.roster.create("work")
    assert desk.accounts.names() == []


async def kinds(archive: SqliteArchive) -> dict[str, EngineKind]:
    """On which engines the accounts are after a restart."""
    desk = Desk(archive)
    await desk.roster.load()
    return {name: link.kind for name, link in desk.links.items()}


async def test_an_account_keeps_the_engine_that_was_chosen(archive: SqliteArchive) -> None:
    desk = Desk(archive)
    await desk.roster.load()
    await desk.roster.create("work", EngineKind.WHATSMEOW)
    await desk.roster.create("home")
    wanted = {"default": "native", "home": "native", "work": "whatsmeow"}
    assert await kinds(archive) == wanted
    before = desk.links["default"]
    changed = await desk.roster.change_engine("work", EngineKind.WHATSMEOW)
    assert desk.links["work"].asked == ["start"], "it runs on that already"
    assert changed.kind is EngineKind.WHATSMEOW
    before.state = state(ConnectionState.LOGGED_OUT)
    await desk.roster.change_engine("default", EngineKind.WHATSMEOW)
    assert before.asked == ["stop"]
    assert desk.links["default"].asked == ["start"]
    assert desk.accounts.get("default") is cast("Any", desk.links["default"])
    assert (await kinds(archive))["default"] == "whatsmeow"


def state(which: ConnectionState) -> AccountState:
    return AccountState(state=which, since=datetime.now(UTC))


@pytest.mark.parametrize("which", [s for s in ConnectionState if s not in module.UNLINKED])
async def test_only_an_account_that_is_not_linked_changes_its_engine(
    archive: SqliteArchive, which: ConnectionState
) -> None:
    desk = Desk(archive)
    await desk.roster.create("work")
    desk.links["work"].state = state(which)
    with pytest.raises(Conflict, match="unlink it first"):
        await desk.roster.change_engine("work", EngineKind.WHATSMEOW)
    assert await kinds(archive) == {"default": "native", "work": "native"}


async def test_an_engine_that_is_not_to_be_had_changes_nothing(archive: SqliteArchive) -> None:
    desk = Desk(archive)
    desk.refused = {EngineKind.WHATSMEOW}
    await desk.roster.create("work")
    desk.links["work"].state = state(ConnectionState.PAIRING)
    with pytest.raises(EngineUnavailable):
        await desk.roster.change_engine("work", EngineKind.WHATSMEOW)
    with pytest.raises(EngineUnavailable):
        await desk.roster.create("other", EngineKind.WHATSMEOW)
    with pytest.raises(NotFound):
        await desk.roster.change_engine("nobody", EngineKind.NATIVE)
    assert await kinds(archive) == {"default": "native", "work": "native"}


async def test_a_name_that_is_used_again_has_the_engine_of_the_settings(
    archive: SqliteArchive,
) -> None:
    desk = Desk(archive)
    await desk.roster.create("work", EngineKind.WHATSMEOW)
    await desk.roster.delete("work")
    await desk.roster.create("work")
    assert (await kinds(archive))["work"] == "native"
