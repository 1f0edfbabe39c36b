"""People and groups by the control interface."""

import base64

from scripted.control import Caller
from wigwag.sandbox.demo import ECHO, LID_ONLY, PHONE, SILENT
from wigwag.sandbox.samples import make_png


async def test_people_change(caller: Caller) -> None:
    answer = await caller.ask(
        "PATCH", f"/people/{ECHO}", {"behaviour": "silent", "receipts": False}
    )
    assert (answer.json()["behaviour"], answer.json()["receipts"]) == ("silent", False)
    old = caller.sandbox.person(ECHO).keyring.local.identity.public
    await caller.ask("PATCH", f"/people/{ECHO}", {"reinstall": True})
    assert caller.sandbox.person(ECHO).keyring.local.identity.public != old
    await caller.say(SILENT, to=ECHO, text="nobody answers")
    assert await caller.inbox(SILENT) == []
    assert (await caller.get(f"/people/{SILENT}/receipts"))["items"] == []


async def test_people_say_odd_things(caller: Caller) -> None:
    odd = {"kind": "future_beside_text", "text": "hello"}
    await caller.say(SILENT, to=LID_ONLY, oddity=odd)
    picture = {"base64": base64.b64encode(make_png(1)).decode(), "once": True}
    await caller.say(SILENT, to=LID_ONLY, media=picture)
    text, media = await caller.inbox(LID_ONLY)
    assert (text["text"], text["view_once"]) == ("hello", False)
    assert (media["type"], media["view_once"]) == ("image", True)
    poll = {"question": "Tea?", "options": ["yes", "no"]}
    asked = (await caller.say(SILENT, to=LID_ONLY, poll=poll))["id"]
    for by in ("pn", "lid"):
        await caller.say(LID_ONLY, vote={"id": asked, "options": ["yes"], "by": by})
    votes = await caller.inbox(SILENT)
    assert [vote["options"] for vote in votes] == [["yes"], ["yes"]]
    body = {"to": LID_ONLY, "oddity": {"kind": "even"}}
    assert (await caller.fail("POST", f"/people/{SILENT}/messages", body))[0] == 400


async def test_people_have_several_devices(caller: Caller) -> None:
    made = await caller.post(f"/people/{SILENT}/devices")
    assert (made["device"], made["jid"]) == (1, f"{SILENT}:1@s.whatsapp.net")
    await caller.say(LID_ONLY, to=SILENT, text="to both")
    await caller.say(f"{SILENT}:1", to=LID_ONLY, text="from the second")
    assert [entry["text"] for entry in await caller.inbox(f"{SILENT}:1")] == ["to both"]
    assert [entry["text"] for entry in await caller.inbox(made["jid"])] == ["to both"]
    assert (await caller.inbox(LID_ONLY))[0]["device"] == 1
    assert (await caller.get(f"/people/{SILENT}"))["devices"] == [0, 1]
    answer = await caller.ask("DELETE", f"/people/{SILENT}/devices/1")
    assert answer.json()["devices"] == [0]
    for gone in (f"{SILENT}:1", f"{SILENT}:x", f"{SILENT}:99999"):
        assert (await caller.fail("GET", f"/people/{gone}/inbox"))[0] == 404
    assert (await caller.fail("DELETE", f"/people/{SILENT}/devices/1"))[0] == 404


async def test_who_is_whom_is_told_and_withheld(caller: Caller) -> None:
    person = await caller.post(
        "/people",
        {"name": "Bia", "phone": "551187654321", "other_forms": ["5511987654321"],
         "addressing": "pn"},
    )  # fmt: skip
    assert (person["addressing"], person["withheld"]) == ("pn", [])
    assert (await caller.get("/people/5511987654321"))["phone"] == "551187654321"
    path = "/people/551187654321"
    hidden = await caller.patch(path, {"withheld": ["usync", "attributes"], "addressing": "lid"})
    assert (hidden["addressing"], hidden["withheld"]) == ("lid", ["attributes", "usync"])
    phone = (await caller.get("/phones"))["items"][0]["phone"]
    told = await caller.post(f"{path}/mapping", {"to": phone, "by": "contacts"}, status=200)
    assert told == {"jid": person["jid"], "lid": person["lid"], "by": "contacts"}
    moved = await caller.patch(path, {"phone": "551187650000", "withheld": []})
    assert (moved["phone"], moved["lid"]) == ("551187650000", person["lid"])
    assert (await caller.get("/people/551187650000")) == moved
    assert await caller.fail("PATCH", "/people/551187650000", {"phone": phone}) == (
        400,
        "invalid_input",
    )


async def test_people_change_what_others_see_of_them(caller: Caller) -> None:
    picture = base64.b64encode(b"\xff\xd8\xff").decode()
    seen = {"about": "Busy", "picture": picture, "default_ephemeral_seconds": 60}
    await caller.patch(f"/people/{ECHO}", seen | {"business": {"email": "shop@example.com"}})
    account = caller.sandbox.network.directory.get(ECHO)
    assert (account.about, account.picture_id != "", account.timer_s) == ("Busy", True, 60)
    assert account.business == {"email": "shop@example.com"}
    await caller.patch(f"/people/{ECHO}", {"picture": ""})
    assert account.picture_id == ""
    refused = await caller.fail("PATCH", f"/people/{ECHO}", {"picture": "?"})
    assert refused == (400, "invalid_input")


async def test_presence(caller: Caller) -> None:
    await caller.post(f"/people/{SILENT}/presence", {"activity": "available"}, 200)
    await caller.post(f"/people/{SILENT}/presence", {"to": PHONE, "activity": "composing"}, 200)
    body = {"to": PHONE, "activity": "available"}
    assert (await caller.fail("POST", f"/people/{SILENT}/presence", body))[0] == 400


async def test_groups(caller: Caller) -> None:
    group = await caller.post(
        "/groups", {"subject": "Both", "participants": [PHONE, SILENT], "creator": LID_ONLY}
    )
    path = f"/groups/{group['jid']}"
    assert [one["role"] for one in group["participants"]] == ["superadmin", "member", "member"]
    await caller.post(path + "/participants", {"action": "add", "participants": [ECHO]}, 200)
    await caller.post(path + "/participants", {"action": "promote", "participants": [PHONE]}, 200)
    await caller.post(path + "/participants", {"action": "remove", "participants": [SILENT]}, 200)
    answer = await caller.ask("PATCH", path, {"subject": "Renamed"})
    assert answer.json()["subject"] == "Renamed"
    found = await caller.get(path)
    assert {one["name"]: one["role"] for one in found["participants"]} == {
        "Lina Lidonly": "superadmin",
        "Alex Demo": "admin",
        "Emma Echo": "member",
    }
    assert len((await caller.get("/groups"))["items"]) == 2
    assert await caller.fail("GET", "/groups/1@g.us") == (404, "not_found")
    assert await caller.fail("GET", "/groups/nonsense") == (400, "malformed_jid")
    body = {"subject": "x", "participants": ["4915100000000"]}
    assert await caller.fail("POST", "/groups", body) == (404, "not_found")


async def test_receipts(caller: Caller) -> None:
    sent = (await caller.say(SILENT, to=LID_ONLY, text="read me"))["id"]
    await caller.post(f"/people/{LID_ONLY}/receipts", {"ids": [sent]}, 200)
    kinds = [one["kind"] for one in (await caller.get(f"/people/{SILENT}/receipts"))["items"]]
    assert kinds == ["delivered", "read"]
    body = {"ids": ["UNKNOWN"]}
    assert (await caller.fail("POST", f"/people/{LID_ONLY}/receipts", body))[0] == 404
