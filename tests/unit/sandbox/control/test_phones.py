"""Phones by the control interface: linking, history, app state."""

import asyncio

from scripted.control import Caller, link
from wigwag.sandbox.demo import ECHO, PHONE, SILENT


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
