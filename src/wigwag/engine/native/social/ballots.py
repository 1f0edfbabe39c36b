"""Votes of polls, sealed and opened as the network does it."""

import os
from collections.abc import Callable, Sequence

from wigwag.model.jid import Jid
from wigwag.model.vote import PollSeal, SealedVote
from wigwag.wire.votes import open_vote, seal_vote


class NativeBallots:
    """Implements ports.ballots.Ballots."""

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        self._random = random

    def seal(self, poll: PollSeal, voter: Jid, choices: Sequence[bytes]) -> SealedVote:
        return seal_vote(poll, voter, choices, self._random)

    def open(
        self, poll: PollSeal, voters: Sequence[Jid], vote: SealedVote
    ) -> tuple[bytes, ...] | None:
        return open_vote(poll, voters, vote)
