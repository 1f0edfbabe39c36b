"""The keys of a store: the first one, and those that its owner makes."""

from collections.abc import Collection

from wigwag.app.stores import make_folder, open_archive
from wigwag.archive import SqliteArchive
from wigwag.config import Settings
from wigwag.core.keys import Keys
from wigwag.engine.native.store.storelock import StoreLock
from wigwag.model.key import Scope
from wigwag.terminal import Terminal


async def open_keys(settings: Settings, archive: SqliteArchive, terminal: Terminal) -> Keys:
    """The keys of the store; the first start that asks for one makes one, and tells it once."""
    keys = Keys(archive)
    await keys.load(settings.api_key)
    if settings.asks_for_keys and (secret := await keys.create_first()):
        terminal.say(f"API key of this server, shown this once: {secret}")
        terminal.say("Send it as 'Authorization: Bearer <key>'; make others at /v1/keys.")
    return keys


async def make_key(settings: Settings, name: str, scopes: Collection[Scope]) -> str:
    """The secret of a new key in the store of a server that does not run. Raises StoreInUse."""
    store = settings.store.resolve()
    make_folder(store)
    with StoreLock(store):
        async with open_archive(store) as archive:
            keys = Keys(archive)
            await keys.load()
            return (await keys.create(name, scopes))[1]
