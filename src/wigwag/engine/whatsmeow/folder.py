"""What lies in the folder of an account, by name."""

from typing import Final

SESSION_NAME: Final = "session.db"
"""The library's own database."""
SPOOL_NAME: Final = "spool.db"
"""What the child has and the server has not."""
WISH_NAME: Final = "available"
"""A file that is there while the account wishes to be shown online."""
LOCK_NAME: Final = "lock"
"""Held by the one child that the account has."""
DATABASES: Final = (SESSION_NAME, SPOOL_NAME)
"""What is copied as a database. All else but the wish is of no use to anybody later."""
