"""`wigwag export`: a chat in a folder of its own, which opens without a server."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Final

from wigwag.app.stores import idle_store, open_archive, require_account
from wigwag.config import Settings
from wigwag.core.exports import Exports
from wigwag.core.filenames import EXTENSION_OF_TYPE
from wigwag.core.library import Library
from wigwag.mediastore import LocalMediaStore
from wigwag.model.archived import ArchivedMessage
from wigwag.model.errors import ConfigError, NotFound
from wigwag.model.export import ExportFormat
from wigwag.model.record import MediaState

_RUN_BY_BROWSERS: Final = frozenset({"html", "xml"})
_QUIET: Final = (frozenset(EXTENSION_OF_TYPE.values()) | {"jpeg"}) - _RUN_BY_BROWSERS
"""Extensions of files that a browser shows, plays or keeps, but never runs."""
_NO_NAME: Final = re.compile(r"[^\w.-]+")
_CHUNK: Final = 1 << 20


async def export_chat(
    settings: Settings, account: str, chat: str, form: ExportFormat, folder: Path
) -> Path:
    """Writes the chat and its files into the new folder; the file to open.

    For the store of a server that does not run. Raises StoreInUse, NotFound, MalformedJid,
    ConfigError (no store there, or the folder cannot be made).
    """
    async with idle_store(settings) as store, open_archive(store) as archive:
        await require_account(archive, account)
        files = LocalMediaStore(store)
        exports = Exports(archive, Library(archive), files)
        found = await exports.find_chat(account, chat)
        target = _Folder(folder, files)
        chunks = exports.export(found, form, link=target.file_of)
        return await target.write(f"chat.{form.value}", chunks)


class _Folder:
    """A folder that is being written: private, like all that it comes from."""

    def __init__(self, folder: Path, files: LocalMediaStore) -> None:
        self._folder = folder
        self._files = files
        try:
            folder.mkdir(mode=0o700, parents=True)
            (folder / "media").mkdir(mode=0o700)
        except OSError as error:
            raise ConfigError(
                f"cannot make the folder {folder}: {error.strerror}; name a new one"
            ) from error

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> Path:
        path = self._folder / name
        with _new_file(path) as stream:
            async for chunk in chunks:
                await asyncio.to_thread(stream.write, chunk)
        return path

    async def file_of(self, message: ArchivedMessage) -> str:
        """A FileLink: the file's copy beside the page, each content once."""
        media = message.media
        if media is None or media.state is not MediaState.AVAILABLE:
            return ""
        name = _copy_name(media.sha256, media.filename)
        path = self._folder / "media" / name
        if not path.exists():
            try:
                source = await self._files.open(media.path)
            except (OSError, NotFound):
                return ""
            with source, _new_file(path) as target:
                while data := await asyncio.to_thread(source.read, _CHUNK):
                    await asyncio.to_thread(target.write, data)
        return f"media/{name}"


def _copy_name(sha256: bytes, filename: str) -> str:
    """A name of plain letters, which no browser takes for a page."""
    plain = _NO_NAME.sub("_", filename.encode("ascii", "replace").decode()).strip("._")[-80:]
    name = f"{sha256.hex()[:16]}_{plain or 'file'}"
    return name if name.rpartition(".")[2].lower() in _QUIET else f"{name}.bin"


def _new_file(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
