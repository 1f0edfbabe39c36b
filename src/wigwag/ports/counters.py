"""What an engine counts of its traffic."""

from typing import Final

from wigwag.model.value import Value


class Counters(Value):
    """Stanzas of one account since its identity was started in this process.

    At every moment `sum(arrived) == sum(ended) + forgotten + under_way`, and
    `ended["dropped"] == sum(dropped)`. Names are those of `engine.native.receiving.ends`.
    """

    arrived: dict[str, int]
    """By tag."""
    ended: dict[str, int]
    """By what became of them: stored, told, applied, dropped."""
    dropped: dict[str, int]
    """Of those dropped: by reason."""
    parts: dict[str, int]
    """Parts that led to nothing, of stanzas that did: by reason."""
    forgotten: int = 0
    """Let go unanswered with a stream that ended; they come again."""
    under_way: int = 0
    events: int = 0
    """Durable events that were made of them."""
    backlog: int = 0
    """Durable events that wait for the archive."""
    open_messages: int = 0
    """Messages that cannot be read and are still hoped for."""


NO_COUNTERS: Final = Counters(arrived={}, ended={}, dropped={}, parts={})
"""Those of an account that is not linked."""
