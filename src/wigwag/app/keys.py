"""The keys of a store: the first one, and those that its owner makes."""

from collections.abc import Callable, Collection

from wigwag.app.stores import ARCHIVE, make_folder, open_archive
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


async def make_key(
    settings: Settings, name: str, scopes: Collection[Scope], say: Callable[[str], None]
) -> str:
    """The secret of a new key in the store of a server that does not run. Raises StoreInUse.

    A store that is not there is made, for a server that is to start with it, and `say` tells.
    """
    store = settings.store.resolve()
    is_new = not (store / ARCHIVE).is_file()
    make_folder(store)
    with StoreLock(store):
        async with open_archive(store) as archive:
            keys = Keys(archive)
            await keys.load()
            secret = (await keys.create(name, scopes))[1]
    if is_new:
        say(f"made a new store in {store}; --store names another")
    return secret
