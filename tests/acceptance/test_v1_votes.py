"""Polls over the interface of version 1, on a whole server: how they stand, and our own votes."""

from pathlib import Path
from typing import Any

from peers.child import until
from peers.house import LEFT, SAM, House, open_house

ACCOUNT = "/v1/accounts/default"
OPTIONS = ["now", "later", "never"]


async def standing(house: House, poll: str) -> dict[str, list[str]]:
    tally = (await house.get(f"{ACCOUNT}/messages/{poll}/votes")).body
    return {
        option["name"]: [who["phone"] for who in option["voters"]] for option in tally["options"]
    }


async def until_standing(house: House, poll: str, **expected: list[str]) -> None:
    wanted = {option: expected.get(option, []) for option in OPTIONS}

    async def stands() -> bool:
        return await standing(house, poll) == wanted

    await until(stands, 10.0, f"a poll that stands {wanted}")


async def test_votes_both_ways(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        own = str((await house.get(ACCOUNT)).body["phone"])
        body = {"to": SAM, "type": "poll", "question": "When?", "options": OPTIONS}
        ours = (await house.post(f"{ACCOUNT}/messages", body)).body["id"]
        await house.until_in_inbox(SAM, ours)
        await sam_says(house, vote={"id": ours, "options": ["later"]})
        await until_standing(house, ours, later=[f"+{SAM}"])
        await sam_says(house, vote={"id": ours, "options": ["now"], "by": "pn"})
        await until_standing(house, ours, now=[f"+{SAM}"])

        theirs = await sam_says(house, poll={"question": "Who?", "options": OPTIONS})
        await house.until_rows("SELECT 1 FROM messages WHERE id = ?", theirs)
        vote = await house.post(
            f"{ACCOUNT}/messages/{theirs}/votes", {"options": ["never"]}, idempotency_key="v1"
        )
        assert (vote.status, vote.body["state"] in LEFT) == (201, True), vote.body
        seen = await house.until_in_inbox(SAM, vote.body["id"])
        assert "never" in str(seen), "he could open it"
        await until_standing(house, theirs, never=[own])
        again = await house.post(
            f"{ACCOUNT}/messages/{theirs}/votes", {"options": ["never"]}, idempotency_key="v1"
        )
        assert again.body["id"] == vote.body["id"]
        await house.post(f"{ACCOUNT}/messages/{theirs}/votes", {"options": []})
        await until_standing(house, theirs)
        wrong = await house.post(f"{ACCOUNT}/messages/{theirs}/votes", {"options": ["x"]})
        assert (wrong.status, wrong.body["code"]) == (409, "not_applicable")
        events = (await house.get("/v1/events?types=poll.vote")).body["items"]
        assert [event["data"]["options"] for event in events] == [["later"], ["now"], ["never"], []]


async def sam_says(house: House, **part: Any) -> str:
    account = (await house.get(ACCOUNT)).body["phone"]
    answer = await house.post(f"/sandbox/people/{SAM}/messages", {"to": account, **part})
    assert answer.status < 300, answer.body
    return str(answer.body["id"])
