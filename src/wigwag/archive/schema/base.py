"""What all tables have in common."""

from typing import Final

from sqlalchemy import MetaData, text

ARRIVAL_BITS: Final = 21
"""Low bits of a message's row number, which count what arrived in the same millisecond."""
ARRIVAL_MASK: Final = (1 << ARRIVAL_BITS) - 1

metadata = MetaData()

ZERO: Final = text("0")
EMPTY: Final = text("''")
