"""The control interface: every route, and errors that say what to do."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from scripted.asgi import Answer, call
from scripted.neighbours import Companion, Neighbourhood
from wigwag.sandbox.control.interface import standalone_app
from wigwag.sandbox.demo import ECHO, LID_ONLY, PHONE, SILENT
from wigwag.sandbox.samples import make_png
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions


class Caller:
    """The HTTP interface over a populated sandbox."""

    def __init__(self, sandbox: Sandbox, root: Path) -> None:
        self.sandbox = sandbox
        self.root = root
        self.app = standalone_app(sandbox, root)

    async def ask(self, method: str, path: str, body: object = None) -> Answer:
        return await call(self.app, method, "/sandbox" + path, body)

    async def get(self, path: str) -> Any:
        answer = await self.ask("GET", path)
        assert answer.status == 200, answer.body
        return answer.json()

    async def post(self, path: str, body: object = None, status: int = 201) -> Any:
        answer = await self.ask("POST", path, body)
        assert answer.status == status, answer.body
        return answer.json()

    async def patch(self, path: str, body: object) -> Any:
        answer = await self.ask("PATCH", path, body)
        assert answer.status == 200, answer.body
        return answer.json()

    async def fail(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """The status and the code of a problem."""
        answer = await self.ask(method, path, body)
        assert answer.content_type == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == answer.status
        assert problem["detail"]
        return answer.status, problem["code"]

    async def inbox(self, phone: str, noun: str = "people") -> list[dict[str, Any]]:
        return (await self.get(f"/{noun}/{phone}/inbox"))["items"]

    async def say(self, phone: str, noun: str = "people", **message: object) -> Any:
        return await self.post(f"/{noun}/{phone}/messages", message)


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncGenerator[Caller]:
    sandbox = await Sandbox.start(SandboxOptions(seed=1))
    sandbox.populate()
    yield Caller(sandbox, tmp_path)
    await sandbox.stop()


async def test_overview(caller: Caller) -> None:
    overview = await caller.get("")
    assert overview["ws_url"] == caller.sandbox.ws_url
    assert overview["proxy_url"] == caller.sandbox.proxy_url
    assert overview["noise_root_hex"] == caller.sandbox.noise_root.hex()
    assert overview["ca_pem"]["path"] == str(caller.sandbox.ca_file)
    assert overview["ca_pem"]["text"].startswith("-----BEGIN CERTIFICATE-----")
    (phone,) = overview["phones"]
    assert phone["phone"] == PHONE
    assert phone["jid"] == f"{PHONE}@s.whatsapp.net"
    assert phone["lid"].endswith("@lid")
    assert phone["companions"] == []
    assert [person["behaviour"] for person in overview["people"]] == ["echo", "silent", "silent"]
    assert overview["people"][2]["jid"] == overview["people"][2]["lid"]
    (group,) = overview["groups"]
    assert group["subject"] == "Demo group"
    assert len(group["participants"]) == 4


async def test_phones_and_people_move_in(caller: Caller) -> None:
    phone = await caller.post("/phones", {"name": "Second"})
    assert await caller.get(f"/phones/{phone['phone']}") == phone
    person = await caller.post(
        "/people", {"name": "Dora", "phone": "+49 151 0000001", "behaviour": "echo"}
    )
    assert (person["phone"], person["behaviour"]) == ("491510000001", "echo")
    hidden = await caller.post("/people", {"name": "Hidden", "lid_only": True})
    assert hidden["jid"] == hidden["lid"]
    assert len((await caller.get("/people"))["items"]) == 5
    assert len((await caller.get("/phones"))["items"]) == 2
    assert await caller.fail("POST", "/people", {"name": "Twin", "phone": "491510000001"}) == (
        400,
        "invalid_input",
    )


async def test_texts_and_inboxes(caller: Caller) -> None:
    sent = await caller.say(SILENT, to=ECHO, text="Hello")
    assert sent["chat"] == f"{ECHO}@s.whatsapp.net"
    (echoed,) = await caller.inbox(SILENT)
    assert echoed | {"id": "", "timestamp": "", "from_lid": "", "chat_lid": ""} == {
        "seq": 1,
        "id": "",
        "from": f"{ECHO}@s.whatsapp.net",
        "from_lid": "",
        "from_me": False,
        "device": 0,
        "chat": f"{ECHO}@s.whatsapp.net",
        "chat_lid": "",
        "type": "text",
        "text": "Hello",
        "media": None,
        "timestamp": "",
        "push_name": "Emma Echo",
        "view_once": False,
    }
    (heard,) = await caller.inbox(ECHO)
    assert heard["id"] == sent["id"]
    assert heard["timestamp"].endswith("Z")


async def test_many_texts_at_once(caller: Caller) -> None:
    texts = [f"text {number}" for number in range(50)]
    sent = await caller.say(SILENT, to=PHONE, texts=texts)
    got = await caller.inbox(PHONE, "phones")
    assert [entry["text"] for entry in got] == texts
    assert [entry["id"] for entry in got] == sent["ids"]
    page = await caller.get(f"/phones/{PHONE}/inbox?after=10&limit=5")
    assert [entry["seq"] for entry in page["items"]] == [11, 12, 13, 14, 15]
    assert page["next_cursor"] == "15"


async def test_waiting_for_the_inbox(caller: Caller) -> None:
    waiting = asyncio.create_task(caller.get(f"/phones/{PHONE}/inbox?wait_s=10"))
    await asyncio.sleep(0)
    await caller.say(SILENT, to=PHONE, text="at last")
    assert [entry["text"] for entry in (await waiting)["items"]] == ["at last"]
    assert (await caller.get(f"/phones/{PHONE}/inbox?after=1&wait_s=0.01"))["items"] == []


async def test_every_kind(caller: Caller) -> None:
    group = str(caller.sandbox.groups[0].jid)
    to = {"to": group}
    poll = (await caller.say(SILENT, **to, poll={"question": "Which?", "options": ["a", "b"]}))[
        "id"
    ]
    await caller.say(LID_ONLY, vote={"id": poll, "options": ["b"]})
    await caller.say(SILENT, **to, location={"latitude": 1.5, "longitude": 2.5, "name": "Here"})
    await caller.say(SILENT, **to, contact={"name": "Dora", "phone": "+49 151 1"})
    await caller.say(SILENT, **to, contacts=[{"name": "A", "vcard": "BEGIN:VCARD\nEND:VCARD"}] * 2)
    text = (await caller.say(SILENT, **to, text="Hello", mentions=[PHONE]))["id"]
    await caller.say(LID_ONLY, **to, text="Yes?", reply_to=text)
    await caller.say(LID_ONLY, reaction={"id": text, "emoji": "+1"})
    await caller.say(SILENT, edit={"id": text, "text": "Goodbye"})
    await caller.say(SILENT, revoke={"id": text})
    await caller.say(SILENT, to="status@broadcast", text="A status")
    entries = [
        one for one in await caller.inbox(PHONE, "phones") if one["push_name"] != "Emma Echo"
    ]
    assert [(one["type"], one["text"]) for one in entries] == [
        ("poll", "Which?"),
        ("poll_vote", ""),
        ("location", "Here"),
        ("contact", "Dora"),
        ("contact", "A, A"),
        ("text", "Hello"),
        ("text", "Yes?"),
        ("reaction", "+1"),
        ("edit", "Goodbye"),
        ("revoke", ""),
        ("text", "A status"),
    ]
    assert entries[0]["options"] == ["a", "b"]
    assert (entries[1]["target"], entries[1]["options"]) == (poll, ["b"])
    assert entries[2]["location"]["latitude"] == 1.5
    assert "waid=491511:+491511" in entries[3]["contacts"][0]["vcard"]
    assert entries[5]["mentions"] == [str(caller.sandbox.phone(PHONE).lid)]
    assert entries[6]["reply_to"] == text
    assert entries[7]["target"] == entries[8]["target"] == entries[9]["target"] == text
    assert entries[10]["chat"] == "status@broadcast"


async def test_media_by_base64_and_by_path(caller: Caller) -> None:
    data = make_png(5)
    encoded = base64.b64encode(data).decode()
    sent = await caller.say(
        SILENT, to=PHONE, media={"base64": encoded, "caption": "Look", "filename": "x.png"}
    )
    (caller.root / "notes.txt").write_bytes(b"notes")
    await caller.say(SILENT, to=PHONE, media={"path": "notes.txt", "kind": "document"})
    picture, document = await caller.inbox(PHONE, "phones")
    assert (picture["type"], picture["text"]) == ("image", "Look")
    assert picture["media"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert document["media"] == {
        "kind": "document",
        "mime": "text/plain",
        "size_bytes": 5,
        "sha256": hashlib.sha256(b"notes").hexdigest(),
        "filename": "notes.txt",
    }
    answer = await caller.ask("GET", f"/phones/{PHONE}/inbox/{sent['id']}/media")
    assert (answer.status, answer.body) == (200, data)
    assert await caller.fail("GET", f"/phones/{PHONE}/inbox/UNKNOWN/media") == (404, "not_found")
    listed = (await caller.get("/media"))["items"]
    assert len(listed) == 4 + 2
    assert {"type", "token", "direct_path", "size_bytes", "downloads"} <= listed[0].keys()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("../outside.txt", (403, "media_forbidden")),
        ("/etc/hostname", (403, "media_forbidden")),
        ("link", (403, "media_forbidden")),
        ("missing.txt", (400, "media_unreadable")),
        ("folder", (400, "media_unreadable")),
        ("pipe", (400, "media_unreadable")),
        ("a\0b", (400, "media_unreadable")),
    ],
)
async def test_paths_are_confined(
    caller: Caller, tmp_path: Path, path: str, expected: tuple[int, str]
) -> None:
    import os

    caller.root = tmp_path / "root"
    caller.root.mkdir()
    (tmp_path / "outside.txt").write_text("secret")
    (caller.root / "folder").mkdir()
    (caller.root / "link").symlink_to(tmp_path / "outside.txt")
    os.mkfifo(caller.root / "pipe")
    caller.app = standalone_app(caller.sandbox, caller.root)
    body = {"to": PHONE, "media": {"path": path}}
    assert await caller.fail("POST", f"/people/{SILENT}/messages", body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "invalid_input")),
        ({"to": PHONE}, (400, "invalid_input")),
        ({"text": "x"}, (400, "invalid_input")),
        (
            {"to": PHONE, "text": "x", "poll": {"question": "q", "options": []}},
            (400, "invalid_input"),
        ),
        ({"to": PHONE, "text": "x", "txet": "y"}, (400, "invalid_input")),
        ({"to": PHONE, "text": ""}, (400, "invalid_input")),
        ({"to": PHONE, "poll": {"question": "q", "options": ["one"]}}, (400, "invalid_input")),
        ({"to": PHONE, "media": {}}, (400, "invalid_input")),
        ({"to": PHONE, "media": {"base64": "%"}}, (400, "invalid_input")),
        ({"to": "12", "text": "x"}, (400, "malformed_jid")),
        ({"to": "4915100000000", "text": "x"}, (404, "not_found")),
        ({"to": "1@g.us", "text": "x"}, (404, "not_found")),
        ({"reaction": {"id": "UNKNOWN", "emoji": "+1"}}, (404, "not_found")),
        ({"vote": {"id": "UNKNOWN", "options": []}}, (404, "not_found")),
        ([], (400, "invalid_input")),
    ],
)
async def test_what_cannot_be_said(caller: Caller, body: object, expected: tuple[int, str]) -> None:
    assert await caller.fail("POST", f"/people/{SILENT}/messages", body) == expected


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


async def test_receipts(caller: Caller) -> None:
    sent = (await caller.say(SILENT, to=LID_ONLY, text="read me"))["id"]
    await caller.post(f"/people/{LID_ONLY}/receipts", {"ids": [sent]}, 200)
    kinds = [one["kind"] for one in (await caller.get(f"/people/{SILENT}/receipts"))["items"]]
    assert kinds == ["delivered", "read"]
    body = {"ids": ["UNKNOWN"]}
    assert (await caller.fail("POST", f"/people/{LID_ONLY}/receipts", body))[0] == 404


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


async def test_faults(caller: Caller) -> None:
    made = await caller.post("/faults", {"kind": "garble", "device": PHONE, "count": 2})
    (fault,) = (await caller.get("/faults"))["items"]
    assert (fault["id"], fault["kind"], fault["target"]) == (made["id"], "garble", PHONE)
    await caller.say(SILENT, to=PHONE, text="damaged on the way")
    assert [one["text"] for one in await caller.inbox(PHONE, "phones")] == ["damaged on the way"]
    made = await caller.post("/faults/random", {"seed": 7, "count": 3, "kinds": ["hold"]})
    assert [item["kind"] for item in made["items"]] == ["hold"] * 3
    await caller.post("/faults", {"kind": "hold"})
    assert (await caller.ask("DELETE", "/faults/2")).status == 204
    assert await caller.fail("DELETE", "/faults/2") == (404, "not_found")
    await caller.post("/faults", {"kind": "hold"})
    assert (await caller.ask("DELETE", "/faults")).status == 204
    assert (await caller.get("/faults"))["items"] == []
    assert await caller.fail("POST", "/faults", {"kind": "earthquake"}) == (400, "invalid_input")
    assert await caller.fail("POST", "/faults", {}) == (400, "invalid_input")


async def link(caller: Caller, phone: str = PHONE) -> Companion:
    """A scripted client that is linked by the HTTP interface."""
    hood = Neighbourhood.__new__(Neighbourhood)
    hood.network = caller.sandbox.network
    hood.surroundings = caller.sandbox.surroundings
    hood.chance = caller.sandbox.chance
    hood.host = caller.sandbox.media
    companion = Companion(hood)
    await caller.post("/scan", {"qr": companion.show_qr(), "phone": phone}, 200)
    companion.finish_pairing()
    companion.log_in()
    return companion


async def test_scanning_history_and_unlinking(caller: Caller) -> None:
    companion = await link(caller)
    await asyncio.sleep(0)
    (shown,) = (await caller.get(f"/phones/{PHONE}"))["companions"]
    assert shown["jid"] == str(companion.device.pn)
    assert shown["connected"]
    told = await caller.post(
        f"/phones/{PHONE}/history", {"chats": 3, "messages": 30, "media": True}
    )
    assert (len(told["chats"]), told["messages"]) == (3, 30)
    assert told["sent_to"] == [str(companion.device.lid)]
    await caller.say(PHONE, "phones", to=SILENT, text="typed on the phone")
    assert companion.device.inbox.entries()[-1].text == "typed on the phone"
    await caller.post(f"/phones/{PHONE}/contacts", {"jid": "4915100000000", "name": "Stranger"})
    await caller.post(f"/phones/{PHONE}/unlink", {"device": str(companion.device.pn)}, 200)
    assert (await caller.get(f"/phones/{PHONE}"))["companions"] == []
    await caller.post(f"/phones/{PHONE}/unlink", None, 200)
    assert await caller.fail("POST", "/scan", {"qr": "nonsense"}) == (400, "pairing_refused")
    assert await caller.fail("POST", "/faults", {"\ud800": 1}) == (400, "invalid_input")
    assert (await caller.get(f"/transcript?after={2**64}"))["items"] == []


async def test_typing_a_code(caller: Caller) -> None:
    body = {"code": "ABCD-1234", "phone": PHONE}
    assert await caller.fail("POST", "/enter-code", body) == (404, "not_found")


async def test_the_transcript(caller: Caller) -> None:
    companion = await link(caller)
    await caller.say(SILENT, to=PHONE, text="secret")
    entries = (await caller.get(f"/transcript?device={PHONE}"))["items"]
    assert {entry["device"] for entry in entries} == {str(companion.device.pn)}
    assert {entry["direction"] for entry in entries} == {"in", "out"}
    message = next(entry for entry in entries if entry["stanza"]["tag"] == "message")
    assert message["stanza"]["attrs"]["from"] == str(caller.sandbox.phone(PHONE).lid)
    last = entries[-1]["seq"]
    assert (await caller.get(f"/transcript?after={last}"))["items"] == []
    first = await caller.get("/transcript?limit=1")
    assert (first["items"][0]["device"], first["next_cursor"]) == ("unpaired-1", "1")
    assert len((await caller.get("/transcript?device=unpaired-1"))["items"]) > 1
    assert (await caller.get(f"/transcript?device={SILENT}"))["items"] == []
    assert (await caller.get(f"/transcript?device={companion.device.lid}"))["items"] == entries


async def test_unknown_routes_and_people(caller: Caller) -> None:
    assert await caller.fail("GET", "/nothing") == (404, "not_found")
    assert await caller.fail("DELETE", "/people") == (405, "method_not_allowed")
    assert await caller.fail("GET", "/people/4915100000000") == (404, "not_found")
    assert await caller.fail("GET", "/people/x/inbox") == (400, "malformed_jid")
    assert await caller.fail("GET", f"/people/{SILENT}/inbox?after=-1") == (400, "invalid_input")
    assert await caller.fail("POST", "/people", {"name": ""}) == (400, "invalid_input")


async def test_the_app_state_of_a_phone(caller: Caller) -> None:
    path = f"/phones/{PHONE}/app_state"
    changes = [
        {"type": "archive", "chat": SILENT, "archived": True},
        {"type": "mute", "chat": SILENT, "muted": True, "until": "2026-03-01T12:00:00Z"},
        {
            "type": "star",
            "message": {"chat": f"{ECHO}@s.whatsapp.net", "id": "A1"},
            "starred": True,
        },
        {"type": "label", "id": "7", "name": "Work"},
        {"type": "status_privacy", "mode": "deny_list", "people": [SILENT]},
    ]
    made = await caller.post(path, {"changes": changes})
    shown = await caller.get(path)
    assert made == shown
    (archived,) = shown["regular_low"]
    assert (archived["type"], archived["chat"]) == ("archive", f"{SILENT}@s.whatsapp.net")
    muted, starred, privacy = shown["regular_high"]
    assert muted["until"] == "2026-03-01T12:00:00Z"
    assert starred["message"]["id"] == "A1"
    assert privacy["people"] == [f"{SILENT}@s.whatsapp.net"]
    assert shown["regular"] == [
        {"type": "label", "id": "7", "name": "Work", "color": 0, "deleted": False}
    ]
    # what was shown can be said again
    await caller.post(path, {"changes": [archived, starred]})
    for wrong in ({"type": "made_up"}, {"type": "archive", "chat": "?", "archived": True}, {}):
        assert (await caller.fail("POST", path, {"changes": [wrong]}))[0] == 400
    key = await caller.post(f"{path}/keys", {"share": False})
    assert len(key["key_id"]) == 12
    assert key["shared_with"] == []


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
