"""Sending over /v1: every kind arrives as it was sent, and what cannot be sent is told."""

import hashlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from peers.house import EMMA, LEFT, SAM, House, open_house
from scripted.capable import WANTED
from wigwag.model.capability import Capability, EngineKind
from wigwag.sandbox.samples import make_png, make_voice

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.parametrize("engine_kind", WANTED, ids=str, scope="module"),
]

MESSAGES = "/v1/accounts/default/messages"
SAM_CHAT = f"{SAM}@s.whatsapp.net"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    tmp_path_factory: pytest.TempPathFactory, engine_kind: EngineKind
) -> AsyncGenerator[House]:
    store = tmp_path_factory.mktemp("house") / "store"
    async with open_house(store, engine=engine_kind) as house:
        yield house


async def sent(house: House, **message: Any) -> dict[str, Any]:
    """Send it to Sam; what he got."""
    answer = await house.post(MESSAGES, {"to": SAM, **message})
    assert answer.status == 201, answer.body
    assert (answer.body["state"] in LEFT, answer.body["chat_jid"]) == (True, SAM_CHAT)
    return await house.until_in_inbox(SAM, answer.body["id"])


async def test_words_places_cards_and_polls_arrive_as_sent(house: House) -> None:
    text = await sent(house, type="text", text="Hello, Sám", mentions=[EMMA])
    assert (text["type"], text["text"]) == ("text", "Hello, Sám")
    assert text["mentions"] == [f"{EMMA}@s.whatsapp.net"]
    reply = await sent(house, type="text", text="and?", reply_to=text["id"])
    assert reply["reply_to"] == text["id"]

    place = await sent(house, type="location", latitude=52.5, longitude=13.4, name="Here")
    assert place["location"] == {
        "latitude": 52.5, "longitude": 13.4, "name": "Here", "address": "",
    }  # fmt: skip
    card = await sent(house, type="contact", contacts=[{"name": "Emma", "phone": EMMA}])
    assert card["contacts"][0]["name"] == "Emma"
    assert f"waid={EMMA}:+{EMMA}" in card["contacts"][0]["vcard"]
    poll = await sent(house, type="poll", question="Tea?", options=["yes", "no"])
    assert (poll["type"], poll["text"], poll["options"]) == ("poll", "Tea?", ["yes", "no"])


async def test_files_arrive_as_sent(house: House) -> None:
    outbox = house.store / "outbox"
    picture, note, page = make_png(1), make_voice(2), b"%PDF-1.4 page"
    (outbox / "a.png").write_bytes(picture)
    (outbox / "a.ogg").write_bytes(note)
    (outbox / "a1").write_bytes(page)
    expected = [
        ({"type": "image", "caption": "look"}, "a.png", picture, "image/png"),
        ({"type": "voice"}, "a.ogg", note, "audio/ogg; codecs=opus"),
        ({"type": "audio"}, "a.ogg", note, "audio/ogg"),
        ({"type": "document", "filename": "b.pdf"}, "a1", page, "application/pdf"),
    ]
    for fields, name, data, mime in expected:
        entry = await sent(house, media={"path": str(outbox / name)}, **fields)
        assert (entry["type"], entry["text"]) == (fields["type"], fields.get("caption", ""))
        assert entry["media"]["sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["media"]["mime"] == mime
        assert (entry["media"]["filename"] or None) == fields.get("filename")
    sticker = await sent(house, type="sticker", media={"path": str(outbox / "a.png")})
    assert (sticker["type"], sticker["media"]["mime"]) == ("sticker", "image/webp")


async def test_what_cannot_be_sent_is_told(house: House) -> None:
    for message, status, code in (
        ({"type": "image", "media": {"path": "/etc/passwd"}}, 403, "media_forbidden"),
        ({"type": "image", "media": {"path": str(house.store / "outbox" / "no")}}, 400, None),
        ({"type": "image", "media": {"url": "http://127.0.0.1:1/"}}, 403, "url_refused"),
        ({"type": "text", "text": "x", "reply_to": "NONE"}, 404, "not_found"),
        ({"type": "text", "text": "x", "to": "nobody"}, 400, "malformed_jid"),
    ):
        answer = await house.post(MESSAGES, {"to": SAM, **message})
        assert answer.status == status, answer.body
        assert code in (None, answer.body["code"])


async def test_an_edit_a_reaction_and_a_deletion_arrive(house: House) -> None:
    message = await sent(house, type="text", text="See you at 5")
    path = f"{MESSAGES}/{message['id']}"
    for method, end, body, expected in (
        ("PATCH", "", {"text": "See you at 6"}, ("edit", "See you at 6")),
        ("POST", "/reactions", {"emoji": "👍"}, ("reaction", "👍")),
        ("POST", "/reactions", {"emoji": ""}, ("reaction", "")),
        ("DELETE", "", None, ("revoke", "")),
    ):
        answer = await house.request(method, path + end, body)
        assert (answer.status, answer.body["state"] in LEFT) == (201, True), answer.body
        entry = await house.until_in_inbox(SAM, answer.body["id"])
        assert (entry["type"], entry["text"], entry["target"]) == (*expected, message["id"])
    kept = (await house.get(path)).body
    assert (kept["text"], kept["revoked"]) == ("See you at 6", True)


@pytest.mark.capability(Capability.APP_STATE_WRITE)
async def test_a_star_goes_to_the_phone_and_a_deletion_for_us_hides(house: House) -> None:
    message = await sent(house, type="text", text="keep this")
    path = f"{MESSAGES}/{message['id']}"
    assert (await house.request("POST", f"{path}/star")).body["starred"] is True
    assert (await house.request("DELETE", f"{path}?for=me")).body["deleted_at"]
    listed = (await house.get(f"{MESSAGES}?chat={SAM}")).body["items"]
    assert message["id"] not in [one["id"] for one in listed]


async def test_a_chat_is_read(house: House) -> None:
    account = (await house.get("/v1/accounts/default")).body["phone"].lstrip("+")
    wrote = await house.post(f"/sandbox/people/{SAM}/messages", {"to": account, "text": "hey"})
    await house.until_rows("SELECT 1 FROM messages WHERE id = ?", wrote.body["id"])
    answer = await house.post(f"{MESSAGES}/read", {"chat": SAM})
    assert (answer.status, answer.body["chat_jid"]) == (200, SAM_CHAT)
    assert answer.body["read"] >= 1
    assert house.rows("SELECT unread FROM chats WHERE jid = ?", SAM_CHAT) == [(0,)]


async def test_a_file_is_handed_over_and_sent(house: House) -> None:
    picture = make_png(2)
    headers = {"content-type": "image/png"}
    upload = await house.request("POST", "/v1/media", data=picture, headers=headers)
    assert upload.status == 201, upload.body
    assert upload.body["sha256"] == hashlib.sha256(picture).hexdigest()
    entry = await sent(house, type="image", media={"media_id": upload.body["media_id"]})
    assert entry["media"]["sha256"] == upload.body["sha256"]


async def test_a_file_is_sent_on_with_its_caption(house: House) -> None:
    data = make_png(4_711)
    message_id = await house.person_sends(SAM, data, kind="image", caption="Look here")
    await house.until_rows("SELECT 1 FROM messages WHERE id = ?", message_id)
    answer = await house.post(f"{MESSAGES}/{message_id}/forward", {"to": EMMA, "wait_s": 30})
    assert answer.status == 201, answer.body
    got = await house.until_in_inbox(EMMA, answer.body["id"])
    assert (got["type"], got["text"]) == ("image", "Look here")
    assert got["media"]["sha256"] == hashlib.sha256(data).hexdigest()
    kept = (await house.get(f"{MESSAGES}/{answer.body['id']}")).body
    assert (kept["forwarded"], kept["chat_jid"]) == (True, f"{EMMA}@s.whatsapp.net")
