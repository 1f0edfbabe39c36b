"""Poll votes: sealed with the poll's secret, so that only those who have the poll can read them.

Source: whatsmeow msgsecret.go.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wigwag.model.content import MessageKey, Poll, PollVote
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.sandbox.residents.groupkeys import Random
from wigwag.wire.errors import WireError
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse

_IV_BYTES = 12
_MAX_CHOICES = 100


class OpenPoll(Value):
    """A poll that was seen: what is needed to vote in it and to read votes."""

    key: MessageKey
    poll: Poll


def seal_vote(known: OpenPoll, voter: Jid, choices: Sequence[str], random: Random) -> PollVote:
    """The vote of `voter` for the options `choices` (all of them text of the poll's options)."""
    vote = e2e_pb2.PollVoteMessage(
        selectedOptions=[hashlib.sha256(choice.encode()).digest() for choice in choices]
    )
    iv = random(_IV_BYTES)
    key = _vote_key(known.poll.secret, known.key.id, known.key.sender, voter)
    sealed = AESGCM(key).encrypt(iv, vote.SerializeToString(), _bound_to(known.key.id, voter))
    return PollVote(poll=known.key, enc_payload=sealed, enc_iv=iv)


def open_vote(
    known: OpenPoll, vote: PollVote, creators: Iterable[Jid], voters: Sequence[Jid]
) -> tuple[str, ...] | None:
    """The options voted for; None when the vote cannot be read.

    `creators` and `voters` are the addresses (LID, PN) that either side may have sealed with.
    """
    if len(vote.enc_iv) != _IV_BYTES:
        return None
    for creator in creators:
        for voter in voters:
            key = _vote_key(known.poll.secret, known.key.id, creator, voter)
            try:
                plain = AESGCM(key).decrypt(
                    vote.enc_iv, vote.enc_payload, _bound_to(known.key.id, voter)
                )
                ballot = parse(e2e_pb2.PollVoteMessage, plain)
            except (InvalidTag, WireError):
                continue
            return _names(known.poll, ballot.selectedOptions[:_MAX_CHOICES])
    return None


def _names(poll: Poll, hashes: Iterable[bytes]) -> tuple[str, ...]:
    by_hash = {hashlib.sha256(option.encode()).digest(): option for option in poll.options}
    return tuple(by_hash.get(digest, digest.hex()) for digest in hashes)


def _vote_key(secret: bytes, poll_id: str, creator: Jid, voter: Jid) -> bytes:
    info = f"{poll_id}{creator.bare}{voter.bare}Poll Vote".encode()
    return HKDF(SHA256(), 32, None, info).derive(secret)


def _bound_to(poll_id: str, voter: Jid) -> bytes:
    return f"{poll_id}\0{voter.bare}".encode()


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
