"""Nothing of anybody leaves by a side door: texts, names, numbers, keys and secrets appear in no
line of the log at its most talkative, in no metric, and in no error that was not about them."""

import hashlib
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web

from peers.child import until
from peers.sandbox_process import Resident, SandboxProcess, running_sandbox
from peers.server import ServerProcess, running_server

LIMIT_S = 60.0
KEY: Final = "canary-key-0123456789abcdef"
WORDS: Final = {
    name: f"canary{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    for name in (
        "received", "sent", "caption", "filename", "group", "person", "edited", "search",
        "idempotency", "receiver", "refused", "upload", "account",
    )
}  # fmt: skip
Ask = Callable[..., Awaitable["Answer"]]


class Answer:
    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text

    @property
    def body(self) -> Any:
        return json.loads(self.text)


@asynccontextmanager
async def asking(server: ServerProcess) -> AsyncGenerator[tuple[Ask, list[Answer]]]:
    """What asks the server, and all answers that were errors."""
    errors: list[Answer] = []
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as http:

        async def ask(method: str, path: str, body: object = None, **more: Any) -> Answer:
            url = f"http://127.0.0.1:{server.port}{path}"
            async with http.request(method, url, json=body, **more) as response:
                answer = Answer(response.status, await response.text(errors="replace"))
            if answer.status >= 400:
                errors.append(answer)
            return answer

        yield ask, errors


@asynccontextmanager
async def receiver(status: int) -> AsyncGenerator[str]:
    """A webhook's receiver that answers so; its URL has a word of its own."""

    async def take(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=WORDS["receiver"])

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/{WORDS['receiver']}?token={WORDS['receiver']}"
    await runner.cleanup()


async def live(ask: Ask, server: ServerProcess, network: SandboxProcess, owner: Resident) -> None:
    """A bit of everything, as people use it."""
    person = await network.add_person(WORDS["person"])
    await network.add_group(WORDS["group"], [person, owner])
    await network.say_one(person, owner.jid, WORDS["received"])
    await network.say_file(person, owner.jid, 5_000)
    await until(lambda: server.count("messages") >= 2, LIMIT_S, server.tail)
    base = "/v1/accounts/default"
    text = {"to": person.jid, "type": "text", "text": WORDS["sent"]}
    headers = {"Idempotency-Key": WORDS["idempotency"]}
    sent = await ask("POST", f"{base}/messages", text, headers=headers)
    assert sent.status == 201, sent.text
    upload = await ask(
        "POST", "/v1/media", data=WORDS["upload"].encode(), params={"filename": WORDS["filename"]}
    )
    file = {"media_id": upload.body["media_id"]}
    document = {"to": person.jid, "type": "document", "media": file, "caption": WORDS["caption"]}
    assert (await ask("POST", f"{base}/messages", document)).status == 201
    path = f"{base}/messages/{sent.body['id']}"
    assert (await ask("PATCH", path, {"text": WORDS["edited"]})).status < 300
    await ask("POST", f"{path}/reactions", {"emoji": "👍"})
    await ask("GET", f"{base}/messages?q={WORDS['search']}")
    await ask("GET", f"{base}/chats/{person.jid}")


async def err(ask: Ask, person: str) -> None:
    """Mistakes, each with something in it that is nobody's business."""
    base, word = "/v1/accounts/default", WORDS["refused"]
    wrong = {"to": person, "type": "text", "text": word, "wait_s": "long"}
    for body in ({"to": person, "text": word}, wrong, [word], word):
        await ask("POST", f"{base}/messages", body)
    conflict = {"to": person, "type": "text", "text": word}
    await ask(
        "POST", f"{base}/messages", conflict, headers={"Idempotency-Key": WORDS["idempotency"]}
    )
    await ask("POST", "/api/send", {"recipient": person, "media_path": f"/etc/{word}"})
    await ask("POST", "/api/send", {"recipient": person, "message": word, "media_path": "/nowhere"})
    await ask("GET", f"/{word}")
    await ask("GET", f"{base}/messages/{word}")
    await ask("DELETE", f"/v1/webhooks/{word}")
    await ask("GET", "/v1/accounts", headers={"Authorization": f"Bearer {word}"})


def assert_silent(told: str, secrets: dict[str, str], where: str) -> None:
    for name, secret in secrets.items():
        at = told.find(secret)
        assert at < 0, f"{where} tells {name}: ...{told[max(0, at - 200) : at + 100]}..."


async def test_no_side_door_tells_anything(tmp_path: Path) -> None:
    settings = {
        "api_key": KEY,
        "log_level": "debug",
        "log_format": "json",
        "webhook_allow": "127.0.0.1",
    }
    async with running_sandbox(tmp_path) as network, receiver(503) as url:
        owner = await network.add_phone(WORDS["account"])
        async with (
            running_server(ServerProcess(tmp_path / "store", network, **settings)) as server,
            asking(server) as (ask, errors),
        ):
            await server.pair(owner)
            webhook = (await ask("POST", "/v1/webhooks", {"url": url})).body
            made = (await ask("POST", "/v1/keys", {"name": "bot", "scopes": ["read"]})).body

            async def ready() -> bool:
                return (await ask("GET", "/health/ready")).status == 200

            await until(ready, LIMIT_S, server.tail)
            errors.clear()
            await live(ask, server, network, owner)
            person = (await network.add_person(WORDS["person"])).jid
            assert not errors, [error.text for error in errors]
            await err(ask, person)
            assert len(errors) >= 10

            async def has_tried() -> bool:
                metrics = (await ask("GET", "/metrics")).text
                return 'wigwag_webhook_attempts_total{verdict="again"}' in metrics

            await until(has_tried, LIMIT_S, server.tail)
            metrics = (await ask("GET", "/metrics")).text
            await server.terminate()
        log = server.log.read_text()
        numbers = {
            f"number {place} of {table}": str(value).partition("@")[0]
            for table in ("chats", "contacts")
            for place, value in enumerate(server.query(f"SELECT jid FROM {table}"))
            if re.fullmatch(r"\d{8,}(-\d+)?@.*", str(value))
        }
    secrets = {
        **WORDS,
        **numbers,
        "the key": KEY,
        "a made key": made["secret"],
        "a webhook's secret": webhook["secret"].removeprefix("whsec_"),
        "the account's number": owner.jid.partition("@")[0],
    }
    assert len(numbers) >= 2
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"debug", "info"} <= {line["level"] for line in lines}
    requests = [line for line in lines if line["event"] == "http.request"]
    assert len({line["request_id"] for line in requests}) == len(requests) > 20
    assert_silent(log, secrets, "the log")
    assert_silent(metrics, secrets, "a metric")
    told = "\n".join(error.text for error in errors)
    assert_silent(told, secrets, "an error")
