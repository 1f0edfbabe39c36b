"""Files that leave the disk: after their rows, and those that never got one."""

from collections.abc import Sequence
from typing import Final

import structlog

from wigwag.model.errors import StorageFull
from wigwag.model.retention import Removal
from wigwag.ports import Archive, MediaStore

STEP: Final = 200
"""Files of one step."""

_log = structlog.get_logger(__name__)


async def remove_files(archive: Archive, files: MediaStore) -> None:
    """Take the files from the disk whose rows are gone, or say `expired`.

    One that the disk does not give up is left for the next time. Raises StorageFull, StorageBusy,
    QueryTimeout.
    """
    after = ""
    while removals := await archive.list_removals(after, STEP):
        await take_off(archive, files, removals)
        after = removals[-1].path


async def take_off(archive: Archive, files: MediaStore, removals: Sequence[Removal]) -> None:
    """These files, which are removals of the archive. Raises StorageFull, StorageBusy."""
    done = [removal for removal in removals if await _is_off(files, removal)]
    if done:
        await archive.write(lambda tx: tx.retention.drop_removals(done))


async def _is_off(files: MediaStore, removal: Removal) -> bool:
    try:
        await files.remove(removal.path, removal.sha256)
    except (OSError, StorageFull) as error:
        _log.warning("file_not_removed", reason=type(error).__name__)
        return False
    return True


async def clear_leftovers(archive: Archive, files: MediaStore) -> None:
    """Remove what former runs had on the disk and did not get into the archive.

    Raises OSError, StorageFull, StorageBusy, QueryTimeout.
    """
    left = await files.sweep()
    for at in range(0, len(left), STEP):
        some = left[at : at + STEP]
        await archive.write(lambda tx, some=some: tx.retention.remove_unnamed(some))
        for file in some:
            if file.has_name:
                await files.settle(file.path)
    if left:
        await remove_files(archive, files)
