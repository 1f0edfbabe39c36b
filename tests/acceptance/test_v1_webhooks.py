"""Webhooks of a real server: all events, signed, in order, over a restart."""

from pathlib import Path

from peers.child import until
from peers.house import EMMA, House, open_house
from peers.receiver import open_receiver

LIMIT_S = 60.0


async def redeliver(house: House, webhook: str) -> int:
    """Try at once whatever waits; how much that is."""
    path = f"/v1/webhooks/{webhook}/deliveries"
    page = (await house.get(f"{path}?state=pending")).body
    for item in page["items"]:
        await house.post(f"{path}/{item['id']}/redeliver", None)
    return len(page["items"])


async def test_all_messages_arrive_signed_and_in_order_over_a_restart(tmp_path: Path) -> None:
    store = tmp_path / "store"
    async with open_receiver() as receiver:
        async with open_house(store, webhook_allow=("127.0.0.1",)) as house:
            asked = {"url": receiver.url, "types": ["message.received"]}
            webhook = (await house.post("/v1/webhooks", asked)).body
            receiver.secret = webhook["secret"]
            await house.post(f"/v1/webhooks/{webhook['id']}/test", None)
            await until(lambda: bool(receiver.events), LIMIT_S, "the test")
            assert receiver.events[0]["type"] == "webhook.test"
            assert (await house.send(EMMA, "one")).status == 200
            await until(lambda: receiver.texts() == ["one"], LIMIT_S, "Emma's echo")
            receiver.down = True
            for text in ("two", "three"):
                await house.send(EMMA, text)
            await until(lambda: receiver.refused > 0, LIMIT_S, "an attempt that fails")
        async with open_house(store, webhook_allow=("127.0.0.1",)) as house:
            rotated = (await house.post(f"/v1/webhooks/{webhook['id']}/rotate", None)).body
            assert rotated["secret"] != receiver.secret, "the old one is still valid"
            receiver.down = False

            async def all_came() -> bool:
                await redeliver(house, webhook["id"])
                return receiver.texts() == ["one", "two", "three"]

            await until(all_came, LIMIT_S, "what had waited", poll_s=0.2)
            receiver.secret = rotated["secret"]
            seq = receiver.events[1]["seq"]
            body = {"from_seq": seq, "to_seq": seq}
            assert (await house.post(f"/v1/webhooks/{webhook['id']}/replay", body)).status == 202
            await until(lambda: len(receiver.texts()) == 4, LIMIT_S, "the range")
            assert receiver.events[-1] == receiver.events[1]


async def test_a_receiver_that_is_not_public_is_not_reached(tmp_path: Path) -> None:
    async with open_receiver() as receiver, open_house(tmp_path / "store") as house:
        refused = await house.post("/v1/webhooks", {"url": receiver.url})
        assert (refused.status, refused.body["code"]) == (400, "address_refused")
        # another way to write 127.0.0.1, which only a lookup finds out
        url = receiver.url.replace("127.0.0.1", "0x7f.1")
        webhook = (await house.post("/v1/webhooks", {"url": url})).body
        await house.post(f"/v1/webhooks/{webhook['id']}/test", None)

        async def is_refused() -> bool:
            page = (await house.get(f"/v1/webhooks/{webhook['id']}/deliveries")).body
            return any(item["error"] == "address_refused" for item in page["items"])

        await until(is_refused, LIMIT_S, "a refusal")
        assert receiver.events == []
