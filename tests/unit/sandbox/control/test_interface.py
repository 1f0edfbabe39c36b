"""The control interface: every route, and errors that say what to do."""

import asyncio
import base64
import hashlib
from pathlib import Path

import pytest

from scripted.control import Caller, link
from wigwag.sandbox.control.interface import standalone_app
from wigwag.sandbox.demo import ECHO, LID_ONLY, PHONE, SILENT
from wigwag.sandbox.samples import make_png


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
