"""A caller of the sandbox's control interface."""

from pathlib import Path
from typing import Any

from scripted.asgi import Answer, call
from scripted.neighbours import Companion, Neighbourhood
from wigwag.sandbox.control.interface import standalone_app
from wigwag.sandbox.demo import PHONE
from wigwag.sandbox.sandbox import Sandbox


class Caller:
    """The HTTP interface over a populated sandbox."""

    def __init__(self, sandbox: Sandbox, root: Path) -> None:
        self.sandbox = sandbox
        self.root = root
        self.app = standalone_app(sandbox, root)

    async def ask(self, method: str, path: str, body: object = None) -> Answer:
        return await call(self.app, method, "/sandbox" + path, body)

    async def get(self, path: str) -> Any:
        answer = await self.ask("GET", path)
        assert answer.status == 200, answer.body
        return answer.json()

    async def post(self, path: str, body: object = None, status: int = 201) -> Any:
        answer = await self.ask("POST", path, body)
        assert answer.status == status, answer.body
        return answer.json()

    async def patch(self, path: str, body: object) -> Any:
        answer = await self.ask("PATCH", path, body)
        assert answer.status == 200, answer.body
        return answer.json()

    async def fail(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """The status and the code of a problem."""
        answer = await self.ask(method, path, body)
        assert answer.content_type == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == answer.status
        assert problem["detail"]
        return answer.status, problem["code"]

    async def inbox(self, phone: str, noun: str = "people") -> list[dict[str, Any]]:
        return (await self.get(f"/{noun}/{phone}/inbox"))["items"]

    async def say(self, phone: str, noun: str = "people", **message: object) -> Any:
        return await self.post(f"/{noun}/{phone}/messages", message)


async def link(caller: Caller, phone: str = PHONE) -> Companion:
    """A scripted client that is linked by the HTTP interface."""
    hood = Neighbourhood.__new__(Neighbourhood)
    hood.network = caller.sandbox.network
    hood.surroundings = caller.sandbox.surroundings
    hood.chance = caller.sandbox.chance
    hood.host = caller.sandbox.media
    companion = Companion(hood)
    await caller.post("/scan", {"qr": companion.show_qr(), "phone": phone}, 200)
    companion.finish_pairing()
    companion.log_in()
    return companion
