"""Messages with a time to come, on a whole server: they leave at it, also after a restart."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from peers.house import SAM, Answer, House, open_house

ACCOUNT = "/v1/accounts/default"


async def plan(house: House, text: str, at: datetime) -> Answer:
    body = {"to": SAM, "type": "text", "text": text, "send_at": at.isoformat()}
    return await house.post(f"{ACCOUNT}/messages", body)


async def has_come(house: House, text: str, planned: Answer) -> str:
    """Sam has what was planned; its id by now."""
    left = await house.until_left(planned.body["id"])
    assert (await house.until_in_inbox(SAM, left))["text"] == text
    return left


def later(**time: float) -> datetime:
    return datetime.now(UTC) + timedelta(**time)


async def test_they_leave_at_their_time_and_survive_a_restart(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        soon = await plan(house, "soon", later(seconds=2))
        assert (soon.status, soon.body["state"]) == (202, "scheduled")
        year = await plan(house, "next year", later(days=300))
        cancelled = await plan(house, "never", later(days=300))
        path = f"{ACCOUNT}/scheduled/{cancelled.body['id']}"
        assert (await house.request("DELETE", path)).status == 204
        await has_come(house, "soon", soon)
        (waiting,) = (await house.get(f"{ACCOUNT}/scheduled")).body["items"]
        assert (waiting["id"], waiting["text"]) == (year.body["id"], "next year")
        first = later(seconds=3)
        missed = [
            await plan(house, "2nd", first + timedelta(milliseconds=50)),
            await plan(house, "1st", first),
        ]
        assert [answer.status for answer in missed] == [202, 202]

    async with open_house(tmp_path / "store") as house:
        sent = await house.until_rows(
            "SELECT content FROM messages WHERE state IN ('sent', 'delivered', 'read') "
            "AND content IN ('1st', '2nd') GROUP BY chat_jid HAVING count(*) = 2"
        )
        assert sent
        order = house.rows(
            "SELECT content FROM messages WHERE content IN ('1st', '2nd') ORDER BY rid"
        )
        assert order == [("1st",), ("2nd",)]
        path = f"{ACCOUNT}/scheduled/{year.body['id']}"
        moved = {"send_at": datetime.now(UTC).isoformat()}
        assert (await house.request("PATCH", path, moved)).status == 200
        left = await has_come(house, "next year", year)
        gone = await house.request("DELETE", f"{ACCOUNT}/scheduled/{left}")
        assert gone.body["code"] == "conflict"
