"""Polls that residents have seen, and votes in them."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from wigwag.model.content import MessageKey, Poll, PollVote
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.model.vote import PollSeal, SealedVote
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.wire import votes


class OpenPoll(Value):
    """A poll that was seen: what is needed to vote in it and to read votes."""

    key: MessageKey
    poll: Poll


def seal_vote(known: OpenPoll, voter: Jid, choices: Sequence[str], random: Random) -> PollVote:
    """The vote of `voter` for the options `choices` (all of them text of the poll's options)."""
    chosen = [hashlib.sha256(choice.encode()).digest() for choice in choices]
    sealed = votes.seal_vote(_seal(known, [known.key.sender]), voter, chosen, random)
    return PollVote(poll=known.key, enc_payload=sealed.payload, enc_iv=sealed.iv)


def open_vote(
    known: OpenPoll, vote: PollVote, creators: Iterable[Jid], voters: Sequence[Jid]
) -> tuple[str, ...] | None:
    """The options voted for; None when the vote cannot be read.

    `creators` and `voters` are the addresses (LID, PN) that either side may have sealed with.
    """
    sealed = SealedVote(payload=vote.enc_payload, iv=vote.enc_iv)
    chosen = votes.open_vote(_seal(known, creators), voters, sealed)
    return _names(known.poll, chosen) if chosen is not None else None


def _seal(known: OpenPoll, creators: Iterable[Jid]) -> PollSeal:
    return PollSeal(poll_id=known.key.id, secret=known.poll.secret, creators=tuple(creators))


def _names(poll: Poll, hashes: Iterable[bytes]) -> tuple[str, ...]:
    by_hash = {hashlib.sha256(option.encode()).digest(): option for option in poll.options}
    return tuple(by_hash.get(digest, digest.hex()) for digest in hashes)


class Polls:
    """The last polls that were seen, by message id."""

    def __init__(self, limit: int = 500) -> None:
        self._limit = limit
        self._polls: OrderedDict[str, OpenPoll] = OrderedDict()

    def add(self, key: MessageKey, poll: Poll) -> None:
        if not poll.secret:
            return
        self._polls[key.id] = OpenPoll(key=key, poll=poll)
        if len(self._polls) > self._limit:
            self._polls.popitem(last=False)

    def find(self, poll_id: str) -> OpenPoll | None:
        return self._polls.get(poll_id)

    def all(self) -> tuple[OpenPoll, ...]:
        return tuple(self._polls.values())
