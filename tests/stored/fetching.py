"""A media fetcher over a desk, running as long as it is needed, and what it has stored."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from stored.desk import Desk
from stored.engine import StoredEngine
from wigwag.core.media import MediaFetcher


@asynccontextmanager
async def fetcher(desk: Desk, engine: StoredEngine, **options: Any) -> AsyncGenerator[MediaFetcher]:
    desk.accounts.add(engine)
    engine.on_state = desk.accounts.state_changed
    opened = MediaFetcher(desk.archive, desk.files, desk.accounts, **options)
    desk.ingest.on_media = opened.wake
    await opened.start()
    try:
        yield opened
    finally:
        await opened.stop()


def stored_files(desk: Desk) -> list[str]:
    """What the media store of a desk has on the disk: names, contents and notes."""
    files = (path.relative_to(desk.folder) for path in desk.folder.rglob("*") if path.is_file())
    return sorted(
        str(file)
        for file in files
        if file.parts[0] != "outbox" and not file.name.startswith("messages.db")
    )
