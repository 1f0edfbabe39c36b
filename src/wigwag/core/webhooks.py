"""Webhooks: named, changed and taken back by their owners; deliveries looked at and told again."""

import base64
import secrets
from collections.abc import Callable, Collection
from typing import Final
from urllib.parse import urlsplit

from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.core.feed import Feed, parse_types
from wigwag.core.views import encode, time_view
from wigwag.model.archived import Page
from wigwag.model.errors import Conflict, InvalidInput, NotFound, ReceiverRefused
from wigwag.model.instant import ms_of
from wigwag.model.url import URL_RULE, is_url
from wigwag.model.webhook import SECRET_PREFIX, DeliveryRecord, DeliveryState, WebhookRecord
from wigwag.ports import Archive, ArchiveTx, Clock

MAX_WEBHOOKS: Final = 100
ROTATION_MS: Final = 86_400_000
"""How long the former secret stays valid: a day."""
TEST_TYPE: Final = "webhook.test"
_SECRET_BYTES: Final = 24
_Values = dict[str, str | int]
_NONE: Final = "There is no such webhook."


class Webhooks:
    """`on_change` is told the id of a webhook that has something new to do; `refuses` says whether
    a host is never reached."""

    def __init__(
        self,
        archive: Archive,
        feed: Feed,
        *,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[int], bytes] = secrets.token_bytes,
        refuses: Callable[[str], bool] = lambda _host: False,
    ) -> None:
        self._archive = archive
        self._feed = feed
        self._clock = clock
        self._random = random
        self._refuses = refuses
        self.on_change: Callable[[str], None] = lambda _webhook: None

    async def list(self) -> list[WebhookRecord]:
        return await self._archive.list_webhooks()

    async def get(self, webhook_id: str) -> WebhookRecord:
        """Raises NotFound."""
        record = await self._archive.find_webhook(webhook_id)
        if record is None:
            raise NotFound(_NONE)
        return record

    async def create(
        self,
        url: str,
        *,
        accounts: Collection[str] = (),
        chats: Collection[str] = (),
        types: Collection[str] = (),
    ) -> WebhookRecord:
        """A webhook for what happens from now on, with its secret. `chats` are canonical JIDs.

        Raises InvalidInput, ReceiverRefused, Conflict (too many).
        """
        record = WebhookRecord(
            id="wh_" + self._random(9).hex(),
            url=self._checked_url(url),
            accounts=" ".join(sorted(accounts)),
            chats=" ".join(sorted(chats)),
            types=" ".join(sorted(parse_types(types))),
            secret=self._new_secret(),
            created_ms=ms_of(self._clock.now()),
            cursor=self._feed.last_seq,
        )
        if len(await self._archive.list_webhooks()) >= MAX_WEBHOOKS:
            raise Conflict(f"There are {MAX_WEBHOOKS} webhooks already; delete one first.")
        await self._archive.write(lambda tx: tx.webhooks.add(record))
        self.on_change(record.id)
        return record

    async def change(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        accounts: Collection[str] | None = None,
        chats: Collection[str] | None = None,
        types: Collection[str] | None = None,
        enabled: bool | None = None,
    ) -> WebhookRecord:
        """What is None stays. Raises NotFound, InvalidInput, ReceiverRefused."""
        values: _Values = {}
        if url is not None:
            values["url"] = self._checked_url(url)
        for name, chosen in (("accounts", accounts), ("chats", chats)):
            if chosen is not None:
                values[name] = " ".join(sorted(chosen))
        if types is not None:
            values["types"] = " ".join(sorted(parse_types(types)))
        if enabled is not None:
            values |= {"enabled": enabled, "reason": ""}
        return await self._changed(webhook_id, lambda _record: values)

    async def delete(self, webhook_id: str) -> None:
        """Raises NotFound."""
        if not await self._archive.write(lambda tx: tx.webhooks.remove(webhook_id)):
            raise NotFound(_NONE)
        self.on_change(webhook_id)

    async def rotate(self, webhook_id: str) -> WebhookRecord:
        """Another secret; the one of now stays valid for a day. Raises NotFound."""
        until = ms_of(self._clock.now()) + ROTATION_MS
        secret = self._new_secret()
        return await self._changed(
            webhook_id,
            lambda record: {
                "secret": secret,
                "old_secret": record.secret,
                "old_until_ms": until,
            },
        )

    async def replay(self, webhook_id: str, from_seq: int, to_seq: int) -> WebhookRecord:
        """Tell the events of a range once more, as far as they are kept. Raises NotFound,
        InvalidInput, Conflict (another range is being told)."""
        if not 0 < from_seq <= to_seq <= self._feed.last_seq:
            raise InvalidInput(
                f"The range has to lie between 1 and {self._feed.last_seq}, the newest event."
            )

        def begin(record: WebhookRecord) -> _Values:
            if record.replay_next:
                raise Conflict("This webhook is told a range already; wait until that is through.")
            return {"replay_next": from_seq, "replay_end": to_seq}

        return await self._changed(webhook_id, begin)

    async def test(self, webhook_id: str) -> str:
        """Deliver an event that says nothing; its id. Raises NotFound."""
        event_id = f"evt_test_{self._random(9).hex()}"
        now = self._clock.now()
        view = {
            "id": event_id,
            "seq": 0,
            "account": "",
            "type": TEST_TYPE,
            "time": time_view(now),
            "data": {"webhook_id": webhook_id},
        }
        delivery = DeliveryRecord(
            webhook_id=webhook_id,
            event_id=event_id,
            seq=0,
            lane=event_id,
            type=TEST_TYPE,
            body=encode(view),
            created_ms=ms_of(now),
        )

        def add(tx: ArchiveTx) -> bool:
            is_there = tx.webhooks.find(webhook_id) is not None
            if is_there:
                tx.webhooks.add_deliveries([delivery])
            return is_there

        if not await self._archive.write(add):
            raise NotFound(_NONE)
        self.on_change(webhook_id)
        return event_id

    async def list_deliveries(
        self, webhook_id: str, state: DeliveryState | None, cursor: str, limit: int
    ) -> Page[DeliveryRecord]:
        """What is not delivered, the newest first. Raises NotFound, InvalidInput."""
        await self.get(webhook_id)
        return await self._archive.list_deliveries(webhook_id, state or "", cursor, limit)

    async def redeliver(self, webhook_id: str, event_id: str) -> None:
        """Try a delivery at once, with all its attempts. Raises NotFound."""
        if not await self._archive.write(lambda tx: tx.webhooks.revive(webhook_id, event_id)):
            raise NotFound(
                "There is no such delivery that is pending or dead; what was delivered can be "
                "told again with /replay."
            )
        self.on_change(webhook_id)

    async def _changed(
        self, webhook_id: str, decide: Callable[[WebhookRecord], _Values]
    ) -> WebhookRecord:
        """Set the columns that `decide` says, who sees the webhook as it is in that moment."""

        def change(tx: ArchiveTx) -> WebhookRecord:
            record = tx.webhooks.find(webhook_id)
            if record is None:
                raise NotFound(_NONE)
            values = decide(record)
            if values:
                tx.webhooks.change(webhook_id, **values)
            return record._replace(**values)

        changed = await self._archive.write(change)
        self.on_change(webhook_id)
        return changed

    def _new_secret(self) -> str:
        return SECRET_PREFIX + base64.b64encode(self._random(_SECRET_BYTES)).decode()

    def _checked_url(self, url: str) -> str:
        """Raises InvalidInput, ReceiverRefused."""
        if not is_url(url):
            raise InvalidInput(f"The URL of a webhook is {URL_RULE}.")
        host = urlsplit(url).hostname or ""
        if self._refuses(host):
            raise ReceiverRefused.at(host)
        return url
