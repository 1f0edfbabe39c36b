"""Files that callers name by a URL: fetched for one request, and gone after it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from wigwag.core.filenames import with_extension
from wigwag.core.uploads import Uploads
from wigwag.model.errors import InvalidInput
from wigwag.model.media import Upload
from wigwag.model.url import URL_RULE, is_url
from wigwag.ports import RemoteFiles


class Fetching:
    """What is fetched is an upload of its caller; one that a crash leaves is gone after a day."""

    def __init__(self, remote: RemoteFiles, uploads: Uploads) -> None:
        self._remote = remote
        self._uploads = uploads

    @asynccontextmanager
    async def fetch(self, owner: str, url: str) -> AsyncGenerator[Upload]:
        """The file at the URL, as long as it is needed.

        Raises InvalidInput, UrlRefused, UrlFailed, and what `Uploads.receive` does.
        """
        if not is_url(url):
            raise InvalidInput(f"The URL of a file is {URL_RULE}.")
        async with self._remote.open(url) as file:
            upload = await self._uploads.receive(
                owner,
                file.chunks,
                mime=file.mime,
                filename=with_extension(file.filename, file.mime),
                size_bytes=file.size_bytes,
            )
        try:
            yield upload
        finally:
            await self._uploads.remove(upload)
