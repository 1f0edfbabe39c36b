"""How stanzas leave the network: a link to a client's socket, or a resident in this process."""

from collections.abc import Callable
from typing import Protocol

from wigwag.wire.nodes import Node

Timer = Callable[[float, Callable[[], None]], object]
"""`timer(delay_s, callback)` calls back once, later, on the network's own thread."""


class Link(Protocol):
    """One client connection, seen from the network.

    The network calls these while it works, so they must return at once, raise nothing and not
    call back into the network.
    """

    @property
    def congested(self) -> bool:
        """The peer reads too slowly: queued stanzas wait until `Network.resume`."""
        ...

    def deliver(self, node: Node) -> None:
        """Write one stanza. The node is shared: it must not be changed."""
        ...

    def close(self, *, abort: bool = False) -> None:
        """Close after what was written; with `abort` cut the socket in the middle."""
        ...


class Resident(Protocol):
    """A device that lives in this process: a simulated phone, or a scripted person.

    It sends with `Network.handle(jid, node)`, also from inside `receive`: the network works
    through its queue one stanza at a time, so the calls never nest.
    """

    def receive(self, node: Node) -> None:
        """Take one stanza. What arrived here counts as acknowledged. The node is shared."""
        ...
