# Made by tools/generate_client.py; do not edit it.
"""What can be asked of media."""

from contextlib import AbstractContextManager

from wigwag.client import shapes
from wigwag.client.calls import Call, SyncContent, path_of
from wigwag.client.synchronous.asking import Asker, Download


class MediaOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def get_media(
        self, sha256: str, *, first_byte: int | None = None
    ) -> AbstractContextManager[Download]:
        """A file by the SHA-256 of its content, of any message that the key reaches."""
        return self._download(
            Call(
                method="GET",
                path=path_of("/v1/media/{sha256}", sha256=sha256),
                first_byte=first_byte,
            )
        )

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
