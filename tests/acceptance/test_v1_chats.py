"""Chats, contacts and groups over the interface of version 1, on a whole server."""

from pathlib import Path

from peers.house import EMMA, SAM, open_house

ACCOUNT = "/v1/accounts/default"


async def test_who_and_what_there_is(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        chats = (await house.get(f"{ACCOUNT}/chats")).body["items"]
        assert len(chats) == 4
        latest = [chat["last_message_at"] for chat in chats]
        assert latest == sorted(latest, reverse=True)
        assert {chat["phone"] for chat in chats} == {f"+{EMMA}", f"+{SAM}", None}

        sam = (await house.get(f"{ACCOUNT}/chats?query=sam")).body["items"]
        assert [chat["phone"] for chat in sam] == [f"+{SAM}"]
        await house.until_rows("SELECT 1 FROM contacts WHERE full_name = 'Sam Silent'")
        lid = (await house.get(f"{ACCOUNT}/contacts/{SAM}")).body["lid"]
        for address in (SAM, f"%2B{SAM}", "1%20555%20010-0003", lid, f"{SAM}@s.whatsapp.net"):
            contact = (await house.get(f"{ACCOUNT}/contacts/{address}")).body
            assert (contact["phone"], contact["full_name"]) == (f"+{SAM}", "Sam Silent"), address
            assert (await house.get(f"{ACCOUNT}/chats/{address}")).body == sam[0], address

        (hidden,) = (await house.get(f"{ACCOUNT}/contacts?query=lina")).body["items"]
        assert (hidden["phone"], hidden["jid"]) == (None, hidden["lid"])

        (listed,) = (await house.get(f"{ACCOUNT}/groups?query=demo")).body["items"]
        group = (await house.get(f"{ACCOUNT}/groups/{listed['jid']}")).body
        assert listed.items() < group.items()
        assert len(group["participants"]) == 4
        assert (await house.get(f"{ACCOUNT}/groups/{SAM}")).status == 404
        history = (await house.get(f"{ACCOUNT}/history")).body["items"]
        assert "initial_bootstrap" in [part["sync_type"] for part in history]
