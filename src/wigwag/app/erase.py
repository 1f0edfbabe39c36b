"""Erasing a person while the server does not run.

What is left then is written anew, so that the file holds no byte of what was erased.
"""

import asyncio

from wigwag.app.upkeep import retention
from wigwag.archive import SqliteArchive
from wigwag.archive.copying import compact
from wigwag.config import Settings
from wigwag.core.erasing import Erasing
from wigwag.core.library import Library
from wigwag.engine.native.store.storelock import StoreLock
from wigwag.mediastore import LocalMediaStore
from wigwag.model.errors import ConfigError


async def erase_person(settings: Settings, account: str, address: str) -> str:
    """Erase a person from an account's archive; a sentence on it. Raises what Erasing.erase does,
    StoreInUse, ConfigError."""
    store = settings.store.resolve()
    path = store / "messages.db"
    if not path.is_file():
        raise ConfigError(f"there is no store in {store}")
    with StoreLock(store):
        archive = await SqliteArchive.open(path)
        try:
            kept = retention(settings, archive, LocalMediaStore(store))
            erased = await Erasing(archive, Library(archive), kept).erase(account, address)
        finally:
            await archive.close()
        await asyncio.to_thread(compact, path)
    return (
        f"Erased: {erased.messages} messages, {erased.others} other rows; emptied: "
        f"{erased.events} events; removed on their way: {erased.deliveries} deliveries."
    )
