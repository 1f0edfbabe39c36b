"""Erasing a person while the server does not run.

What is left then is written anew, so that the file holds no byte of what was erased.
"""

import asyncio

from wigwag.app.stores import ARCHIVE, idle_store, open_archive, require_account
from wigwag.app.upkeep import retention
from wigwag.archive.copying import compact
from wigwag.config import Settings
from wigwag.core.erasing import Erasing
from wigwag.core.library import Library
from wigwag.mediastore import LocalMediaStore


async def erase_person(settings: Settings, account: str, address: str) -> str:
    """Erase a person from an account's archive; a sentence on it. Raises what Erasing.erase does,
    StoreInUse, NotFound (no such account), ConfigError."""
    async with idle_store(settings) as store:
        async with open_archive(store) as archive:
            await require_account(archive, account)
            kept = retention(settings, archive, LocalMediaStore(store))
            erased = await Erasing(archive, Library(archive), kept).erase(account, address)
        await asyncio.to_thread(compact, store / ARCHIVE)
    return (
        f"Erased: {erased.messages} messages, {erased.others} other rows; emptied: "
        f"{erased.events} events; removed on their way: {erased.deliveries} deliveries."
    )
