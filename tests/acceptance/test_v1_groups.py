"""Groups, communities and newsletters over the interface of version 1, on a whole server."""

from pathlib import Path
from typing import Any

from peers.child import until
from peers.house import EMMA, SAM, House, open_house
from wigwag.sandbox.samples import make_jpeg

ACCOUNT = "/v1/accounts/default"
NOBODY = "19995550000"


async def ok(house: House, method: str, path: str, body: object = None) -> Any:
    answer = await house.request(method, f"{ACCOUNT}{path}", body)
    assert answer.status in (200, 201), (path, answer.body)
    return answer.body


async def test_what_is_done_with_groups(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        group = await a_group_is_made_and_changed(house)
        await people_come_and_go(house, group)
        await a_picture_is_set(house, group)
        await a_community_has_groups(house, group)
        await a_newsletter_is_owned_and_one_followed(house)
        left = await ok(house, "POST", f"/groups/{group}/leave")
        assert left == {"chat_jid": group}
        await house.until_rows("SELECT 1 FROM groups WHERE jid = ? AND member = 0", group)


async def a_group_is_made_and_changed(house: House) -> str:
    body = {"subject": "Sailing", "participants": [f"+{EMMA}", NOBODY], "admin_add": True}
    made = await ok(house, "POST", "/groups", body)
    group = str(made["jid"])
    assert made["admin_add"]
    assert {who["phone"] for who in made["participants"]} == {"+15550100001", f"+{EMMA}"}
    assert [who["phone"] for who in made["not_added"]] == [f"+{NOBODY}"]
    assert (await ok(house, "GET", f"/groups/{group}"))["subject"] == "Sailing"
    change = {"subject": "Rowing", "description": "On the lake", "announce": True}
    changed = await ok(house, "PATCH", f"/groups/{group}", change)
    assert (changed["subject"], changed["description"]) == ("Rowing", "On the lake")
    assert changed["announce"]
    assert (await ok(house, "GET", f"/groups/{group}"))["description"] == "On the lake"
    sent = await ok(house, "POST", "/messages", {"to": group, "type": "text", "text": "Ahoy"})
    assert (await house.until_in_inbox(EMMA, sent["id"]))["text"] == "Ahoy"
    return group


async def people_come_and_go(house: House, group: str) -> None:
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
    await house.post(f"/sandbox/groups/{group}/requests", {"person": SAM})
    (waiting,) = (await ok(house, "GET", f"/groups/{group}/requests"))["items"]
    assert waiting["phone"] == f"+{SAM}"
    let_in = await ok(house, "POST", f"/groups/{group}/requests/approve", {"people": [SAM]})
    assert [who["done"] for who in let_in["items"]] == [True]


async def a_picture_is_set(house: House, group: str) -> None:
    headers = {"content-type": "image/jpeg"}
    uploaded = await house.request("POST", "/v1/media", data=make_jpeg(3), headers=headers)
    picture = await ok(
        house, "PUT", f"/groups/{group}/picture", {"media_id": uploaded.body["media_id"]}
    )
    assert picture["picture_id"]
    removed = await ok(house, "DELETE", f"/groups/{group}/picture")
    assert removed == {"chat_jid": group, "picture_id": None}


async def a_community_has_groups(house: House, group: str) -> None:
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


async def a_newsletter_is_owned_and_one_followed(house: House) -> None:
    body = {"name": "Lake news", "accept_terms": True}
    mine = await ok(house, "POST", "/newsletters", body)
    assert mine["role"] == "owner"
    path = f"/newsletters/{mine['chat_jid']}"
    changed = await ok(house, "PATCH", path, {"description": "All of the lake"})
    assert changed["description"] == "All of the lake"
    paper = (await house.post("/sandbox/newsletters", {"owner": EMMA, "name": "Paper"})).body["jid"]
    await house.post(f"/sandbox/newsletters/{paper}/posts", {"text": "good morning"})
    assert (await ok(house, "POST", f"/newsletters/{paper}/follow"))["role"] == "subscriber"
    assert (await ok(house, "POST", f"/newsletters/{paper}/posts/fetch", {}))["fetched"] == 1
    (post,) = (await ok(house, "GET", f"/chats/{paper}/messages"))["items"]
    posts = f"/newsletters/{paper}/posts"
    await ok(house, "POST", f"{posts}/{post['id']}/reactions", {"emoji": "⛵"})
    await ok(house, "POST", f"{posts}/seen", {"ids": [post["id"]]})
    assert (await ok(house, "POST", f"/newsletters/{paper}/live"))["seconds"] > 0
    await ok(house, "POST", f"/newsletters/{paper}/mute")

    async def is_muted() -> bool:
        return (await ok(house, "GET", f"/chats/{paper}"))["muted"]

    await until(is_muted, 10.0, "a muted newsletter")
    assert (await ok(house, "DELETE", f"/newsletters/{paper}/follow"))["role"] == "guest"
