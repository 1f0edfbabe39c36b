"""The control routes of newsletters."""

import base64
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from scripted.asgi import call
from wigwag.sandbox.control.interface import standalone_app
from wigwag.sandbox.demo import ECHO, SILENT
from wigwag.sandbox.samples import make_png
from wigwag.sandbox.sandbox import Sandbox, SandboxOptions


class Caller:
    """The routes below /sandbox/newsletters, of a populated sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._app = standalone_app(sandbox)

    async def ask(self, method: str, path: str = "", body: object = None, status: int = 200) -> Any:
        answer = await call(self._app, method, "/sandbox/newsletters" + path, body)
        assert answer.status == status, answer.body
        return answer.json()


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncGenerator[Caller]:
    sandbox = await Sandbox.start(SandboxOptions(directory=tmp_path / "state"))
    sandbox.populate()
    yield Caller(sandbox)
    await sandbox.stop()


async def test_a_newsletter_and_what_is_said_in_it(caller: Caller) -> None:
    made = await caller.ask("POST", "", {"owner": ECHO, "name": "News", "description": "x"}, 201)
    path = f"/{made['jid']}"
    assert made["link"].startswith("https://whatsapp.com/channel/")
    followed = await caller.ask("POST", f"{path}/followers", {"person": SILENT}, 201)
    assert len(followed["followers"]) == 2
    text = await caller.ask("POST", f"{path}/posts", {"text": "hello"}, 201)
    file = {"base64": base64.b64encode(make_png(seed=1)).decode()}
    media = await caller.ask("POST", f"{path}/posts", {"media": file}, 201)
    assert (text["server_id"], media["server_id"], media["type"]) == (100, 101, "media")
    edited = {"text": "other", "server_id": 100}
    assert not (await caller.ask("POST", f"{path}/posts", edited, 201))["revoked"]
    gone = {"revoke": True, "server_id": 101}
    assert (await caller.ask("POST", f"{path}/posts", gone, 201))["revoked"]
    opinion = {"person": SILENT, "server_ids": [100], "emoji": "👍"}
    (told,) = (await caller.ask("POST", f"{path}/opinions", opinion, 201))["items"]
    assert (told["views"], list(told["reactions"].values())) == (1, ["👍"])
    seen = {"person": ECHO, "server_ids": [100]}
    await caller.ask("POST", f"{path}/opinions", seen, 201)
    listed = (await caller.ask("GET", f"{path}/posts"))["items"]
    assert [(post["views"], len(post["reactions"])) for post in listed] == [(2, 1), (0, 0)]
    assert (await caller.ask("GET", path))["posts"] == 2
    assert [one["name"] for one in (await caller.ask("GET"))["items"]] == ["News"]


async def test_what_cannot_be(caller: Caller) -> None:
    news = f"/{caller.sandbox.create_newsletter(ECHO, 'News').jid}"
    refused: list[tuple[str, dict[str, Any], int]] = [
        ("", {"owner": "15559999999", "name": "News"}, 404),
        ("", {"owner": ECHO, "name": ""}, 400),
        ("/1@newsletter/posts", {"text": "a"}, 404),
        (f"{news}/posts", {}, 400),
        (f"{news}/posts", {"text": "a", "revoke": True}, 400),
        (f"{news}/posts", {"revoke": True}, 400),
        (f"{news}/posts", {"text": "a", "server_id": 999}, 404),
        (f"{news}/posts", {"media": {"base64": "AA=="}, "server_id": 100}, 400),
        (f"{news}/opinions", {"person": SILENT, "server_ids": [999]}, 404),
    ]
    for path, body, status in refused:
        await caller.ask("POST", path, body, status)
