# Made by tools/generate_client.py; do not edit it.
"""What can be asked of media."""

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker
from wigwag.client.calls import AsyncContent, Call


class AsyncMediaOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

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
