"""Sending over /v1: every kind arrives as it was sent, and what cannot be sent is told."""

import hashlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from peers.house import EMMA, SAM, House, open_house
from wigwag.sandbox.samples import make_png, make_voice

pytestmark = pytest.mark.asyncio(loop_scope="module")

MESSAGES = "/v1/accounts/default/messages"
SAM_CHAT = f"{SAM}@s.whatsapp.net"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    async with open_house(tmp_path_factory.mktemp("house") / "store") as house:
        yield house


async def sent(house: House, **message: Any) -> dict[str, Any]:
    """Send it to Sam; what he got."""
    answer = await house.post(MESSAGES, {"to": SAM, **message})
    assert answer.status == 201, answer.body
    assert (answer.body["state"], answer.body["chat_jid"]) == ("sent", SAM_CHAT)
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
        ({"type": "image", "media": {"url": "https://example.org/"}}, 400, "invalid_input"),
        ({"type": "text", "text": "x", "reply_to": "NONE"}, 404, "not_found"),
        ({"type": "text", "text": "x", "to": "nobody"}, 400, "malformed_jid"),
    ):
        answer = await house.post(MESSAGES, {"to": SAM, **message})
        assert answer.status == status, answer.body
        assert code in (None, answer.body["code"])
