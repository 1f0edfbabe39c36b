"""The use cases over their storage, put together."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wigwag.app.stores import open_archive
from wigwag.app.upkeep import disk_room, retention, vital_signs
from wigwag.archive import SqliteArchive
from wigwag.config import Settings, child_environment
from wigwag.core.accounts import Accounts
from wigwag.core.diskroom import DiskRoom
from wigwag.core.feed import Feed
from wigwag.core.gaps import GapPolicy, Gaps
from wigwag.core.ingest import Ingest
from wigwag.core.measures import Measures
from wigwag.core.media import MediaFetcher
from wigwag.core.older import OlderMessages
from wigwag.core.retention import Retention
from wigwag.core.schedule import Schedule
from wigwag.core.sending import MediaPolicy, Sending
from wigwag.core.uploads import Uploads
from wigwag.core.vitals import VitalSigns
from wigwag.core.webhooks import Webhooks
from wigwag.deliver.couriers import Couriers
from wigwag.deliver.postman import Postman
from wigwag.engine.native.media.retries import open_answer
from wigwag.engine.native.social.ballots import NativeBallots
from wigwag.engine.native.store.store import EngineStore
from wigwag.mediastore import LocalMediaStore, LocalUploads
from wigwag.mediawork.workshop import Workshop
from wigwag.outward.guard import Guard
from wigwag.outward.webfiles import WebFiles

BALLOTS: Final = NativeBallots()


@dataclass(frozen=True, kw_only=True)
class Core:
    """The use cases over their storage."""

    archive: SqliteArchive
    files: LocalMediaStore
    uploads: Uploads
    remote: WebFiles
    feed: Feed
    accounts: Accounts
    media: MediaFetcher
    sending: Sending
    schedule: Schedule
    ingest: Ingest
    older: OlderMessages
    gaps: Gaps
    workshop: Workshop
    disk: DiskRoom
    retention: Retention
    measures: Measures

    async def start(self, stack: contextlib.AsyncExitStack) -> None:
        """Starts what runs; the stack stops it in reverse order, connections first."""
        stack.push_async_callback(self.gaps.stop)
        for part in (self.retention, self.media, self.sending, self.schedule, self.older):
            await part.start()
            stack.push_async_callback(part.stop)
        await self.accounts.start_all()
        stack.push_async_callback(self.accounts.stop_all)

    def vital_signs(self, store: Path, engine_store: EngineStore) -> VitalSigns:
        return vital_signs(
            store=store,
            archive=self.archive,
            engine_store=engine_store,
            accounts=self.accounts,
            disk=self.disk,
            measures=self.measures,
            queues={
                "outbox": lambda: self.sending.waiting,
                "media_running": lambda: self.media.running,
                "media_work": lambda: self.workshop.jobs,
            },
        )


async def open_core(settings: Settings, store: Path, stack: contextlib.AsyncExitStack) -> Core:
    archive = await stack.enter_async_context(open_archive(store))
    files = LocalMediaStore(store)
    accounts = Accounts()
    disk, measures = disk_room(store, settings.disk_low_bytes), Measures()
    media = MediaFetcher(archive, files, accounts, disk=disk, measures=measures)
    policy = MediaPolicy(roots=settings.effective_media_roots, max_bytes=settings.max_media_bytes)
    remote = WebFiles(Guard(settings.fetch_allow, "WIGWAG_FETCH_ALLOW"))
    stack.push_async_callback(remote.close)
    workshop = Workshop(child_environment(os.environ))
    sending = Sending(
        archive,
        files,
        accounts,
        policy=policy,
        workshop=workshop,
        disk=disk,
        measures=measures,
        ballots=BALLOTS,
    )
    ingest = Ingest(archive)
    ingest.ballots = BALLOTS
    ingest.on_state = accounts.state_changed
    ingest.on_media = media.wake
    ingest.read_media_answer = open_answer
    older = OlderMessages(archive, accounts)
    ingest.on_history = older.wake
    gaps = Gaps(archive, older, policy=GapPolicy(enabled=settings.fill_gaps))
    ingest.on_caught_up = gaps.caught_up
    feed = Feed(archive)
    return Core(
        archive=archive,
        files=files,
        uploads=Uploads(
            LocalUploads(store),
            settings.max_media_bytes,
            total_bytes=settings.upload_total_bytes,
            disk=disk,
        ),
        remote=remote,
        feed=feed,
        accounts=accounts,
        media=media,
        sending=sending,
        schedule=Schedule(archive, files, accounts, sending),
        ingest=ingest,
        older=older,
        gaps=gaps,
        workshop=workshop,
        disk=disk,
        retention=retention(settings, archive, files),
        measures=measures,
    )


async def start_webhooks(
    settings: Settings, core: Core, stack: contextlib.AsyncExitStack
) -> Webhooks:
    guard = Guard(settings.webhook_allow, "WIGWAG_WEBHOOK_ALLOW")
    webhooks = Webhooks(core.archive, core.feed, refuses=guard.refuses)
    couriers = Couriers(
        core.archive,
        core.feed,
        Postman(guard),
        measures=core.measures,
    )
    webhooks.on_change = couriers.changed
    stack.push_async_callback(couriers.stop)
    await couriers.start()
    return webhooks
