"""The folders of a store."""

import os
from pathlib import Path

from wigwag.model.errors import ConfigError


def make_folder(folder: Path) -> None:
    """A private folder. Raises ConfigError with the path when it cannot be made or written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make the folder {folder}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"cannot write to the folder {folder}; check its owner and mode")
