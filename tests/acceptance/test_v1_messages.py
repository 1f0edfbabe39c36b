"""Messages over the interface of version 1, on a whole server: what people said and how it went."""

from pathlib import Path
from typing import Any

from peers.child import until
from peers.house import EMMA, SAM, House, open_house

MESSAGES = "/v1/accounts/default/messages"


async def sam_says(house: House, **message: object) -> str:
    """Sam sends something to the account; its id, once the server has it."""
    account = (await house.get("/v1/accounts/default")).body["phone"]
    answer = await house.post(f"/sandbox/people/{SAM}/messages", {"to": account, **message})
    assert answer.status < 300, answer.body
    return str(answer.body["id"])


async def items(house: House, path: str) -> list[dict[str, Any]]:
    answer = await house.get(path)
    assert answer.status == 200, answer.body
    return answer.body["items"]


async def until_items(house: House, path: str) -> list[dict[str, Any]]:
    async def look() -> bool:
        return bool(await items(house, path))

    await until(look, 15.0, path)
    return await items(house, path)


async def test_what_is_said_is_found_by_every_address(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        walked: list[str] = []
        cursor = ""
        while True:
            page = (await house.get(f"{MESSAGES}?limit=7&cursor={cursor}")).body
            walked += [item["timestamp"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = page["next_cursor"]
        assert walked == sorted(walked, reverse=True)
        ((count,),) = house.rows("SELECT count(*) FROM messages")
        assert len(walked) == count

        said = await sam_says(house, text="Ça va très bien, l'été à Zürich")
        (found,) = await until_items(house, f"{MESSAGES}?q=ete+zurich")
        assert (found["id"], found["sender"]["phone"]) == (said, f"+{SAM}")
        assert [part["text"] for part in found["snippet"] if part["match"]] == ["été", "Zürich"]
        for address in (SAM, f"%2B{SAM}", "1%20555%20010-0003", found["sender"]["lid"]):
            latest = await items(house, f"/v1/accounts/default/chats/{address}/messages?limit=1")
            assert [item["id"] for item in latest] == [said], address

        edited = await sam_says(house, edit={"id": said, "text": "Never mind"})
        await until_items(house, f"{MESSAGES}?q=%22never+mind%22")
        assert await items(house, f"{MESSAGES}?q=zurich") == []
        versions = await items(house, f"{MESSAGES}/{said}/edits")
        assert [version["id"] for version in versions] == [said, edited]

        context = (await house.get(f"{MESSAGES}/{said}/context?before=1")).body
        assert context["before"][0]["text"] == "Thanks, I will read it tomorrow."
        assert context["after"] == []


async def test_how_a_message_of_ours_fares(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        sent = (await house.send(EMMA, "Hello, Emma")).body["id"]
        path = f"{MESSAGES}/{sent}"
        await until_items(house, f"{path}/receipts")
        receipts = await items(house, f"{path}/receipts")
        assert {receipt["person"]["phone"] for receipt in receipts} == {f"+{EMMA}"}
        (echo,) = await until_items(house, f"{MESSAGES}?q=%22hello+emma%22&from_me=false&limit=1")
        assert echo["text"].endswith("Hello, Emma")
        nobody = await house.get(f"/v1/accounts/nobody/messages/{sent}")
        assert (nobody.status, nobody.body["code"]) == (404, "not_found")
