"""Couriers over an archive, with receivers that answer as a test says and time that it makes."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, cast

from scripted.waiting import VirtualClock, until, until_async
from stored.desk import Desk
from stored.makers import ANN, received
from wigwag.core.feed import Feed
from wigwag.core.webhooks import Webhooks
from wigwag.deliver.couriers import Couriers
from wigwag.deliver.schedule import Outcome
from wigwag.model.jid import Jid
from wigwag.model.webhook import DeliveryRecord, DeliveryState

URL: Final = "https://crm.example/hook"
GOOD: Final = Outcome(status=200)
BAD: Final = Outcome(status=503)


class Receivers:
    """`answers` by URL, the last one for ever; `got` has the id of each message that arrived."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Outcome]] = {}
        self.got: list[tuple[str, str]] = []
        self.asked = 0
        self.refuses: set[str] = set()
        self.gates: dict[str, asyncio.Event] = {}
        """By URL: answers that wait until a test lets them come."""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Outcome:
        self.asked += 1
        event = json.loads(body)
        assert headers["webhook-id"] == event["id"]
        name = event["data"].get("id", event["type"])
        if url in self.gates:
            await self.gates[url].wait()
        answers = self.answers.get(url, [GOOD])
        outcome = answers.pop(0) if len(answers) > 1 else answers[0]
        if name in self.refuses:
            outcome = BAD
        if outcome.status == 200:
            self.got.append((url, name))
        return outcome

    async def close(self) -> None:
        pass

    def close_gate(self, url: str = URL) -> asyncio.Event:
        self.gates[url] = asyncio.Event()
        return self.gates[url]

    def names(self, url: str = URL) -> list[str]:
        return [name for where, name in self.got if where == url]


class Post:
    """Webhooks of a desk, and couriers that can be stopped and started."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.clock = VirtualClock()
        self.feed = Feed(desk.archive)
        self.receivers = Receivers()
        self.webhooks = Webhooks(desk.archive, self.feed, clock=self.clock)
        self.couriers: Couriers

    async def start(self) -> None:
        self.couriers = Couriers(
            self.desk.archive,
            self.feed,
            cast("Any", self.receivers),
            clock=self.clock,
            random=lambda: 0.5,
        )
        self.webhooks.on_change = self.couriers.changed
        await self.couriers.start()

    async def deliveries(
        self, webhook_id: str, state: DeliveryState | None = None
    ) -> list[DeliveryRecord]:
        page = await self.webhooks.list_deliveries(webhook_id, state, "", 200)
        return list(page.items)

    async def pass_until(self, condition: Callable[[], object], step_s: float = 1.0) -> None:
        """Let time pass, while the archive's threads do their work, until it is so."""

        async def step() -> object:
            if not condition():
                await self.clock.advance(step_s)
            return condition()

        await until_async(step)

    async def until_settled(self, webhook_id: str, attempts: int) -> None:
        """Until every delivery is kept after so many attempts, or waits for one that is."""

        async def is_settled() -> bool:
            found = await self.deliveries(webhook_id)
            return bool(found) and any(d.attempts == attempts and d.error for d in found)

        await until_async(is_settled)

    async def until_ended(self, webhook_id: str) -> None:
        """Until its courier has nothing to do any more, for good."""
        name = f"webhook-{webhook_id}"
        await until(lambda: name not in {task.get_name() for task in asyncio.all_tasks()})

    async def until_empty(self, webhook_id: str) -> None:
        async def is_empty() -> bool:
            return not await self.deliveries(webhook_id)

        await until_async(is_empty)


async def send(post: Post, *names: str, chat: Jid = ANN) -> None:
    await post.desk.take(*(received(name, chat=chat) for name in names))
