"""What all tables have in common."""

from typing import Final

from sqlalchemy import MetaData, text

metadata = MetaData()

ZERO: Final = text("0")
EMPTY: Final = text("''")
