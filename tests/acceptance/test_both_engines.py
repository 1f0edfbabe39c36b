"""An account that moves between the engines, over HTTP alone: its archive stays whole."""

import stat
from pathlib import Path
from typing import Any

import pytest

from peers.child import until
from peers.house import LEFT, SAM, House, open_house
from peers.whatsmeow import why_unavailable
from wigwag.sandbox.samples import make_png

_MISSING = why_unavailable()
pytestmark = [
    pytest.mark.whatsmeow,
    pytest.mark.skipif(bool(_MISSING), reason=_MISSING),
]
ACCOUNT = "/v1/accounts/default"
LIMIT_S = 30.0


async def becomes(house: House, state: str) -> dict[str, Any]:
    """The account, once it is in this state."""
    found: list[dict[str, Any]] = []

    async def is_so() -> bool:
        found[:] = [(await house.get(ACCOUNT)).body]
        assert "state" in found[0], found
        return found[0]["state"] == state

    await until(is_so, LIMIT_S, lambda: f"{state}: {found}")
    return found[0]


async def talk(house: House, text: str) -> None:
    """A text each way, and a file that comes in."""
    body = {"to": SAM, "type": "text", "text": f"{text} to Sam", "wait_s": 30}
    sent = await house.post(f"{ACCOUNT}/messages", body)
    assert (sent.status, sent.body["state"] in LEFT) == (201, True), sent.body
    await house.until_in_inbox(SAM, sent.body["id"])
    own = (await house.get(ACCOUNT)).body["phone"]
    body = {"to": own, "text": f"{text} from Sam"}
    assert (await house.post(f"/sandbox/people/{SAM}/messages", body)).status < 300
    picture = await house.person_sends(SAM, make_png(len(text)), caption=f"{text} picture")
    await house.until_rows("SELECT 1 FROM messages WHERE content = ?", f"{text} from Sam")
    await house.until_rows(
        "SELECT 1 FROM messages WHERE id = ? AND media_state = 'available'", picture
    )


async def move(house: House, engine: str) -> None:
    """Unlink the account, change its engine, link it there."""
    refused = await house.request("PATCH", ACCOUNT, {"engine": engine})
    assert refused.status == 409, "it is linked"
    assert (await house.post(f"{ACCOUNT}/logout", None)).status == 200
    await becomes(house, "logged_out")
    changed = await house.request("PATCH", ACCOUNT, {"engine": engine})
    assert (changed.status, changed.body["engine"]) == (200, engine)
    assert (await becomes(house, "connected"))["engine"] == engine


def archived(house: House) -> set[tuple[Any, ...]]:
    """Every message, as whoever reads the archive with SQL finds it."""
    return set(
        house.rows(
            "SELECT chat_jid, id, sender, content, timestamp, is_from_me, media_type, filename "
            "FROM messages"
        )
    )


async def test_an_archive_moves_between_the_engines_and_stays_whole(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store", engine="native") as house:
        await talk(house, "native")
        known = archived(house)
        chats = set(house.rows("SELECT jid, name FROM chats"))
        for engine in ("whatsmeow", "native"):
            await move(house, engine)
            await talk(house, f"{engine} again")
            assert known <= archived(house), "nothing is lost, changed or renamed"
            assert chats <= set(house.rows("SELECT jid, name FROM chats"))
            known = archived(house)
        texts = [row[0] for row in house.rows("SELECT content FROM messages WHERE content <> ''")]
        for said in ("native", "whatsmeow again", "native again"):
            for place in ("to Sam", "from Sam", "picture"):
                assert texts.count(f"{said} {place}") == 1
        (chat,) = house.rows("SELECT DISTINCT chat_jid FROM messages WHERE content LIKE '% to Sam'")
        assert chat == (f"{SAM}@s.whatsapp.net",)


async def test_an_account_that_is_linked_elsewhere_rests_and_says_why(tmp_path: Path) -> None:
    store = tmp_path / "store"
    async with open_house(store, engine="whatsmeow") as house:
        account = (await house.get(ACCOUNT)).body
        assert account["engine"] == "whatsmeow"
        assert stat.S_IMODE((store / "whatsmeow").stat().st_mode) == 0o700
        refused = await house.request("PATCH", f"{ACCOUNT}/chats/{SAM}", {"archived": True})
        assert (refused.status, refused.body["code"]) == (501, "not_supported_by_engine")
        assert refused.body["capability"] == "app_state_write"
        assert refused.body["capability"] not in account["capabilities"]
    async with open_house(store, ready=False, engine="native") as house:
        held = await becomes(house, "stopped")
        assert held["phone"] == account["phone"]
        assert "linked by the whatsmeow engine" in held["reason"]
        assert (await house.post(f"{ACCOUNT}/pair", None)).status == 409
        unready = await house.get("/health/ready")
        assert unready.status == 503
        back = await house.request("PATCH", ACCOUNT, {"engine": "whatsmeow"})
        assert back.status == 200, back.body
        assert (await becomes(house, "connected"))["phone"] == account["phone"]
