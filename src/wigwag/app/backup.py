"""Backup of a running store, and restore into a new one.

    <folder>/messages.db    the archive, of one moment
    <folder>/whatsapp.db    the engine's identity and sessions, of a moment before
    <folder>/whatsmeow/...  the same of each account on the whatsmeow engine
    <folder>/media, ...     the files that the archive names

The engines' databases come first: what they have handed over by then is in the archive, and what
they have not is handed over again, and made once.
"""

import shutil
from pathlib import Path
from typing import Final

from wigwag.app.identities import WHATSMEOW
from wigwag.app.stores import ARCHIVE, ENGINE
from wigwag.archive.copying import (
    begin_anew,
    check_archive,
    check_database,
    copy_database,
    stored_files,
)
from wigwag.core.clock import SYSTEM_CLOCK
from wigwag.engine.native.store.storelock import StoreLock
from wigwag.engine.whatsmeow.folder import DATABASES, WISH_NAME
from wigwag.mediastore.copying import copy_media
from wigwag.model.errors import ConfigError
from wigwag.model.instant import ms_of


def back_up(store: Path, target: Path) -> str:
    """Copy a store that may be in use into a new folder, and check the copy; a sentence on it.

    The folder is there when everything is in it. Raises ConfigError, StorageFull, StorageBusy.
    """
    if not (store / ARCHIVE).is_file():
        raise ConfigError(f"there is no store in {store}; say which one with --store")
    if target.exists():
        raise ConfigError(f"{target} exists; name a new folder for the backup")
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(mode=0o700, parents=True)
        copy_database(store / ENGINE, part / ENGINE)
        _copy_children(store, part)
        copy_database(store / ARCHIVE, part / ARCHIVE)
        files, missing = copy_media(store, part, stored_files(part / ARCHIVE))
        part.rename(target)
    except OSError as error:
        raise ConfigError(f"cannot write to {target}: {error.strerror}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return f"Backup in {target}: both databases are sound, {_told(files, missing)}."


def restore(backup: Path, store: Path, *, with_session: bool) -> str:
    """Make a new store of a backup; a sentence on it. Raises ConfigError, StoreInUse, StorageFull.

    Without the session the account has to be linked again. With it the store takes the place of
    the old one, which must never run again.
    """
    if not (backup / ARCHIVE).is_file():
        raise ConfigError(f"there is no backup in {backup}; name the folder of one")
    check_archive(backup / ARCHIVE)
    if with_session:
        check_database(backup / ENGINE)
    if any((store / name).exists() for name in (ARCHIVE, ENGINE)):
        raise ConfigError(f"{store} holds a store already; name a new folder with --store")
    with StoreLock(store):
        part = store / f"{ARCHIVE}.part"
        part.unlink(missing_ok=True)
        try:
            copy_database(backup / ARCHIVE, part)
            files, missing = copy_media(backup, store, stored_files(part))
            now_ms = ms_of(SYSTEM_CLOCK.now())
            failed = begin_anew(part, fail_queued=not with_session, now_ms=now_ms)
            if with_session:
                copy_database(backup / ENGINE, store / ENGINE)
                _copy_children(backup, store)
            part.replace(store / ARCHIVE)
        except OSError as error:
            raise ConfigError(f"cannot write to {store}: {error.strerror}") from error
    told = f"Restored into {store}: {_told(files, missing)}."
    if failed:
        told += f" Messages that waited to be sent, and are not sent any more: {failed}."
    return told + (_WITH if with_session else _WITHOUT)


def _copy_children(source: Path, target: Path) -> None:
    """What the accounts on the whatsmeow engine keep: their sessions, and what their children have
    and the archive has not. Their temporary files stay behind."""
    for folder in sorted((source / WHATSMEOW).glob("*/")):
        copy = target / WHATSMEOW / folder.name
        for path in (target / WHATSMEOW, copy):
            path.mkdir(mode=0o700, exist_ok=True)
        for name in DATABASES:
            if (folder / name).is_file():
                copy_database(folder / name, copy / name)
        if (folder / WISH_NAME).is_file():
            (copy / WISH_NAME).touch(mode=0o600)


_WITH: Final = " It has the session of the backup: the old store must never run again."
_WITHOUT: Final = " Link the account again at the next start."


def _told(files: int, missing: int) -> str:
    return f"{files} files" + (f" ({missing} more were not there)" if missing else "")
