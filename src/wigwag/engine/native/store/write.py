"""A change to the engine's store as a value: its SQL, and what the cache holds after it."""

from functools import cache
from typing import Any, ClassVar

import msgspec

CacheKey = tuple[str, ...]
"""Name of a table, the account, and the key in it."""

Scope = tuple[str, str, str]
"""Table (`*` for all), account, and what the key begins with."""

Statement = tuple[str, tuple[Any, ...]]


class Write(msgspec.Struct, frozen=True, gc=False):
    """One change of one account."""

    account: str

    SQL: ClassVar[str] = ""
    STACKS: ClassVar[bool] = False
    """Whether the statement inserts one row by VALUES, so that several can be one statement."""

    def params(self) -> tuple[Any, ...]:
        """The values of the statement: the fields in order, unless said otherwise."""
        return msgspec.structs.astuple(self)

    def statements(self) -> tuple[Statement, ...]:
        return ((self.SQL, self.params()),)

    def key(self) -> CacheKey | None:
        """Where the value is cached; None when it is not."""
        return None

    def value(self) -> object:
        """The cached value after this write; None when the row is gone."""
        return None

    def entries(self) -> tuple[tuple[CacheKey, object], ...]:
        """What the cache holds after this write."""
        key = self.key()
        return () if key is None else ((key, self.value()),)

    def scope(self) -> Scope | None:
        """The cached rows that go away with this write, when they are many."""
        return None

    @classmethod
    @cache
    def is_cached(cls) -> bool:
        """Whether writes of this kind may change what is cached."""
        return (
            cls.key is not Write.key
            or cls.entries is not Write.entries
            or cls.scope is not Write.scope
        )
