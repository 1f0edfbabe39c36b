"""Messages with a time to come, on a whole server: they leave at it, also after a restart."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from peers.house import SAM, Answer, House, open_house

ACCOUNT = "/v1/accounts/default"


async def plan(house: House, text: str, seconds: float, **headers: Any) -> Answer:
    send_at = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    body = {"to": SAM, "type": "text", "text": text, "send_at": send_at}
    return await house.post(f"{ACCOUNT}/messages", body, **headers)


async def test_they_leave_at_their_time_and_survive_a_restart(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        soon = await plan(house, "soon", 2.0)
        assert (soon.status, soon.body["state"]) == (202, "scheduled")
        year = await plan(house, "next year", 300 * 86_400)
        cancelled = await plan(house, "never", 300 * 86_400)
        path = f"{ACCOUNT}/scheduled/{cancelled.body['id']}"
        assert (await house.request("DELETE", path)).status == 204
        assert (await house.until_in_inbox(SAM, soon.body["id"]))["text"] == "soon"
        (waiting,) = (await house.get(f"{ACCOUNT}/scheduled")).body["items"]
        assert (waiting["id"], waiting["text"]) == (year.body["id"], "next year")
        missed = [
            await plan(house, text, seconds) for text, seconds in (("2nd", 3.0), ("1st", 2.9))
        ]
        assert [answer.status for answer in missed] == [202, 202]

    async with open_house(tmp_path / "store") as house:
        sent = await house.until_rows(
            "SELECT content FROM messages WHERE state IN ('sent', 'delivered', 'read') "
            "AND content IN ('1st', '2nd') GROUP BY chat_jid HAVING count(*) = 2"
        )
        assert sent
        order = house.rows("SELECT content FROM messages WHERE content LIKE '___' ORDER BY rid")
        assert order[-2:] == [("1st",), ("2nd",)]
        path = f"{ACCOUNT}/scheduled/{year.body['id']}"
        moved = {"send_at": datetime.now(UTC).isoformat()}
        assert (await house.request("PATCH", path, moved)).status == 200
        assert (await house.until_in_inbox(SAM, year.body["id"]))["text"] == "next year"
        assert (await house.request("DELETE", path)).body["code"] == "conflict"
