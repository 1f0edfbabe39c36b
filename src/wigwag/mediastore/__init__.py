"""Where media files lie."""

from wigwag.mediastore.local import LocalMediaStore

__all__ = ["LocalMediaStore"]
