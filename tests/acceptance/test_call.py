"""`wigwag call`, as a user types it, at a running server."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from peers.child import child_environment
from peers.house import EMMA, House, open_house
from peers.server import COMMAND

KEY = "a-key-that-nobody-guesses"


@dataclass(frozen=True)
class Said:
    status: int
    out: bytes
    err: str


async def run(house: House, *words: str, key: str = KEY) -> Said:
    environment = {
        **child_environment(),
        "WIGWAG_URL": f"http://127.0.0.1:{house.port}",
        "WIGWAG_KEY": key,
    }
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "call",
        *words,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(30):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    return Said(process.returncode, out, err.decode())


async def test_everything_is_reached_from_the_command_line(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store", api_key=KEY) as house:
        words = ("default", f"to={EMMA}", "type=text", "text=Hello, Emma = you")
        listed = (await run(house)).out.decode()
        assert "send_message account message [idempotency_key=...]\n    Send a message" in listed
        sent = await run(house, "send_message", *words)
        assert (sent.status, sent.err) == (0, "")
        assert json.loads(sent.out)["state"] == "sent"
        lines = (await run(house, "each_chat_messages", "default", EMMA)).out.splitlines()
        assert "Hello, Emma = you" in {json.loads(line)["text"] for line in lines}
        page = tmp_path / "chat.txt"
        export = ("export_chat", "default", EMMA, "format=txt", "--output", str(page))
        assert (await run(house, *export)).status == 0
        assert "Hello, Emma = you" in page.read_text()
        again = await run(house, *export)
        assert (again.status, again.out) == (1, b"")
        assert "is there already" in again.err


async def test_what_fails_is_one_sentence(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store", api_key=KEY) as house:
        page = tmp_path / "chat.txt"
        for words, key, sentence in (
            (("list_account",), KEY, "did you mean list_accounts"),
            (("get_chat", "default"), KEY, "chat is missing: get_chat account chat"),
            (("get_chat", "default", "4917099"), KEY, "not_found: "),
            (("export_chat", "default", "x", "--output", str(page)), KEY, "malformed_jid: "),
            (("list_accounts",), "another", "unauthorized: "),
        ):
            said = await run(house, *words, key=key)
            assert (said.status, said.out) == (1, b"")
            assert said.err.startswith("wigwag: ")
            assert sentence in said.err
            assert "Traceback" not in said.err
        assert not page.exists()
