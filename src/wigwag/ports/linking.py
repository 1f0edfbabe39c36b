"""Linking an account to its phone, and connecting it anew."""

from typing import Protocol


class LinkingActions(Protocol):
    """What can be asked of the link, in whatever state it is. No call waits for the network for
    longer than a few seconds."""

    async def pair(self, *, anew: bool = False) -> None:
        """Begin to pair: a QR code is told soon, the current one again while one is shown.

        A linked account is unlinked first with `anew`, and refused without. Raises AlreadyPaired;
        StoreFailed when the old identity cannot be dropped.
        """
        ...

    async def restart(self) -> None:
        """Connect anew at once, out of every state; what rests, starts."""
        ...
