"""The sandbox on disk: one file, replaced atomically, and the media beside it."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from wigwag.model.errors import WigwagError
from wigwag.model.value import Value
from wigwag.sandbox.edge.mediahost import MediaFile, MediaHost
from wigwag.sandbox.residents.person import SavedPerson
from wigwag.sandbox.residents.phone import SavedPhone
from wigwag.sandbox.saving.network_state import SavedNetwork

STATE_FILE = "sandbox.json"
MEDIA_FOLDER = "media-files"
FORMAT = 1

MAX_MEDIA_BYTES = 512 * 1024 * 1024
"""Media that are kept over a restart; of more the newest."""

_log = structlog.get_logger(__name__)


class StateUnreadable(WigwagError):
    """The saved state of the sandbox cannot be read; remove its file to begin anew."""

    code = "sandbox_state_unreadable"


class SavedSandbox(Value):
    """Everything of a sandbox that outlives its process.

    `clean` says that it was saved at a regular stop, so that nothing happened after it; `boots`
    counts the starts; `secret` is what keys are derived from.
    """

    format: int
    clean: bool
    boots: int
    secret: bytes
    network: SavedNetwork
    phones: tuple[SavedPhone, ...] = ()
    people: tuple[SavedPerson, ...] = ()


def load_state(directory: Path) -> SavedSandbox | None:
    """The saved state in `directory`; None when there is none. Raises StateUnreadable."""
    file = directory / STATE_FILE
    try:
        saved = msgspec.json.decode(file.read_bytes(), type=SavedSandbox)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise StateUnreadable(f"{file} cannot be read; remove it to begin anew.") from error
    if saved.format != FORMAT:
        raise StateUnreadable(f"{file} was written by another version; remove it to begin anew.")
    return saved


def encode_state(saved: SavedSandbox) -> bytes:
    return msgspec.json.encode(saved)


def write_state(directory: Path, data: bytes) -> None:
    """Replace the state file by `data`: a killed process leaves the old or the new one whole.

    It is not forced to the disk; after a power failure a sandbox may begin anew.
    """
    target = directory / STATE_FILE
    draft = target.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
    draft.replace(target)


def save_media(directory: Path, host: MediaHost) -> None:
    """Keep copies of the newest files of the media host, and of no others."""
    folder = directory / MEDIA_FOLDER
    wanted: set[Path] = set()
    total = 0
    for file in reversed(host.list()):
        total += file.size
        if total > MAX_MEDIA_BYTES:
            break
        target = folder / file.mms_type / file.token
        wanted.add(target)
        if not target.exists():
            _copy(file, target)
    for path in folder.glob("*/*"):
        if path not in wanted:
            with suppress(OSError):
                path.unlink()


def _copy(file: MediaFile, target: Path) -> None:
    """A file that is gone meanwhile, or does not fit on the disk, is left out."""
    draft = target.with_suffix(".new")
    with suppress(OSError, WigwagError):
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open() as source, draft.open("wb") as sink:
            while chunk := source.read(1 << 20):
                sink.write(chunk)
        draft.replace(target)


def load_media(directory: Path, host: MediaHost) -> None:
    """Give the media host back its files; what cannot be read is left out."""
    folder = directory / MEDIA_FOLDER
    if not folder.is_dir():
        return
    files = [path for path in folder.glob("*/*") if path.is_file() and path.suffix != ".new"]
    for path in sorted(files, key=lambda path: path.stat().st_mtime):
        try:
            host.store(path.parent.name, path.read_bytes())
        except (OSError, WigwagError) as error:
            _log.info("media_file_lost", error=type(error).__name__)
