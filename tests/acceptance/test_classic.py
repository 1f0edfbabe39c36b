"""The classic endpoints over HTTP: what existing programs rely on, text by text."""

import hashlib
import os
from pathlib import Path

import pytest

from peers.child import until
from peers.house import EMMA, LEFT, SAM, open_house
from stored.recordings import make_claiming_picture
from wigwag.sandbox.samples import make_png, make_voice

CHAT = f"{EMMA}@s.whatsapp.net"
CHAT_SAM = f"{SAM}@s.whatsapp.net"
ECHO = """
    SELECT 1 FROM messages
    WHERE chat_jid = ? AND sender = ? AND content = ? AND is_from_me = 0
"""
IN_ORDER = "SELECT is_from_me FROM messages WHERE content = ? ORDER BY timestamp, rowid"


async def test_a_text_reaches_a_contact_and_the_answer_is_archived(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        answer = await house.send(EMMA, "Hello, Émma 👋")
        assert answer.status == 200
        assert answer.body["success"] is True
        assert answer.body["message"] == f"Message sent to {EMMA}"
        assert (answer.body["chat_jid"], answer.body["state"] in LEFT) == (CHAT, True)
        entry = await house.until_in_inbox(EMMA, answer.body["id"])
        assert entry["text"] == "Hello, Émma 👋"
        # read-after-write, then the echo
        own = house.rows(
            "SELECT content, is_from_me, chat_jid FROM messages WHERE id = ?", answer.body["id"]
        )
        assert own == [("Hello, Émma 👋", 1, CHAT)]
        await house.until_rows(ECHO, CHAT, CHAT, "Hello, Émma 👋")
        order = house.rows(IN_ORDER, "Hello, Émma 👋")
        assert order == [(1,), (0,)]


@pytest.mark.parametrize("form", [f"+{EMMA}", "+1 555 010-0002", f"00{EMMA}", CHAT, f"{EMMA}@c.us"])
async def test_every_form_of_a_number_is_the_same_chat(tmp_path: Path, form: str) -> None:
    async with open_house(tmp_path / "store") as house:
        answer = await house.send(form, "to one person")
        assert answer.body["message"] == f"Message sent to {form}"
        assert answer.body["chat_jid"] == CHAT


async def test_a_group_gets_a_text(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        (group,) = (await house.get("/sandbox")).body["groups"]
        answer = await house.send(group["jid"], "Hello, all")
        assert answer.status == 200, answer.body
        for phone in (EMMA, SAM):
            entry = await house.until_in_inbox(phone, answer.body["id"])
            assert (entry["text"], entry["chat"]) == ("Hello, all", group["jid"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("cat.png", "image"),
        ("cat.JPG", "image"),
        ("note.ogg", "voice"),
        ("clip.mp4", "video"),
        ("song.mp3", "audio"),
        ("report.pdf", "document"),
        ("ohne Endung", "document"),
    ],
)
async def test_a_file_arrives_byte_for_byte(tmp_path: Path, name: str, kind: str) -> None:
    data = {"image": make_png(1), "voice": make_voice(2)}.get(kind) or os.urandom(70_000)
    path = tmp_path / "outbox" / name
    path.parent.mkdir()
    path.write_bytes(data)
    async with open_house(tmp_path / "store", media_roots=(path.parent,)) as house:
        answer = await house.send(SAM, "a caption", path)
        assert answer.status == 200, answer.body
        entry = await house.until_in_inbox(SAM, answer.body["id"])
        assert entry["type"] == kind
        assert entry["media"]["sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["media"]["size_bytes"] == len(data)
        if kind == "document":
            assert entry["media"]["filename"] == name
        ((filename, caption),) = house.rows(
            "SELECT filename, content FROM messages WHERE id = ?", answer.body["id"]
        )
        assert (house.store / CHAT_SAM / filename).read_bytes() == data
        assert caption == "a caption"


async def test_an_incoming_picture_is_stored_by_itself(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        message_id = await house.person_sends(SAM, make_png(7), kind="image", caption="Look")
        ((name, caption),) = await house.until_rows(
            "SELECT filename, content FROM messages WHERE id = ? AND media_state = 'available'",
            message_id,
        )
        stored = house.store / CHAT_SAM / name
        assert stored.read_bytes() == make_png(7)
        assert (name[:6], name[-4:], caption) == ("image_", ".png", "Look")
        for _ in range(2):
            answer = await house.post(
                "/api/download", {"message_id": message_id, "chat_jid": CHAT_SAM}
            )
            assert answer.status == 200
            assert answer.body == {
                "success": True,
                "message": "Successfully downloaded image media",
                "filename": name,
                "path": str(stored.resolve()),
            }


async def test_a_file_made_to_exhaust_the_server_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "outbox" / "bomb.png"
    path.parent.mkdir()
    path.write_bytes(make_claiming_picture(50_000, 50_000, (b"IDAT", b"x" * 90)))
    async with open_house(tmp_path / "store", media_roots=(path.parent,)) as house:
        answer = await house.send(SAM, "look", path)
        assert (answer.status, answer.body["success"]) == (500, False)
        assert "too many pixels" in answer.body["message"]
        assert (await house.send(SAM, "still here")).status == 200


async def test_a_picture_that_whatsapp_has_no_more_comes_from_the_phone(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        fault = {"kind": "media_status", "code": 410, "tag": "get", "count": 1}
        assert (await house.post("/sandbox/faults", fault)).status == 201
        message_id = await house.person_sends(SAM, make_png(8), kind="image")
        ((name,),) = await house.until_rows(
            "SELECT filename FROM messages WHERE id = ? AND media_state = 'available'", message_id
        )
        assert (house.store / CHAT_SAM / name).read_bytes() == make_png(8)
        assert (await house.post("/sandbox/media/expire", {})).body["expired"] > 0


async def test_every_kind_of_media_is_stored_under_its_own_name(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        sent: dict[str, bytes] = {}
        kinds = ("image", "video", "gif", "audio", "voice", "document", "document", "sticker")
        for number, kind in enumerate(kinds):
            data = os.urandom(5000 + number)
            sent[await house.person_sends(SAM, data, kind=kind, filename="same.pdf")] = data
        for message_id, data in sent.items():
            ((name,),) = await house.until_rows(
                "SELECT filename FROM messages WHERE id = ? AND media_state = 'available'",
                message_id,
            )
            assert (house.store / CHAT_SAM / name).read_bytes() == data
        assert not list(house.store.rglob("*.part"))


async def test_bad_input_has_a_sentence_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        before = house.rows("SELECT count(*) FROM messages") + house.rows("SELECT jid FROM chats")
        secret = tmp_path / "secret.txt"
        secret.write_text("canary")
        link = house.store / "outbox" / "link.txt"
        link.symlink_to(secret)
        cases: list[tuple[dict[str, object], int, str]] = [
            ({"recipient": EMMA, "message": ""}, 400, "Message or media path is required"),
            ({"recipient": "", "message": "x"}, 400, "Recipient is required"),
            ({"message": "x"}, 400, "Recipient is required"),
            ({"recipient": 5, "message": "x"}, 400, "Invalid request format"),
            ({"recipient": "1", "message": "\ud83d"}, 400, "half of a surrogate pair"),
            ({"recipient": "hello", "message": "x"}, 500, "Error parsing JID"),
            ({"recipient": "a@b@c", "message": "x"}, 500, "Error parsing JID"),
            ({"recipient": "999999999999", "message": "x"}, 500, "not on WhatsApp"),
            ({"recipient": EMMA, "media_path": str(house.store / "outbox/none.png")}, 500,
             "Error reading media file"),
            ({"recipient": EMMA, "media_path": str(house.store / "outbox")}, 500,
             "Error reading media file"),
            ({"recipient": EMMA, "media_path": str(house.store / "messages.db")}, 500,
             "Error reading media file"),
            ({"recipient": EMMA, "media_path": "/etc/passwd"}, 500, "Error reading media file"),
            ({"recipient": EMMA, "media_path": str(link)}, 500, "Error reading media file"),
        ]  # fmt: skip
        for body, status, sentence in cases:
            answer = await house.post("/api/send", body)
            assert (answer.status, answer.body["success"]) == (status, False), body
            assert sentence in answer.body["message"], answer.body
        after = house.rows("SELECT count(*) FROM messages") + house.rows("SELECT jid FROM chats")
        assert after == before
        for body in ({"message_id": "x"}, {"chat_jid": "x"}, {}):
            assert (await house.post("/api/download", body)).status == 400
        unknown = await house.post("/api/download", {"message_id": "x", "chat_jid": CHAT})
        assert unknown.status == 500
        assert unknown.body["message"].startswith("Failed to download media: ")


async def test_malformed_bodies_and_wrong_methods(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        for path in ("/api/send", "/api/download"):
            for data in (b"", b"{", b"[]", b"\xff", b"null"):
                answer = await house.request("POST", path, data=data)
                assert answer.status == 400, (path, data)
            assert (await house.get(path)).status == 405


async def test_not_connected_is_said_at_once(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        for fault in (
            {"kind": "refuse", "count": None},
            {"kind": "stream_error", "code": 503, "count": 1},
        ):
            assert (await house.post("/sandbox/faults", fault)).status in (200, 201)

        async def is_down() -> bool:
            return (await house.get("/health/ready")).status == 503

        await until(is_down, 10.0, "a lost connection")
        answer = await house.send(EMMA, "x")
        assert (answer.status, answer.body["message"]) == (500, "Not connected to WhatsApp")


async def test_the_store_is_reopened_with_the_same_identity(tmp_path: Path) -> None:
    store = tmp_path / "store"
    async with open_house(store) as house:
        first = (await house.get("/v1/accounts/default")).body
        sent = await house.send(EMMA, "before")
    async with open_house(store) as house:
        again = (await house.get("/v1/accounts/default")).body
        assert (again["jid"], again["lid"]) == (first["jid"], first["lid"])
        (phone,) = (await house.get("/sandbox")).body["phones"]
        assert len(phone["companions"]) == 1
        assert house.rows("SELECT content FROM messages WHERE id = ?", sent.body["id"])
        assert (await house.send(EMMA, "after")).status == 200
