"""Groups, communities and newsletters over the interface of version 1, on a whole server."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from peers.child import until
from peers.house import EMMA, SAM, House, open_house
from wigwag.model.capability import Capability
from wigwag.sandbox.samples import make_jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT = "/v1/accounts/default"
NOBODY = "19995550000"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    async with open_house(tmp_path_factory.mktemp("house") / "store") as house:
        yield house


async def ok(house: House, method: str, path: str, body: object = None) -> Any:
    answer = await house.request(method, f"{ACCOUNT}{path}", body)
    assert answer.status in (200, 201), (path, answer.body)
    return answer.body


async def made(house: House, subject: str, **more: Any) -> str:
    """A group of the account with Emma; its address."""
    body = {"subject": subject, "participants": [f"+{EMMA}"], **more}
    return str((await ok(house, "POST", "/groups", body))["jid"])


async def test_a_group_is_made_changed_and_left(house: House) -> None:
    body = {"subject": "Sailing", "participants": [f"+{EMMA}", NOBODY]}
    made = await ok(house, "POST", "/groups", body)
    group = str(made["jid"])
    assert {who["phone"] for who in made["participants"]} == {"+15550100001", f"+{EMMA}"}
    assert [who["phone"] for who in made["not_added"]] == [f"+{NOBODY}"]
    assert (await ok(house, "GET", f"/groups/{group}"))["subject"] == "Sailing"
    change = {"subject": "Rowing", "description": "On the lake", "announce": True}
    changed = await ok(house, "PATCH", f"/groups/{group}", change)
    assert (changed["subject"], changed["description"]) == ("Rowing", "On the lake")
    assert changed["announce"]
    assert (await ok(house, "GET", f"/groups/{group}"))["description"] == "On the lake"
    message = {"to": group, "type": "text", "text": "Ahoy", "wait_s": 30}
    sent = await ok(house, "POST", "/messages", message)
    assert (await house.until_in_inbox(EMMA, sent["id"]))["text"] == "Ahoy"
    left = await ok(house, "POST", f"/groups/{group}/leave")
    assert left == {"chat_jid": group}
    await house.until_rows("SELECT 1 FROM groups WHERE jid = ? AND member = 0", group)


async def test_people_come_and_go(house: House) -> None:
    group = await made(house, "Diving")
    people = f"/groups/{group}/participants"
    added = await ok(house, "POST", f"{people}/add", {"people": [SAM, EMMA, NOBODY]})
    outcome = {
        who["phone"]: who["error"]["code"] if who["error"] else None for who in added["items"]
    }
    assert outcome == {
        f"+{SAM}": None,
        f"+{EMMA}": "already_there",
        f"+{NOBODY}": "not_found",
    }
    await ok(house, "POST", f"{people}/promote", {"people": [SAM]})
    members = (await ok(house, "GET", f"/groups/{group}"))["participants"]
    assert {who["phone"]: who["admin"] for who in members}[f"+{SAM}"]
    await ok(house, "POST", f"{people}/demote", {"people": [SAM]})
    await ok(house, "POST", f"{people}/remove", {"people": [SAM]})
    members = (await ok(house, "GET", f"/groups/{group}"))["participants"]
    assert f"+{SAM}" not in {who["phone"] for who in members}
    link = await ok(house, "GET", f"/groups/{group}/invite")
    seen = await ok(house, "POST", "/groups/preview", {"link": link["link"]})
    assert (seen["jid"], seen["member"]) == (group, True)
    void = await ok(house, "POST", f"/groups/{group}/invite/reset")
    assert void["link"] != link["link"]
    gone = await house.request("POST", f"{ACCOUNT}/groups/join", {"link": link["link"]})
    assert (gone.status, gone.body["code"]) == (410, "gone")


@pytest.mark.capability(Capability.GROUP_ADMISSION)
@pytest.mark.capability(Capability.JOIN_REQUESTS)
async def test_somebody_asks_to_be_let_in(house: House) -> None:
    made = await ok(house, "POST", "/groups", {"subject": "Fishing", "admin_add": True})
    assert made["admin_add"]
    group = made["jid"]
    await house.post(f"/sandbox/groups/{group}/requests", {"person": SAM})
    (waiting,) = (await ok(house, "GET", f"/groups/{group}/requests"))["items"]
    assert waiting["phone"] == f"+{SAM}"
    let_in = await ok(house, "POST", f"/groups/{group}/requests/approve", {"people": [SAM]})
    assert [who["done"] for who in let_in["items"]] == [True]


async def test_a_picture_is_set(house: House) -> None:
    group = await made(house, "Painting")
    headers = {"content-type": "image/jpeg"}
    uploaded = await house.request("POST", "/v1/media", data=make_jpeg(3), headers=headers)
    picture = await ok(
        house, "PUT", f"/groups/{group}/picture", {"media_id": uploaded.body["media_id"]}
    )
    assert picture["picture_id"]


@pytest.mark.capability(Capability.PICTURE_REMOVAL)
async def test_a_picture_is_removed(house: House) -> None:
    group = await made(house, "Drawing")
    removed = await ok(house, "DELETE", f"/groups/{group}/picture")
    assert removed == {"chat_jid": group, "picture_id": None}


async def test_a_community_has_groups(house: House) -> None:
    group = await made(house, "Cooking")
    village = (await ok(house, "POST", "/groups", {"subject": "Village", "community": True}))["jid"]
    inner = await ok(house, "POST", "/groups", {"subject": "In it", "parent": village})
    assert inner["parent_jid"] == village
    linked = await ok(house, "PUT", f"/communities/{village}/groups/{group}")
    assert linked["linked"]
    listed = (await ok(house, "GET", f"/communities/{village}/groups"))["items"]
    assert {group, inner["jid"]} <= {one["jid"] for one in listed}
    people = (await ok(house, "GET", f"/communities/{village}/participants"))["items"]
    assert f"+{EMMA}" in {who["phone"] for who in people}
    await ok(house, "DELETE", f"/communities/{village}/groups/{group}")
    assert (await ok(house, "GET", f"/groups/{group}"))["parent_jid"] is None


async def test_a_newsletter_is_followed(house: House) -> None:
    paper = (await house.post("/sandbox/newsletters", {"owner": EMMA, "name": "Paper"})).body["jid"]
    assert (await ok(house, "POST", f"/newsletters/{paper}/follow"))["role"] == "subscriber"
    said = await house.post(f"/sandbox/newsletters/{paper}/posts", {"text": "good morning"})
    await house.until_rows("SELECT 1 FROM messages WHERE id = ?", said.body["id"])
    (post,) = (await ok(house, "GET", f"/chats/{paper}/messages"))["items"]
    reactions = f"/newsletters/{paper}/posts/{post['id']}/reactions"
    await ok(house, "POST", reactions, {"emoji": "⛵"})
    await ok(house, "POST", f"/newsletters/{paper}/mute")

    async def is_muted() -> bool:
        return (await ok(house, "GET", f"/chats/{paper}"))["muted"]

    await until(is_muted, 10.0, "a muted newsletter")
    assert (await ok(house, "DELETE", f"/newsletters/{paper}/follow"))["role"] == "guest"


@pytest.mark.capability(Capability.NEWSLETTER_HISTORY)
@pytest.mark.capability(Capability.NEWSLETTER_COUNTS)
async def test_what_was_posted_before_and_its_counts(house: House) -> None:
    daily = (await house.post("/sandbox/newsletters", {"owner": EMMA, "name": "Daily"})).body["jid"]
    said = await house.post(f"/sandbox/newsletters/{daily}/posts", {"text": "good morning"})
    await ok(house, "POST", f"/newsletters/{daily}/follow")
    assert (await ok(house, "POST", f"/newsletters/{daily}/posts/fetch", {}))["fetched"] == 1
    await ok(house, "POST", f"/newsletters/{daily}/posts/seen", {"ids": [said.body["id"]]})
    assert (await ok(house, "POST", f"/newsletters/{daily}/live"))["seconds"] > 0


@pytest.mark.capability(Capability.NEWSLETTER_SETTINGS)
async def test_a_newsletter_is_owned(house: House) -> None:
    body = {"name": "Lake news", "accept_terms": True}
    mine = await ok(house, "POST", "/newsletters", body)
    assert mine["role"] == "owner"
    path = f"/newsletters/{mine['chat_jid']}"
    changed = await ok(house, "PATCH", path, {"description": "All of the lake"})
    assert changed["description"] == "All of the lake"
