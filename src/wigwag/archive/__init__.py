"""The archive: SQL lives here and nowhere else outside of the engine's own store."""

from wigwag.archive.archive import SqliteArchive

__all__ = ["SqliteArchive"]
