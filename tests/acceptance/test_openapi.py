"""OpenAPI tells the truth: schemathesis asks a whole server what its document says.

Left out are `/sandbox`, which serves tests alone and is no part of the interface, and the stream
of server-sent events, which never ends. Waits are bounded by the hooks.
"""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from aiohttp.abc import ResolveResult
from aiohttp.resolver import DefaultResolver

from peers.engines import ENGINE
from peers.house import EMMA, SAM, House, open_house
from scripted.towns import TOWNS
from stored.ogg import opus
from wigwag.http.document import NEEDED
from wigwag.outward.guard import Guard

ROOT = Path(__file__).parents[2]
KEY = "the-key-of-the-document"
LEFT_OUT = r"^/(sandbox|v1/events/stream$)"
LACKING = {
    operation
    for capability, operations in NEEDED.items()
    if capability not in TOWNS[ENGINE].capabilities
    for operation in operations
}
"""What the engine answers 501, at least in some cases: those are no errors of the server."""


async def ask(house: House, *options: str, limit_s: float) -> str:
    """What schemathesis says of the server."""
    files = house.store / "outbox"
    shutil.copy(ROOT / "docs/sample.png", files / "any.png")
    (files / "note.ogg").write_bytes(opus([40] * 100))
    messages = (await house.get("/v1/accounts/default/messages", x_api_key=KEY)).body["items"]
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file", "tests/schema/schemathesis.toml",
        "run", f"http://127.0.0.1:{house.port}/openapi.json",
        *(f"--exclude-operation-id={operation}" for operation in LACKING),
        "--header", f"Authorization: Bearer {KEY}",
        "--checks", "all", "--exclude-path-regex", LEFT_OUT,
        "--no-color", "--generation-database", "none", "--warnings", "off",
        "--suppress-health-check", "all", "--request-timeout", "30", *options,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={
            **os.environ,
            "SCHEMA_CHATS": f"{EMMA} {SAM}@s.whatsapp.net",
            "SCHEMA_FILES": str(files),
            "SCHEMA_MESSAGES": " ".join(message["id"] for message in messages),
        },
    )  # fmt: skip
    try:
        out, _ = await asyncio.wait_for(process.communicate(), limit_s)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    told = out.decode()
    assert process.returncode == 0, told
    return told


def never(*_: object) -> bool:
    return False


async def nobody(*_: object, **__: object) -> list[ResolveResult]:
    raise OSError("names are not looked up here")


@pytest.fixture(autouse=True)
def nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever receiver a case makes up for a webhook, nobody looks for it, or connects to it."""
    monkeypatch.setattr(Guard, "permits", never)
    monkeypatch.setattr(DefaultResolver, "resolve", nobody)


def count_of(told: str) -> int:
    (count,) = re.findall(r"^ *(\d+) generated", told, re.MULTILINE)
    return int(count)


@pytest.mark.timeout(300)
async def test_the_interface_is_as_its_document_says(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store", api_key=KEY) as house:
        told = await ask(
            house, "--phases", "fuzzing", "--max-examples", "2", "--seed", "1", limit_s=270
        )
        assert count_of(told) > 150


@pytest.mark.soak
async def test_ten_thousand_cases(tmp_path: Path) -> None:
    async with open_house(tmp_path / "store", api_key=KEY) as house:
        told = await ask(house, "--max-examples", "100", limit_s=3_000)
        assert count_of(told) >= 10_000
