"""Where media files lie."""

from wigwag.mediastore.local import LocalMediaStore
from wigwag.mediastore.uploads import LocalUploads

__all__ = ["LocalMediaStore", "LocalUploads"]
