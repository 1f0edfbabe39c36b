"""The folder of a store, and a store that no server runs on."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from wigwag.archive import SqliteArchive
from wigwag.config import Settings
from wigwag.engine.native.store.storelock import StoreLock
from wigwag.model.errors import ConfigError, NotFound

ARCHIVE: Final = "messages.db"
ENGINE: Final = "whatsapp.db"


def make_folder(folder: Path) -> None:
    """A private folder. Raises ConfigError with the path when it cannot be made or written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make the folder {folder}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"cannot write to the folder {folder}; check its owner and mode")


@asynccontextmanager
async def idle_store(settings: Settings) -> AsyncGenerator[Path]:
    """The folder of a store that is there, held so that no server starts on it.

    Raises ConfigError (there is none), StoreInUse.
    """
    store = settings.store.resolve()
    if not (store / ARCHIVE).is_file():
        raise ConfigError(f"there is no store in {store}; say which one with --store")
    with StoreLock(store):
        yield store


async def require_account(archive: SqliteArchive, account: str) -> None:
    """Raises NotFound for one that the archive has nothing of, naming those that it has."""
    known = await archive.list_accounts()
    if account not in known:
        there = f"; there is {', '.join(known)}" if known else ""
        raise NotFound(
            f"There is no account {account!r} in this store{there}. Say which one with --account."
        )


@asynccontextmanager
async def open_archive(store: Path) -> AsyncGenerator[SqliteArchive]:
    """The archive of a store, closed at the end."""
    archive = await SqliteArchive.open(store / ARCHIVE)
    try:
        yield archive
    finally:
        await archive.close()
