"""What was voted for: sealed votes, and the options of their poll. Pure."""

import hashlib

from wigwag.model.archived import ArchivedMessage, ArchivedVote, Person
from wigwag.model.content import Poll
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.vote import PollSeal, SealedVote
from wigwag.ports import Ballots


def open_choices(
    ballots: Ballots, poll: ArchivedMessage, vote: ArchivedVote
) -> tuple[str, ...] | None:
    """The options of the poll that were chosen; None when the vote cannot be read.

    What the poll does not know is left out.
    """
    content = poll.content
    if not isinstance(content, Poll):
        return None
    chosen = vote.selected
    if chosen is None and content.secret:
        seal = PollSeal(poll_id=poll.id, secret=content.secret, creators=_jids(poll.sender))
        sealed = SealedVote(payload=vote.enc_payload, iv=vote.enc_iv)
        chosen = ballots.open(seal, _jids(vote.person), sealed)
    if chosen is None:
        return None
    wanted = frozenset(chosen)
    return tuple(option for option in content.options if option_hash(option) in wanted)


def option_hash(option: str) -> bytes:
    """How votes name an option."""
    return hashlib.sha256(option.encode()).digest()


def _jids(person: Person) -> tuple[Jid, ...]:
    """The addresses of a person, the hidden one first."""
    return tuple(dict.fromkeys(parse_jid(jid) for jid in (person.lid, person.jid) if jid))
