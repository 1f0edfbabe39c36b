"""The commands of the README and of the pages on how to do things work as they are printed."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest

from peers.child import until
from peers.house import House, open_house

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
CURLS = [block for block in BLOCKS if "curl" in block]
NEEDS_A_SHELL = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("bash")), reason="curl or bash is missing"
)
ABOUT_READING = ("messages", "chats", "media", "events", "webhooks")
"""Pages of docs/howto whose commands only look, so that one server does for all of them."""
ABOUT_CHANGING = (
    "sending", "chat-changes", "statuses", "contacts", "groups", "polls", "accounts", "keys",
    "operations", "command-line",
    "engines",  # the last one, since it unlinks the account
)  # fmt: skip
"""Pages whose commands say what they need of each other themselves."""


async def run(command: str, house: House, folder: Path = ROOT) -> str:
    """One block in a shell, at the root of the checkout, on the port and store of the test."""
    told = command.replace("localhost:8080", f"localhost:{house.port}")
    told = told.replace("store/", f"{house.store}/").replace(".venv/bin/python", sys.executable)
    scripts = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "WIGWAG_URL": f"http://localhost:{house.port}",
    }
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", told, cwd=folder, env=environment, start_new_session=True,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), 30)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)  # with all that the shell began
        raise
    assert process.returncode == 0, f"{told}\n{err.decode()}"
    return out.decode()


@NEEDS_A_SHELL
async def test_the_curl_commands_do_what_the_readme_says(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        folder = house.store / "15550100003@s.whatsapp.net"
        await until(lambda: len(list(folder.glob("*"))) == 4, 10.0, "the history's files")
        send, look, picture, file, state = CURLS[:5]
        assert json.loads(await run(send, house))["message"] == "Message sent to 15550100002"
        await house.until_rows(
            "SELECT 1 FROM messages WHERE content = 'Hello, Emma' AND is_from_me = 0"
        )
        talk = await run(look, house)
        assert talk.count("Hello, Emma") == 3, "in the inbox, sent, answered"
        first, second = talk.splitlines()[-2:]
        assert "15550100002@" in first
        assert "15550100001@" in second
        await run(picture, house)
        await until(lambda: len(list(folder.glob("*"))) == 5, 10.0, "the picture in the folder")
        assert json.loads(await run(file, house))["success"] is True
        accounts, _, ready = (await run(state, house)).partition("}]")
        assert '"state":"connected"' in accounts
        assert '"ready":true' in ready


@NEEDS_A_SHELL
async def test_the_commands_of_the_pages_about_reading(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        for name in ABOUT_READING:
            page = (ROOT / f"docs/howto/{name}.md").read_text()
            blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
            assert blocks, name
            for block in blocks:
                told = await run(block, house, tmp_path)
                assert '"items":[{' in told or '"jid":' in told, f"{name}: {block}\n{told}"
                assert '"request_id"' not in told, f"{name}: {block}\n{told}"


@NEEDS_A_SHELL
async def test_the_commands_of_the_pages_about_changing(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store") as house:
        for name in ABOUT_CHANGING:
            page = (ROOT / f"docs/howto/{name}.md").read_text()
            for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL):
                told = await run(block, house)
                assert told.startswith(("{", "[", "wigwag_")), f"{name}: {block}\n{told}"
                assert '"request_id"' not in told, f"{name}: {block}\n{told}"


async def test_the_programs_of_the_page_about_the_client(tmp_path: Path) -> None:
    page = (ROOT / "docs/howto/client.md").read_text()
    programs = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    said = ["sent", "Do you hear me?", "image/png", "404 not_found", "401"]
    assert len(programs) == len(said)
    async with open_house(tmp_path / "store") as house:
        for program, word in zip(programs, said, strict=True):
            told = program.replace("localhost:8080", f"127.0.0.1:{house.port}")
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", told, cwd=ROOT,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, err = await asyncio.wait_for(process.communicate(), 30)
            assert process.returncode == 0, f"{program}\n{err.decode()}"
            assert word in out.decode(), f"{program}\n{out.decode()}"


def test_every_link_of_the_docs_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_path_that_the_readme_and_the_promises_name_exists() -> None:
    promises = (ROOT / "docs/security.md").read_text()
    for path in re.findall(r"`((?:src|docs|bench|tests)/[\w/.-]+)`", README + promises):
        assert (ROOT / path).exists(), path
