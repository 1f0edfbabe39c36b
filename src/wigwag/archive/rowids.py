"""Numbers of message rows: time first, then arrival.

`timestamp_ms << 21 | arrival number`: the order of rows is the order of (time, arrival), every
index on messages ends in it for free, and the full-text index answers newest first without sorting.
"""

from typing import Final

ARRIVAL_BITS: Final = 21
"""Low bits of a message's row number, which count what arrived in the same millisecond."""
ARRIVAL_MASK: Final = (1 << ARRIVAL_BITS) - 1
