"""Accounts over HTTP: made, linked by QR and by code, unlinked, and let go."""

from pathlib import Path

from peers.child import until
from peers.house import House, open_house

ACCOUNTS = "/v1/accounts"


async def until_state(house: House, account: str, state: str) -> None:
    async def look() -> bool:
        return (await house.get(f"{ACCOUNTS}/{account}")).body["state"] == state

    await until(look, 15.0, f"account {account} in state {state}")


async def until_code(house: House, account: str) -> str:
    codes: list[bytes] = []

    async def look() -> bool:
        answer = await house.get(f"{ACCOUNTS}/{account}/qr.txt")
        codes.append(answer.body if answer.status == 200 else b"")
        return bool(codes[-1])

    await until(look, 15.0, "a code to scan")
    return codes[-1].decode()


async def test_an_account_from_its_making_to_its_end(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        phone = (await house.post("/sandbox/phones", {"name": "Work"})).body["phone"]
        made = await house.post(ACCOUNTS, {"account": "work"})
        assert (made.status, made.body["account"]) == (201, "work")
        assert (await house.post(ACCOUNTS, {"account": "work"})).status == 409

        qr = await until_code(house, "work")
        for kind, mime in (("svg", "image/svg+xml"), ("png", "image/png")):
            drawn = await house.get(f"{ACCOUNTS}/work/qr.{kind}")
            assert (drawn.status, drawn.headers["content-type"]) == (200, mime)
        assert (await house.get(f"{ACCOUNTS}/work/qr.gif")).status == 400
        assert (await house.post("/sandbox/scan", {"qr": qr, "phone": phone})).status < 300
        await until_state(house, "work", "connected")
        unknown = await house.get(f"{ACCOUNTS}/work/qr.svg")
        assert (unknown.status, "connected" in unknown.body["detail"]) == (404, True)

        out = await house.post(f"{ACCOUNTS}/work/logout", None)
        assert out.status == 200, out.body
        await until_state(house, "work", "logged_out")
        code = await house.post(f"{ACCOUNTS}/work/pair-code", {"phone": phone})
        assert code.status == 200, code.body
        body = {"code": code.body["code"], "phone": phone}
        assert (await house.post("/sandbox/enter-code", body)).status < 300
        await until_state(house, "work", "connected")
        assert phone in (await house.get(f"{ACCOUNTS}/work")).body["phone"]

        gone = await house.request("DELETE", f"{ACCOUNTS}/work")
        assert gone.status == 204
        assert (await house.get(f"{ACCOUNTS}/work")).status == 404
        assert (await house.request("DELETE", f"{ACCOUNTS}/default")).status == 409
        listed = (await house.get(ACCOUNTS)).body["items"]
        assert [account["account"] for account in listed] == ["default"]
