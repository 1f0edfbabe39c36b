"""Keys over HTTP: what each may do, and how far it reaches."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from peers.house import EMMA, SAM, House, open_house
from wigwag.app.keys import make_key
from wigwag.app.server import running_server
from wigwag.config import Settings
from wigwag.model.key import Scope

FIRST = re.compile(r"shown this once: (wgw_\S+)")


CONFIGURED = "the-key-of-the-settings"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    async with open_house(tmp_path / "store", api_key=CONFIGURED) as house:
        yield house


async def make(house: House, **fields: Any) -> str:
    """The secret of a new key."""
    answer = await house.post("/v1/keys", {"name": "a bot", **fields}, x_api_key=CONFIGURED)
    assert answer.status == 201, answer.body
    return answer.body["secret"]


async def test_scopes_accounts_and_chats(house: House) -> None:
    reader = await make(house, scopes=["read"])
    sender = await make(house, scopes=["send"])
    stranger = await make(house, scopes=["read", "send"], accounts=["work"])
    friend = await make(
        house, scopes=["read", "send"], accounts=["default"], chats=["+1 555 010-0002"]
    )

    hello = {"recipient": EMMA, "message": "Hello"}
    for key, expected in ((reader, 403), (sender, 200), (stranger, 500), (friend, 200)):
        status = (await house.post("/api/send", hello, x_api_key=key)).status
        assert status == expected
    to_sam = await house.post("/api/send", hello | {"recipient": SAM}, x_api_key=friend)
    assert (to_sam.status, "no such chat" in to_sam.body["message"]) == (500, True)

    for key, expected in ((reader, 200), (sender, 403), (stranger, 404), (friend, 200)):
        assert (await house.get("/v1/accounts/default", x_api_key=key)).status == expected
    assert (await house.get("/v1/accounts", x_api_key=stranger)).body["items"] == []
    for path in ("/v1/keys", "/sandbox"):
        refused = await house.get(path, x_api_key=reader)
        assert (refused.status, refused.body["code"]) == (403, "scope_missing")


async def test_a_key_is_listed_without_its_secret_and_taken_back(house: House) -> None:
    secret = await make(house, scopes=["read"], expires_at="2099-01-01T00:00:00Z")
    listed = (await house.get("/v1/keys", x_api_key=CONFIGURED)).body["items"]
    assert [key["name"] for key in listed] == ["configured", "a bot"]
    assert secret not in str(listed)
    assert listed[1]["expires_at"] == "2099-01-01T00:00:00Z"
    path = f"/v1/keys/{listed[1]['id']}"
    assert (await house.get(path, x_api_key=CONFIGURED)).body == listed[1]
    assert (await house.get("/v1/accounts", x_api_key=secret)).status == 200
    gone = await house.request("DELETE", path, headers={"x-api-key": CONFIGURED})
    assert gone.status == 204
    assert (await house.get("/v1/accounts", x_api_key=secret)).status == 401
    assert (await house.get(path, x_api_key=CONFIGURED)).status == 404


async def test_a_key_is_changed(house: House) -> None:
    await make(house, scopes=["read"])
    (key,) = (await house.get("/v1/keys", x_api_key=CONFIGURED)).body["items"][1:]
    path, admin = f"/v1/keys/{key['id']}", {"x-api-key": CONFIGURED}
    ends = {"expires_at": "2099-01-01T00:00:00Z"}
    changed = await house.request("PATCH", path, {"name": "my bot", **ends}, headers=admin)
    assert changed.body == key | {"name": "my bot", **ends}
    changed = await house.request("PATCH", path, {"expires_at": None}, headers=admin)
    assert changed.body == key | {"name": "my bot"}
    for body, status in (({"scopes": ["admin"]}, 400), ({"expires_at": "tomorrow"}, 400)):
        assert (await house.request("PATCH", path, body, headers=admin)).status == status


@pytest.mark.parametrize(
    "fields",
    [
        {"scopes": []},
        {"scopes": ["fly"]},
        {"scopes": ["read"], "chats": ["15550100002"]},
        {"scopes": ["read"], "accounts": ["default"], "chats": ["not a chat"]},
        {"scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"},
        {"scopes": ["read"], "expires_at": "tomorrow"},
        {"scopes": ["read"], "more": 1},
        {"scopes": ["read"], "name": ""},
    ],
)
async def test_what_is_no_key_is_refused(house: House, fields: dict[str, Any]) -> None:
    answer = await house.post("/v1/keys", {"name": "a bot", **fields}, x_api_key=CONFIGURED)
    assert answer.status == 400
    assert answer.body["detail"]


async def test_the_first_start_tells_a_key_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Settings(port=0, store=tmp_path / "store", sandbox=True, keys="on")
    async with running_server(options):
        pass
    (secret,) = FIRST.findall(capsys.readouterr().out)
    async with running_server(options):
        pass
    assert not FIRST.findall(capsys.readouterr().out)
    told: list[str] = []
    second = await make_key(options, "another", [Scope.ADMIN], told.append)
    assert second != secret
    assert not told
