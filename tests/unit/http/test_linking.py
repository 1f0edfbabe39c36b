"""Accounts over HTTP: the engine that one is made with, and another one later."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from stored.desk import Desk
from stored.doors import Doors, key_of, open_doors
from stored.engine import StoredEngine
from wigwag.core.pairings import Pairings
from wigwag.core.roster import Roster
from wigwag.http.models.accounts import AccountShape
from wigwag.model.account import ConnectionState
from wigwag.model.capability import EVERYTHING, Capability, EngineKind
from wigwag.model.errors import EngineUnavailable
from wigwag.model.event import PairingQr
from wigwag.model.key import Scope
from wigwag.ports import Engine

WORK = "/v1/accounts/work"


class Makers:
    """Makes engines in memory; `missing` are kinds that are not to be had."""

    def __init__(self) -> None:
        self.missing: set[EngineKind] = set()

    def check(self, kind: EngineKind) -> None:
        if kind in self.missing:
            raise EngineUnavailable("pip install 'wigwag[whatsmeow]'")

    def make(self, account: str, kind: EngineKind) -> Engine:
        engine = StoredEngine(account, own=None)
        engine.kind = kind
        if kind is EngineKind.WHATSMEOW:
            engine.capabilities = EVERYTHING - {Capability.MEDIA_RETRY}
        return engine


def roster_of(desk: Desk, makers: Makers) -> Roster:
    return Roster(desk.accounts, desk.archive, makers, fixed=("default",))


async def problem(doors: Doors, method: str, path: str, body: Any) -> tuple[int, str, str]:
    answer = await doors.ask(method, path, body)
    told = answer.json()
    return answer.status_code, told["code"], told["detail"]


async def test_an_account_is_made_on_an_engine_and_changes_to_another(desk: Desk) -> None:
    async with open_doors(desk, roster=roster_of(desk, Makers())) as doors:
        made = await doors.ask("POST", "/v1/accounts", {"account": "work", "engine": "whatsmeow"})
        assert made.status_code == 201, made.text
        AccountShape.model_validate(made.json())
        assert made.json()["engine"] == "whatsmeow"
        assert "media_retry" not in made.json()["capabilities"]
        engine = desk.accounts.get("work")
        status, code, detail = await problem(doors, "PATCH", WORK, {"engine": "native"})
        assert (status, code) == (409, "conflict")
        assert "POST /v1/accounts/work/logout" in detail
        await engine.logout()
        changed = await doors.ask("PATCH", WORK, {"engine": "native"})
        assert changed.status_code == 200, changed.text
        assert changed.json()["engine"] == "native"
        assert desk.accounts.get("work") is not engine
        assert engine.state.state is ConnectionState.STOPPED


async def test_an_engine_that_is_not_installed(desk: Desk) -> None:
    makers = Makers()
    makers.missing = {EngineKind.WHATSMEOW}
    async with open_doors(desk, roster=roster_of(desk, makers)) as doors:
        body = {"account": "work", "engine": "whatsmeow"}
        asked = [
            await problem(doors, "POST", "/v1/accounts", body),
            await problem(doors, "PATCH", "/v1/accounts/default", {"engine": "whatsmeow"}),
        ]
        for status, code, detail in asked:
            assert (status, code) == (409, "engine_unavailable")
            assert "pip install" in detail
        assert desk.accounts.find("work") is None


async def test_only_admins_name_engines_that_there_are(desk: Desk) -> None:
    async with open_doors(desk, roster=roster_of(desk, Makers())) as doors:
        status, code, _ = await problem(doors, "PATCH", "/v1/accounts/default", {"engine": "go"})
        assert (status, code) == (400, "invalid_input")
        answer = await doors.ask(
            "PATCH", "/v1/accounts/default", {"engine": "native"}, key=key_of(Scope.SEND)
        )
        assert answer.status_code == 403


async def test_an_account_that_is_linked_shows_no_code(desk: Desk) -> None:
    """The engine knows of its state before the archive, and so the board of codes, has heard."""
    board = Pairings()
    later = datetime.now(UTC) + timedelta(minutes=1)
    board.see("work", [PairingQr(code="2@abc", expires_at=later, sequence=1)])
    async with open_doors(desk, pairings=board, roster=roster_of(desk, Makers())) as doors:
        assert (await doors.ask("POST", "/v1/accounts", {"account": "work"})).status_code == 201
        engine = cast("StoredEngine", desk.accounts.get("work"))
        engine.turn(ConnectionState.PAIRING)
        shown = await doors.client.get(f"{WORK}/qr.txt")
        assert (shown.status_code, shown.text) == (200, "2@abc")
        engine.turn(ConnectionState.CONNECTED)
        status, code, detail = await problem(doors, "GET", f"{WORK}/qr.txt", None)
        assert (status, code) == (404, "not_found")
        assert "connected" in detail
