"""The life of an account over both engines: linked by QR code and by a typed code, restarted, and
unlinked at the phone.

Each is what a program sees over HTTP, from its request (or from what the phone does) until the
account says so; the phone of the sandbox acts at once. Medians of some accounts (`--accounts`).
"""

import time
from collections.abc import Awaitable, Callable
from statistics import median

from engines import server_of
from figures import Figure, Report, parser
from peers.child import until
from peers.sandbox_process import Resident
from peers.server import Answer, ServerProcess, running_server
from stages import Stage, open_stage, settled
from wigwag import runtime
from wigwag.model.account import ConnectionState
from wigwag.model.capability import EngineKind

LIMIT_S = 60.0
POLL_S = 0.005
BY_QR = "linked by QR code"
BY_CODE = "linked by a typed code"
RESTART = "restarted"
LOGOUT = "unlinked at the phone, until logged_out"

Seconds = dict[str, list[float]]


class Holder:
    """An account of a server, by HTTP, and the phone that it belongs to."""

    def __init__(self, server: ServerProcess, stage: Stage, name: str, phone: Resident) -> None:
        self._server, self._stage, self._phone = server, stage, phone
        self._name, self._path = name, f"/v1/accounts/{name}"

    async def link_by_qr(self) -> None:
        await self._ask("POST", "/v1/accounts", {"account": self._name})
        shown: list[str] = []

        async def has_code() -> bool:
            state = await self._ask("GET", self._path)
            if state.body["state"] == ConnectionState.PAIRING:
                shown[:] = self._server.query(
                    "SELECT json_extract(data, '$.code') FROM events "
                    "WHERE account = ? AND type = 'pairing.qr' ORDER BY seq DESC LIMIT 1",
                    self._name,
                )
            return bool(shown)

        await until(has_code, LIMIT_S, "a QR code", poll_s=POLL_S)
        await self._stage.network.scan(self._phone, shown[0])
        await self._reach(ConnectionState.CONNECTED)

    async def link_by_code(self) -> None:
        await self._ask("POST", "/v1/accounts", {"account": self._name})
        await self._reach(ConnectionState.PAIRING)
        asked = {"phone": self._phone.phone}
        answer = await self._ask("POST", f"{self._path}/pair-code", asked)
        await self._stage.network.enter_code(self._phone, answer.body["code"])
        await self._reach(ConnectionState.CONNECTED)

    async def restart(self) -> None:
        before = (await self._ask("GET", self._path)).body["since"]
        await self._ask("POST", f"{self._path}/restart")
        await self._reach(ConnectionState.CONNECTED, after=before)

    async def log_out(self) -> None:
        await self._stage.network.unlink(self._phone)
        await self._reach(ConnectionState.LOGGED_OUT)

    async def settled(self) -> None:
        await settled(self._stage, self._phone)

    async def _reach(self, state: ConnectionState, *, after: str = "") -> None:
        async def is_there() -> bool:
            account = (await self._ask("GET", self._path)).body
            return account["state"] == state and account["since"] > after

        await until(is_there, LIMIT_S, f"{self._name} is {state}", poll_s=POLL_S)

    async def _ask(self, method: str, path: str, body: object = None) -> Answer:
        answer = await self._server.request(method, path, body)
        assert answer.status < 300, answer
        return answer


async def timed(act: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await act()
    return time.perf_counter() - began


async def lives(server: ServerProcess, stage: Stage, count: int) -> Seconds:
    """The seconds of each step, by its name; half of the accounts are linked each way."""
    spent: Seconds = {name: [] for name in (BY_QR, BY_CODE, RESTART, LOGOUT)}
    async with running_server(server):
        for number in range(2 * count):
            holder = Holder(server, stage, f"b{number}", await stage.add_phone())
            if number < count:
                spent[BY_QR].append(await timed(holder.link_by_qr))
            else:
                spent[BY_CODE].append(await timed(holder.link_by_code))
            await holder.settled()
            spent[RESTART].append(await timed(holder.restart))
            await holder.settled()
            spent[LOGOUT].append(await timed(holder.log_out))
    return spent


async def bench(report: Report) -> None:
    async with open_stage() as stage:
        found = {
            kind: await lives(server_of(stage, kind, 1), stage, report.arguments.accounts)
            for kind in EngineKind
        }
    for name, seconds in found[EngineKind.WHATSMEOW].items():
        report.add(
            Figure(
                name=f"{name}, on whatsmeow",
                value=median(seconds),
                unit="s",
                yardstick=median(found[EngineKind.NATIVE][name]),
                yardstick_name="the native engine",
            )
        )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--accounts", type=int, default=5)
    report = Report(arguments.parse_args())
    runtime.run(lambda: bench(report))
    report.close()


if __name__ == "__main__":
    main()
