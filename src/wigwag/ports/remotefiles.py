"""Files that lie on other servers."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol


class RemoteFile(NamedTuple):
    """A file that is being read. What its server says of it is the word of a stranger; `size_bytes`
    is None where it says nothing."""

    mime: str
    filename: str
    size_bytes: int | None
    chunks: AsyncIterator[bytes]
    """Raises UrlFailed."""


class RemoteFiles(Protocol):
    """Reaches public addresses alone, and what the operator allows."""

    def open(self, url: str) -> AbstractAsyncContextManager[RemoteFile]:
        """Begin to read a file. Raises UrlRefused, UrlFailed."""
        ...
