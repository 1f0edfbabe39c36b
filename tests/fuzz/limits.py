"""How large and how long one input may be, and what a process may take for it."""

from typing import Final

MAX_BYTES: Final = 1 << 16
"""Of an input: what is larger says nothing new, and makes every run slow."""

INPUT_LIMIT_S: Final = 20
"""One input may take so long, instrumented and on a machine that does something else too."""

MEMORY_LIMIT_MB: Final = 1_024
"""Of a process; the instrumented modules and the fuzzer take some 200 of them."""
