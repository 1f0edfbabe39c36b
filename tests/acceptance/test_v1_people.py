"""Chats and people over /v1, on a whole server: what is changed here, the phone and others see."""

from base64 import b64encode
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
CHAT = f"{ACCOUNT}/chats/{SAM}"
PHONE = "15550100001"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    async with open_house(tmp_path_factory.mktemp("house") / "store") as house:
        yield house


async def on_the_phone(house: House) -> list[dict[str, Any]]:
    """What the phone has of its chats, by app state."""
    state = (await house.get(f"/sandbox/phones/{PHONE}/app_state")).body
    return [one for actions in state.values() for one in actions]


async def sent_stanzas(house: House, tag: str) -> list[dict[str, Any]]:
    """What the account said to the network, all of it."""
    found: list[dict[str, Any]] = []
    after = 0
    while entries := (await house.get(f"/sandbox/transcript?after={after}")).body["items"]:
        found += [one["stanza"] for one in entries if one["direction"] == "in"]
        after = entries[-1]["seq"]
    return [stanza for stanza in found if stanza["tag"] == tag]


@pytest.mark.capability(Capability.APP_STATE_WRITE)
async def test_a_chat_is_kept_as_it_is_wished(house: House) -> None:
    async def change(**wishes: Any) -> dict[str, Any]:
        answer = await house.request("PATCH", CHAT, wishes)
        assert answer.status == 200, answer.body
        return answer.body

    pinned = await change(pinned=True, muted=True, marked_unread=True)
    assert pinned["pinned_at"] is not None
    assert (pinned["muted"], pinned["marked_unread"]) == (True, True)
    archived = await change(archived=True, muted=False, marked_unread=False)
    assert (archived["archived"], archived["pinned_at"], archived["muted"]) == (True, None, False)
    types = {one["type"] for one in await on_the_phone(house)}
    assert {"archive", "pin", "mute", "mark_read"} <= types
    assert (await house.get(CHAT)).body == archived == await change(archived=True)
    assert (await change(archived=False))["archived"] is False


async def test_messages_disappear_after_a_time(house: House) -> None:
    changed = await house.request("PATCH", CHAT, {"ephemeral_seconds": 86_400})
    assert (changed.status, changed.body["ephemeral_seconds"]) == (200, 86_400), changed.body

    async def is_told() -> bool:
        told = [one["text"] for one in await house.inbox(SAM) if one["type"] == "timer"]
        return told == ["86400"]

    await until(is_told, 10.0, "the timer at the other side")
    text = {"to": SAM, "type": "text", "text": "gone tomorrow"}
    sent = (await house.post(f"{ACCOUNT}/messages", text)).body
    message = (await house.get(f"{ACCOUNT}/messages/{sent['id']}")).body
    assert message["ephemeral_seconds"] == 86_400
    off = {"to": PHONE, "timer": {"seconds": 0}}
    assert (await house.post(f"/sandbox/people/{SAM}/messages", off)).status < 300
    await house.until_rows("SELECT 1 FROM chats WHERE jid LIKE ? AND ephemeral_s = 0", f"{SAM}@%")
    (group,) = (await house.get(f"{ACCOUNT}/groups")).body["items"]
    path = f"{ACCOUNT}/chats/{group['jid']}"
    week = await house.request("PATCH", path, {"ephemeral_seconds": 604_800})
    assert (week.status, week.body["ephemeral_seconds"]) == (200, 604_800), week.body


async def test_messages_are_pinned(house: House) -> None:
    said = await house.post(f"/sandbox/people/{SAM}/messages", {"to": PHONE, "text": "pin me"})
    path = f"{ACCOUNT}/messages/{said.body['id']}"
    await house.until_rows("SELECT 1 FROM messages WHERE id = ?", said.body["id"])
    pinned = await house.post(f"{path}/pin", {"duration_seconds": 86_400})
    assert pinned.status == 201, pinned.body
    pin = await house.until_in_inbox(SAM, pinned.body["id"])
    assert (pin["type"], (await house.get(path)).body["pinned_in_chat"] is None) == ("pin", False)
    assert (await house.request("DELETE", f"{path}/pin")).status == 201
    assert (await house.get(path)).body["pinned_in_chat"] is None
    theirs = {"pin": {"id": said.body["id"], "seconds": 2_592_000}}
    assert (await house.post(f"/sandbox/people/{SAM}/messages", theirs)).status < 300
    await house.until_rows("SELECT 1 FROM messages WHERE pinned_ms > 0")
    assert (await house.get(path)).body["pinned_in_chat"]["until"]


@pytest.mark.capability(Capability.APP_STATE_WRITE)
async def test_labels_are_put_on_chats_and_messages(house: House) -> None:
    made = await house.post(f"{ACCOUNT}/labels", {"name": "To do", "color": 3})
    assert (made.status, made.body["name"]) == (201, "To do"), made.body
    label = made.body["id"]
    renamed = await house.request("PATCH", f"{ACCOUNT}/labels/{label}", {"name": "Done"})
    assert (renamed.body["name"], renamed.body["color"]) == ("Done", 3)
    assert (await house.post(f"{CHAT}/labels/{label}", {})).body["labels"] == [label]
    (message, *_) = (await house.get(f"{CHAT}/messages")).body["items"]
    on_message = f"{ACCOUNT}/messages/{message['id']}/labels/{label}"
    assert (await house.request("POST", on_message)).status == 204
    listed = (await house.get(f"{ACCOUNT}/messages?label={label}")).body["items"]
    assert [one["id"] for one in listed] == [message["id"]]
    (told,) = (await house.get(f"{ACCOUNT}/labels")).body["items"]
    assert told == {"id": label, "name": "Done", "color": 3, "chats": 1, "messages": 1}

    async def is_on_the_phone() -> bool:
        types = {one["type"] for one in await on_the_phone(house)}
        return {"label", "label_chat", "label_message"} <= types

    await until(is_on_the_phone, 10.0, "the labels on the phone")
    assert (await house.request("DELETE", f"{ACCOUNT}/labels/{label}")).status == 204
    assert (await house.get(CHAT)).body["labels"] == []


async def test_typing_is_seen(house: House) -> None:
    shown = await house.post(f"{CHAT}/presence", {"state": "recording"})
    assert (shown.status, shown.body["state"]) == (200, "recording")

    async def is_there() -> bool:
        return bool(await sent_stanzas(house, "chatstate"))

    await until(is_there, 10.0, "a chat presence at the network")


@pytest.mark.capability(Capability.HISTORY_ON_DEMAND)
async def test_older_messages_come_to_an_end(house: House) -> None:
    asked = await house.post(f"{CHAT}/history", {"count": 50})
    assert (asked.status, asked.body["state"]) == (202, "waiting")

    async def is_over() -> bool:
        return (await house.get(f"{CHAT}/history")).body["state"] == "end_reached"

    await until(is_over, 20.0, "the end of the history")


@pytest.mark.capability(Capability.APP_STATE_WRITE)
async def test_a_chat_is_cleared_and_deleted(house: House) -> None:
    chat = f"{ACCOUNT}/chats/{EMMA}"
    assert (await house.get(f"{chat}/messages")).body["items"]
    assert (await house.post(f"{chat}/clear", {})).status == 204
    assert (await house.get(f"{chat}/messages")).body["items"] == []
    assert (await house.request("DELETE", chat)).status == 204
    assert (await house.get(chat)).status == 404


async def test_a_status_is_seen_and_posted(house: House) -> None:
    statuses = f"{ACCOUNT}/statuses"
    shown = {"to": "status@broadcast", "text": "At sea"}
    posted = await house.post(f"/sandbox/people/{SAM}/messages", shown)
    await house.until_rows("SELECT 1 FROM messages WHERE content = 'At sea'")
    (status,) = (await house.get(f"{statuses}?sender={SAM}")).body["items"]
    assert (status["id"], status["text"]) == (posted.body["id"], "At sea")
    viewed = await house.post(f"{statuses}/{status['id']}/viewed", {})
    assert viewed.body == {"id": status["id"], "sender": status["sender"]["jid"]}

    async def is_told() -> bool:
        told = [one["attrs"] for one in await sent_stanzas(house, "receipt")]
        return any((one.get("type"), one["id"]) == ("read", status["id"]) for one in told)

    await until(is_told, 10.0, "a receipt for the status")
    own = await house.post(statuses, {"type": "text", "text": "On land"})
    assert (own.status, own.body["chat_jid"]) == (201, "status@broadcast"), own.body
    assert (await house.until_in_inbox(SAM, own.body["id"]))["text"] == "On land"


@pytest.mark.capability(Capability.APP_STATE_WRITE)
async def test_statuses_are_for_some(house: House) -> None:
    privacy = f"{ACCOUNT}/statuses/privacy"
    audience = {"mode": "allow_list", "people": [SAM]}
    assert (await house.request("PATCH", privacy, audience)).status == 200
    told = (await house.get(privacy)).body
    assert (told["mode"], [one["phone"] for one in told["people"]]) == ("allow_list", [f"+{SAM}"])


async def test_a_call_is_turned_away(house: House) -> None:
    call = (await house.post("/sandbox/calls", {"caller": SAM, "to": PHONE})).body
    offered = "SELECT 1 FROM events WHERE type = 'call.offered' AND data LIKE ?"
    await house.until_rows(offered, f"%{call['id']}%")
    reject = f"{ACCOUNT}/calls/{call['id']}/reject"
    assert (await house.post(reject, {"caller": SAM})).status == 204
    await house.until_rows(
        "SELECT 1 FROM events WHERE type = 'call.ended' AND data LIKE '%rejected%'"
    )
    (sent,) = await sent_stanzas(house, "call")
    assert sent["attrs"]["to"] == call["caller"]


async def test_numbers_are_checked(house: House) -> None:
    asked = {"phones": ["+1 555 010-0003", "15550109999"]}
    answer = await house.post(f"{ACCOUNT}/contacts/check", asked)
    assert answer.status == 200, answer.body
    sam, nobody = answer.body["items"]
    assert (sam["is_on_whatsapp"], sam["phone"]) == (True, f"+{SAM}")
    assert sam["lid"].endswith("@lid")
    assert (nobody["number"], nobody["is_on_whatsapp"]) == ("15550109999", False)


async def test_what_others_show(house: House) -> None:
    person = f"{ACCOUNT}/contacts/{EMMA}"
    assert (await house.get(f"{person}/picture")).status == 404
    shown = {
        "about": "At sea",
        "picture": b64encode(make_jpeg(7)).decode(),
    }
    assert (await house.request("PATCH", f"/sandbox/people/{EMMA}", shown)).status == 200
    picture = await house.get(f"{person}/picture?preview=true")
    assert (picture.status, picture.body["preview"]) == (200, True)
    assert picture.body["url"].startswith("https://")
    assert (await house.get(f"{person}/about")).body["about"] == "At sea"
    followed = await house.post(f"{person}/subscribe", {})
    assert followed.body == {"jid": f"{EMMA}@s.whatsapp.net"}


@pytest.mark.capability(Capability.BUSINESS_PROFILES)
async def test_what_a_business_shows(house: House) -> None:
    shown = {"business": {"email": "emma@example.com"}}
    assert (await house.request("PATCH", f"/sandbox/people/{EMMA}", shown)).status == 200
    business = await house.get(f"{ACCOUNT}/contacts/{EMMA}/business")
    assert business.body["email"] == "emma@example.com"


async def test_somebody_is_shut_out_and_let_in(house: House) -> None:
    async def blocked() -> list[str]:
        return [one["phone"] for one in (await house.get(f"{ACCOUNT}/blocklist")).body["items"]]

    assert (await house.post(f"{ACCOUNT}/contacts/{SAM}/block", {})).body["blocked"] is True
    assert await blocked() == [f"+{SAM}"]
    await house.until_rows("SELECT 1 FROM contacts WHERE blocked AND full_name = 'Sam Silent'")
    assert (await house.post(f"{ACCOUNT}/contacts/{SAM}/unblock", {})).status == 200
    assert await blocked() == []


async def test_what_the_account_shows(house: House) -> None:
    profile, privacy = f"{ACCOUNT}/profile", f"{ACCOUNT}/privacy"
    upload = await house.request(
        "POST", "/v1/media", data=make_jpeg(7), headers={"content-type": "image/jpeg"}
    )
    body = {"about": "Away", "picture": upload.body["media_id"]}
    changed = await house.request("PATCH", profile, body)
    assert changed.status == 200, changed.body
    assert changed.body["about"] == "Away"
    assert changed.body["picture"]["url"].startswith("https://")
    assert (await house.get(profile)).body == changed.body
    week = await house.request("PATCH", profile, {"default_ephemeral_seconds": 604_800})
    assert week.status == 200, week.body
    shared = {
        one["name"]: one["value"] for one in (await house.get(f"{ACCOUNT}/settings")).body["items"]
    }
    assert shared["default_ephemeral_seconds"] == 604_800

    settings = (await house.get(privacy)).body
    assert settings["last_seen"] == "all"
    hidden = await house.request("PATCH", privacy, {"last_seen": "none"})
    assert hidden.body == {**settings, "last_seen": "none"}
    assert (await house.post(f"{ACCOUNT}/presence", {"state": "available"})).status == 200
    assert (await house.get(f"{ACCOUNT}/presence")).body == {"state": "available"}


@pytest.mark.capability(Capability.PICTURE_REMOVAL)
async def test_the_own_picture_is_removed(house: House) -> None:
    removed = await house.request("PATCH", f"{ACCOUNT}/profile", {"picture": None})
    assert (removed.status, removed.body["picture"]) == (200, None), removed.body


@pytest.mark.capability(Capability.APP_STATE_WRITE)
async def test_the_own_name(house: House) -> None:
    changed = await house.request("PATCH", f"{ACCOUNT}/profile", {"name": "Alexandra"})
    assert (changed.status, changed.body["name"]) == (200, "Alexandra"), changed.body
