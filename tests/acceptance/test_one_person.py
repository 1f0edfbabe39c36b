"""One person, one chat: over HTTP, whatever the order in which the addresses become known."""

import json
from pathlib import Path
from typing import Any

import pytest

from peers.house import House, open_house
from wigwag.model.capability import Capability
from wigwag.sandbox.samples import make_png

NORA = "15550100077"
PN = f"{NORA}@s.whatsapp.net"
ALL = ["attributes", "usync", "groups", "phone"]


async def newcomer(house: House, **more: Any) -> str:
    """Nora moves in; her LID."""
    made = await house.post("/sandbox/people", {"name": "Nora", "phone": NORA, **more})
    assert made.status == 201, made.body
    return str(made.body["lid"])


async def changed(house: House, **fields: Any) -> None:
    answer = await house.request("PATCH", f"/sandbox/people/{NORA}", fields)
    assert answer.status == 200, answer.body


async def nora_says(house: House, **part: Any) -> str:
    account = (await house.get("/v1/accounts/default")).body["phone"]
    answer = await house.post(f"/sandbox/people/{NORA}/messages", {"to": account, **part})
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


def events(house: House, kind: str) -> list[dict[str, Any]]:
    rows = house.rows("SELECT data FROM events WHERE type = ? ORDER BY seq", kind)
    return [json.loads(data) for (data,) in rows]


def stored(path: str) -> bytes:
    return Path(path).read_bytes()


async def test_first_by_lid_then_the_mapping_then_by_number_then_the_old_address(
    tmp_path: Path,
) -> None:
    picture = make_png(7)
    async with open_house(tmp_path / "store") as house:
        lid = await newcomer(house)
        await changed(house, withheld=ALL)
        first = await nora_says(house, text="no number yet")
        file = await house.person_sends(NORA, picture, kind="image", caption="me")
        await house.until_rows(
            "SELECT 1 FROM messages WHERE id = ? AND chat_jid = ? AND media_state = 'available'",
            file,
            lid,
        )
        reaction = await nora_says(house, reaction={"id": first, "emoji": "\N{BALLOON}"})
        answer = await house.send(lid, "who are you?")
        assert (answer.status, answer.body["chat_jid"]) == (200, lid)
        await house.until_in_inbox(NORA, answer.body["id"])
        assert events(house, "message.received")[-1]["sender"]["phone"] is None

        account = (await house.get("/v1/accounts/default")).body["phone"]
        await changed(house, withheld=[])
        told = await house.post(f"/sandbox/people/{NORA}/mapping", {"to": account, "by": "devices"})
        assert told.status == 200, told.body
        await house.until_rows("SELECT 1 FROM chats WHERE jid = ?", PN)
        await changed(house, addressing="pn")
        last = await nora_says(house, text="here is my number")
        await house.until_rows("SELECT 1 FROM messages WHERE id = ?", last)

        ids = [first, file, answer.body["id"], last]
        found = house.rows(
            "SELECT id FROM messages WHERE chat_jid = ? ORDER BY timestamp, rowid", PN
        )
        assert {message_id for (message_id,) in found} == set(ids)
        assert len(found) == len(ids)
        assert house.rows("SELECT jid FROM chats WHERE name = 'Nora'") == [(PN,)]
        assert house.rows("SELECT sender, target_sender FROM reactions WHERE id = ?", reaction) == [
            (PN, PN)
        ]
        for table in ("messages", "reactions", "receipts", "participants", "contacts"):
            column = {"receipts": "person", "participants": "jid", "contacts": "jid"}
            where = column.get(table, "sender")
            assert not house.rows(f"SELECT 1 FROM {table} WHERE {where} = ?", lid)

        for address in (lid, PN, f"+{NORA}", "+1 555 010-0077", f"{NORA}:7@s.whatsapp.net"):
            sent = await house.send(address, f"to {len(address)}")
            assert (sent.status, sent.body["chat_jid"]) == (200, PN), sent.body
            await house.until_in_inbox(NORA, sent.body["id"])
            again = await house.post("/api/download", {"message_id": file, "chat_jid": address})
            assert again.status == 200, again.body
            assert stored(again.body["path"]) == picture
        (moved,) = events(house, "chat.updated")
        assert (moved["chat_jid"], moved["previous_jid"]) == (PN, lid)
        person = events(house, "contact.updated")[-1]
        assert (person["jid"], person["lid"], person["phone"]) == (PN, lid, f"+{NORA}")


@pytest.mark.parametrize("given", ["+55 (11) 98765-4321", "0055 11 8765 4321"])
async def test_a_brazilian_number_is_taken_as_the_server_writes_it(
    tmp_path: Path, given: str
) -> None:
    """She registered without the ninth digit; asked with it, the server returns what she has."""
    async with open_house(tmp_path / "store") as house:
        body = {"name": "Bia", "phone": "551187654321", "other_forms": ["5511987654321"]}
        assert (await house.post("/sandbox/people", body)).status == 201
        sent = await house.send(given, "oi")
        assert (sent.status, sent.body["chat_jid"]) == (200, "551187654321@s.whatsapp.net")
        await house.until_in_inbox("551187654321", sent.body["id"])
        again = await house.send("5511987654321@s.whatsapp.net", "oi")
        assert again.body["chat_jid"] == "551187654321@s.whatsapp.net"
        unknown = await house.send("+55 11 3333-4444", "oi")
        assert unknown.body["success"] is False
        assert "not on WhatsApp" in unknown.body["message"]
        assert not house.rows("SELECT 1 FROM messages WHERE chat_jid LIKE '551133334444%'")


@pytest.mark.capability(Capability.NUMBER_CHANGES)
async def test_a_new_number_is_the_same_chat(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        await newcomer(house)
        first = await nora_says(house, text="before")
        await house.until_rows("SELECT 1 FROM messages WHERE id = ? AND chat_jid = ?", first, PN)
        await changed(house, phone="15550100078")
        new = "15550100078@s.whatsapp.net"
        await house.until_rows("SELECT 1 FROM messages WHERE id = ? AND chat_jid = ?", first, new)
        sent = await house.send("15550100078", "and after")
        assert sent.body["chat_jid"] == new
        await house.until_in_inbox("15550100078", sent.body["id"])
        assert house.rows("SELECT jid FROM chats WHERE name = 'Nora'") == [(new,)]
        await house.until_rows("SELECT 1 FROM receipts WHERE message_id = ?", sent.body["id"])
