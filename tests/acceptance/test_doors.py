"""Accounts, health, keys and hosts over HTTP: what a new user meets first."""

import contextlib
import socket
from pathlib import Path

import httpx
import pytest

from peers.child import until
from peers.house import EMMA, open_house
from wigwag.app.server import running_server
from wigwag.app.standalone import guarded_control
from wigwag.config import Settings
from wigwag.model.errors import ConfigError, StoreInUse
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions

KEY = "a-key-that-nobody-guesses"


async def test_accounts_tell_the_state_of_the_connection(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        page = (await house.get("/v1/accounts")).body
        (account,) = page["items"]
        assert page["next_cursor"] is None
        assert (account["account"], account["state"]) == ("default", "connected")
        assert account["jid"] == account["phone"].removeprefix("+") + "@s.whatsapp.net"
        assert account["lid"].endswith("@lid")
        assert (account["last_frame_in"] is None) == ("counters" not in account["capabilities"])
        missing = await house.get("/v1/accounts/nobody")
        assert (missing.status, missing.body["code"]) == (404, "not_found")


async def test_health_says_why_it_is_not_ready(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        assert (await house.get("/health/live")).body == {"status": "ok"}
        for path in ("/health/live", "/health/ready"):
            asked = await house.request("HEAD", path)
            assert (asked.status, asked.body) == (200, None)
        well = (await house.get("/health/ready")).body
        assert (well["ready"], well["state"], well["problems"]) == (True, "ok", [])
        assert [check["name"] for check in well["checks"]] == [
            "messages.db", "whatsapp.db", "disk", "account", "deliveries"
        ]  # fmt: skip
        (phone,) = (await house.get("/sandbox")).body["phones"]
        await house.post(f"/sandbox/phones/{phone['phone']}/unlink", {})

        async def is_logged_out() -> bool:
            return (await house.get("/v1/accounts/default")).body["state"] == "logged_out"

        await until(is_logged_out, 10.0, "the account logged out")
        ready = await house.get("/health/ready")
        assert ready.status == 503
        assert "logged_out" in ready.body["problems"][0]
        (failed,) = [check for check in ready.body["checks"] if check["state"] == "failed"]
        assert (failed["account"], failed["code"]) == ("default", "logged_out")
        refused = await house.send(EMMA, "x")
        assert (refused.status, refused.body["message"]) == (500, "Not connected to WhatsApp")


async def test_every_route_but_live_asks_for_the_key(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store", api_key=KEY) as house:
        routes = (await house.get("/openapi.json", x_api_key=KEY)).body["paths"]
        assert {"/api/send", "/api/download", "/v1/accounts", "/health/live"} <= routes.keys()
        for path, methods in routes.items():
            for method in methods:
                plain = path.replace("{", "").replace("}", "")
                answer = await house.request(method.upper(), plain)
                assert answer.status == (200 if path == "/health/live" else 401), path
        for path in ("/docs", "/openapi.json", "/nowhere"):
            assert (await house.get(path)).status == 401
            assert (await house.get(path, x_api_key=KEY + "x")).status == 401
        assert (await house.get("/v1/accounts", authorization=f"Bearer {KEY}")).status == 200


async def test_a_foreign_host_or_page_is_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        assert (await house.get("/v1/accounts", host="evil.example")).status == 421
        foreign = await house.request(
            "POST", "/api/send", {}, headers={"Origin": "https://evil.example"}
        )
        assert (foreign.status, foreign.body["code"]) == (403, "foreign_origin")


async def test_unknown_routes_and_methods_are_problem_documents(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        for answer, status in (
            (await house.get("/nowhere"), 404),
            (await house.request("DELETE", "/v1/accounts"), 405),
        ):
            assert answer.status == answer.body["status"] == status
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.body["request_id"] == answer.headers["x-request-id"]


async def test_a_second_server_on_the_same_store_is_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        settings = Settings(port=0, store=house.store, sandbox=True)
        with pytest.raises(StoreInUse, match="already runs on this store"):
            async with running_server(settings):
                pass
        assert (await house.get("/health/ready")).status == 200


async def test_the_sandbox_does_not_touch_an_account_of_another_network(tmp_path: Path) -> None:
    """Its login would be answered with `logged out`, and the identity be gone."""
    store = tmp_path / "store"
    async with open_house(store):
        pass
    with pytest.raises(ConfigError, match="choose another --store"):
        async with running_server(Settings(port=0, store=store)):
            pass
    (store / "sandbox").rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="choose another --store"):
        async with running_server(Settings(port=0, store=store, sandbox=True)):
            pass
    (tmp_path / "elsewhere").rename(store / "sandbox")
    async with open_house(store) as house:
        assert (await house.get("/health/ready")).status == 200


async def test_a_foreign_page_does_not_reach_the_sandbox_alone(tmp_path: Path) -> None:
    sandbox = await Sandbox.start(SandboxOptions(directory=tmp_path))
    transport = httpx.ASGITransport(guarded_control(sandbox))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        assert (await http.get("/sandbox")).status_code == 200
        foreign = await http.get("/sandbox", headers={"Host": "evil.example"})
        assert (foreign.status_code, foreign.json()["code"]) == (421, "wrong_host")
        headers = {"Origin": "https://evil.example"}
        assert (await http.post("/sandbox/phones", json={}, headers=headers)).status_code == 403
    await sandbox.stop()


async def test_the_sandbox_alone_documents_its_control(tmp_path: Path) -> None:
    sandbox = await Sandbox.start(SandboxOptions(directory=tmp_path))
    transport = httpx.ASGITransport(guarded_control(sandbox))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        told, page = (await http.get("/openapi.json")).json(), (await http.get("/docs")).text
    await sandbox.stop()
    assert "/sandbox/phones" in told["paths"]
    assert "curl -X POST http://localhost/sandbox/phones" in page
    assert "Authorization" not in page
    assert "<script" not in page


async def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(port=taken.getsockname()[1], store=tmp_path / "store", sandbox=True)
        with pytest.raises(ConfigError, match="--port"):
            async with running_server(settings):
                pass


async def test_a_store_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(port=0, store=tmp_path / "file" / "store", sandbox=True)
    with pytest.raises(ConfigError, match="folder"):
        async with running_server(settings):
            pass


async def test_what_is_on_disk_is_private(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        await house.until_rows("SELECT 1 FROM messages WHERE media_state = 'available'")
        network = house.store / "sandbox"
        for path in [house.store, *house.store.rglob("*")]:
            if network in path.parents:
                continue  # its folder is closed; what is below belongs to nobody real
            with contextlib.suppress(
                FileNotFoundError
            ):  # a download that came to its end meanwhile
                assert path.stat().st_mode & 0o077 == 0, path
