# Made by tools/generate_client.py; do not edit it.
"""What can be asked of media."""

from contextlib import AbstractAsyncContextManager

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker, AsyncDownload
from wigwag.client.calls import AsyncContent, Call, path_of


class AsyncMediaOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def get_media(
        self, sha256: str, *, first_byte: int | None = None
    ) -> AbstractAsyncContextManager[AsyncDownload]:
        """A file by the SHA-256 of its content, of any message that the key reaches."""
        return self._download(
            Call(
                method="GET",
                path=path_of("/v1/media/{sha256}", sha256=sha256),
                first_byte=first_byte,
            )
        )

    async def upload_media(
        self, content: AsyncContent, *, filename: str | None = None
    ) -> shapes.Upload:
        """Hand a file over, to send it by its media_id within a day."""
        return await self._json(
            Call(
                method="POST",
                path="/v1/media",
                query={"filename": filename},
                content=content,
            )
        )
