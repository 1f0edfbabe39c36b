"""Webhooks over HTTP: named, changed, tried, taken back; secrets are told once."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stored.desk import Desk
from stored.doors import ADMIN, Doors, key_of, open_doors
from stored.makers import received
from wigwag.core.feed import Feed
from wigwag.core.webhooks import MAX_WEBHOOKS, Webhooks
from wigwag.http.models.webhooks import CreatedWebhook, DeliveryPage, WebhookModel, WebhookPage
from wigwag.model.key import Scope
from wigwag.model.webhook import DeliveryError, DeliveryRecord
from wigwag.outward.guard import Guard

URL = "https://crm.example/hook"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = await Desk.open(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
async def doors(desk: Desk) -> AsyncIterator[Doors]:
    guard = Guard(("10.0.0.1",), "WIGWAG_WEBHOOK_ALLOW")
    webhooks = Webhooks(desk.archive, Feed(desk.archive), refuses=guard.refuses)
    async with open_doors(desk, webhooks=webhooks) as opened:
        yield opened


async def ask(doors: Doors, method: str, path: str, body: object = None) -> tuple[int, Any]:
    doors.key = ADMIN
    answer = await doors.client.request(method, f"/v1/webhooks{path}", json=body)
    return answer.status_code, answer.json() if answer.content else None


async def made(doors: Doors, **fields: Any) -> Any:
    status, body = await ask(doors, "POST", "", {"url": URL, **fields})
    assert status == 201, body
    return body


async def test_a_webhook_from_its_making_to_its_end(doors: Doors) -> None:
    created = await made(
        doors, accounts=["default"], chats=["+1 555 000-1111"], types=["message.received"]
    )
    CreatedWebhook.model_validate(created)
    assert created["secret"].startswith("whsec_")
    assert created["chats"] == ["15550001111@s.whatsapp.net"]
    path = f"/{created['id']}"
    status, seen = await ask(doors, "GET", path)
    WebhookModel.model_validate(seen)
    assert (status, "secret" in seen) == (200, False)
    page = (await ask(doors, "GET", ""))[1]
    WebhookPage.model_validate(page)
    assert [webhook["id"] for webhook in page["items"]] == [created["id"]]
    changed = (await ask(doors, "PATCH", path, {"types": [], "enabled": False}))[1]
    assert (changed["types"], changed["enabled"], changed["url"]) == ([], False, URL)
    rotated = (await ask(doors, "POST", f"{path}/rotate"))[1]
    assert rotated["secret"] not in ("", created["secret"])
    assert (await ask(doors, "DELETE", path))[0] == 204
    assert (await ask(doors, "GET", path))[0] == 404


async def test_deliveries_are_listed_by_state(doors: Doors, desk: Desk) -> None:
    webhook = await made(doors)
    path = f"/{webhook['id']}"
    for number, state in enumerate(("pending", "dead", "dead")):
        record = DeliveryRecord(
            webhook["id"], f"evt_{number}", number, "lane", "x", b"{}", 1, state=state, status=503
        )
        await desk.archive.write(lambda tx, r=record: tx.webhooks.add_deliveries([r]))
    page = (await ask(doors, "GET", f"{path}/deliveries?limit=2"))[1]
    DeliveryPage.model_validate(page)
    assert [item["id"] for item in page["items"]] == ["evt_2", "evt_1"]
    rest = (await ask(doors, "GET", f"{path}/deliveries?cursor={page['next_cursor']}"))[1]
    assert [item["id"] for item in rest["items"]] == ["evt_0"]
    pending = (await ask(doors, "GET", f"{path}/deliveries?state=pending"))[1]
    assert [item["id"] for item in pending["items"]] == ["evt_0"]
    assert (await ask(doors, "GET", f"{path}/deliveries?state=lost"))[0] == 400
    assert (await ask(doors, "POST", f"{path}/deliveries/evt_1/redeliver"))[0] == 202
    pending = (await ask(doors, "GET", f"{path}/deliveries?state=pending"))[1]
    assert [item["id"] for item in pending["items"]] == ["evt_1", "evt_0"]
    assert (await ask(doors, "POST", f"{path}/deliveries/evt_9/redeliver"))[0] == 404


async def test_tests_and_ranges(doors: Doors, desk: Desk) -> None:
    await desk.take(received("A1"))
    webhook = await made(doors)
    path = f"/{webhook['id']}"
    status, told = await ask(doors, "POST", f"{path}/test")
    assert (status, told["id"].startswith("evt_test_")) == (202, True)
    status, seen = await ask(doors, "POST", f"{path}/replay", {"from_seq": 1, "to_seq": 1})
    assert (status, seen["replaying"]) == (202, True)
    status, problem = await ask(doors, "POST", f"{path}/replay", {"from_seq": 1, "to_seq": 1})
    assert (status, problem["code"]) == (409, "conflict")
    assert (await ask(doors, "POST", f"{path}/replay", {"from_seq": 1, "to_seq": 9}))[0] == 400


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "ftp://crm.example/"},
        {"url": "https://user:secret@crm.example/"},
        {"url": "https://crm.example/#x"},
        {"url": "https:///hook"},
        {"url": "https://crm.example/a b"},
        {"url": "https://crm.example/\n"},
        {"url": "https://b\u00fccher.example/"},
        {"url": "https://crm.example:99999/"},
        {"url": "https://[::1/"},
        {"url": ""},
        {"types": ["message.recieved"]},
        {"chats": ["15550001111"]},
        {"accounts": ["default"], "chats": ["x"]},
        {"secret": "whsec_x"},
    ],
)
async def test_what_is_wrong_is_said(doors: Doors, fields: dict[str, Any]) -> None:
    status, problem = await ask(doors, "POST", "", {"url": URL, **fields})
    assert (status, problem["status"]) == (400, 400), problem
    assert (await ask(doors, "GET", ""))[1]["items"] == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_a_receiver_that_is_never_reached_is_refused_with_the_next_step(
    doors: Doors, host: str
) -> None:
    hook = await made(doors, url="http://10.0.0.1:9/hook")
    body = {"url": f"http://{host}:9/hook"}
    for method, path in (("POST", ""), ("PATCH", f"/{hook['id']}")):
        status, problem = await ask(doors, method, path, body)
        assert (status, problem["code"]) == (400, "address_refused")
        assert f"WIGWAG_WEBHOOK_ALLOW={host.strip('[]')}" in problem["detail"]


async def test_a_delivery_that_failed_tells_the_next_step(doors: Doors, desk: Desk) -> None:
    webhook = await made(doors)
    record = DeliveryRecord(
        webhook["id"], "evt_1", 1, "lane", "x", b"{}", 1, error=DeliveryError.ADDRESS_REFUSED
    )
    await desk.archive.write(lambda tx: tx.webhooks.add_deliveries([record]))
    (item,) = (await ask(doors, "GET", f"/{webhook['id']}/deliveries"))[1]["items"]
    assert item["error"] == "address_refused"
    assert "WIGWAG_WEBHOOK_ALLOW" in item["detail"]


async def test_an_account_that_is_not_served_is_not_there(doors: Doors) -> None:
    assert (await ask(doors, "POST", "", {"url": URL, "accounts": ["nobody"]}))[0] == 404


async def test_webhooks_are_for_admins(doors: Doors) -> None:
    assert await doors.problem("/v1/webhooks", key=key_of(Scope.READ, Scope.SEND)) == (
        403,
        "scope_missing",
    )


async def test_so_many_webhooks(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_WEBHOOKS == 100
    monkeypatch.setattr("wigwag.core.webhooks.MAX_WEBHOOKS", 1)
    await made(doors)
    assert (await ask(doors, "POST", "", {"url": URL}))[0] == 409
