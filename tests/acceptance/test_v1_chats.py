"""Chats, contacts and groups over the interface of version 1, on a whole server."""

from pathlib import Path

import pytest

from peers.house import EMMA, SAM, open_house
from wigwag.client import ApiError

ACCOUNT = "default"


async def test_who_and_what_there_is(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house, house.client() as wigwag:
        chats = [chat async for chat in wigwag.each_chats(ACCOUNT, limit=3)]
        assert len(chats) == 4
        latest = [chat["last_message_at"] or "" for chat in chats]
        assert latest == sorted(latest, reverse=True)
        assert {chat["phone"] for chat in chats} == {f"+{EMMA}", f"+{SAM}", None}

        sam = (await wigwag.list_chats(ACCOUNT, query="sam"))["items"]
        assert [chat["phone"] for chat in sam] == [f"+{SAM}"]
        await house.until_rows("SELECT 1 FROM contacts WHERE full_name = 'Sam Silent'")
        lid = (await wigwag.get_contact(ACCOUNT, SAM))["lid"]
        assert lid is not None
        for address in (SAM, f"+{SAM}", "1 555 010-0003", lid, f"{SAM}@s.whatsapp.net"):
            contact = await wigwag.get_contact(ACCOUNT, address)
            assert (contact["phone"], contact["full_name"]) == (f"+{SAM}", "Sam Silent"), address
            assert await wigwag.get_chat(ACCOUNT, address) == sam[0], address

        (hidden,) = (await wigwag.list_contacts(ACCOUNT, query="lina"))["items"]
        assert (hidden["phone"], hidden["jid"]) == (None, hidden["lid"])

        (listed,) = (await wigwag.list_groups(ACCOUNT, query="demo"))["items"]
        group = await wigwag.get_group(ACCOUNT, listed["jid"])
        assert listed.items() < group.items()
        assert len(group["participants"]) == 4
        with pytest.raises(ApiError, match="404 not_found"):
            await wigwag.get_group(ACCOUNT, SAM)
        history = (await wigwag.list_history(ACCOUNT))["items"]
        assert "initial_bootstrap" in [part["sync_type"] for part in history]
