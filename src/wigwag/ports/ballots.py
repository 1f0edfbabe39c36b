"""Sealing votes of polls, and opening them."""

from collections.abc import Sequence
from typing import Protocol

from wigwag.model.jid import Jid
from wigwag.model.vote import PollSeal, SealedVote


class Ballots(Protocol):
    """Choices are named by the SHA-256 of their texts. Pure, but for the chance of a seal."""

    def seal(self, poll: PollSeal, voter: Jid, choices: Sequence[bytes]) -> SealedVote: ...

    def open(
        self, poll: PollSeal, voters: Sequence[Jid], vote: SealedVote
    ) -> tuple[bytes, ...] | None:
        """The choices; None when it cannot be read. `voters` are the addresses that the voter may
        have sealed with."""
        ...
