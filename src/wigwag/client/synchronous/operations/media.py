# Made by tools/generate_client.py; do not edit it.
"""What can be asked of media."""

from wigwag.client import shapes
from wigwag.client.calls import Call, SyncContent
from wigwag.client.synchronous.asking import Asker


class MediaOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def upload_media(self, content: SyncContent, *, filename: str | None = None) -> shapes.Upload:
        """Hand a file over, to send it by its media_id within a day."""
        return self._json(
            Call(
                method="POST",
                path="/v1/media",
                query={"filename": filename},
                content=content,
            )
        )
