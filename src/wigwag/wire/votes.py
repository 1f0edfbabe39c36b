"""Votes of polls, sealed with the secret of the poll: only those can read them who have it."""

from collections.abc import Callable, Sequence
from typing import Final

from wigwag.model.jid import Jid
from wigwag.model.vote import PollSeal, SealedVote
from wigwag.wire.errors import WireError
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse
from wigwag.wire.sealing import Seal, Use, open_sealed, seal

MAX_CHOICES: Final = 100


def seal_vote(
    poll: PollSeal, voter: Jid, choices: Sequence[bytes], random: Callable[[int], bytes]
) -> SealedVote:
    """The vote of `voter` for the options with these SHA-256."""
    ballot = e2e_pb2.PollVoteMessage(selectedOptions=choices).SerializeToString()
    payload, iv = seal(_seals(poll)[0], Use.VOTE, voter, ballot, random)
    return SealedVote(payload=payload, iv=iv)


def open_vote(poll: PollSeal, voters: Sequence[Jid], vote: SealedVote) -> tuple[bytes, ...] | None:
    """The SHA-256 of the options voted for; None when the vote cannot be read.

    Either side may have sealed with any of its addresses (LID, PN): all are tried.
    """
    plain = open_sealed(_seals(poll), Use.VOTE, voters, vote.payload, vote.iv)
    if plain is None:
        return None
    try:
        ballot = parse(e2e_pb2.PollVoteMessage, plain)
    except WireError:
        return None
    return tuple(ballot.selectedOptions[:MAX_CHOICES])


def _seals(poll: PollSeal) -> list[Seal]:
    return [
        Seal(message_id=poll.poll_id, author=creator, secret=poll.secret)
        for creator in poll.creators
    ]
