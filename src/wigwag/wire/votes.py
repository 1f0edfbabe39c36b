"""Votes of polls, sealed with the secret of the poll: only those can read them who have it.

Source: whatsmeow msgsecret.go.
"""

from collections.abc import Callable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from wigwag.model.jid import Jid
from wigwag.model.vote import PollSeal, SealedVote
from wigwag.wire.errors import WireError
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse

IV_BYTES: Final = 12
MAX_CHOICES: Final = 100


def seal_vote(
    poll: PollSeal, voter: Jid, choices: Sequence[bytes], random: Callable[[int], bytes]
) -> SealedVote:
    """The vote of `voter` for the options with these SHA-256."""
    ballot = e2e_pb2.PollVoteMessage(selectedOptions=choices)
    iv = random(IV_BYTES)
    key = _vote_key(poll, poll.creators[0], voter)
    sealed = AESGCM(key).encrypt(iv, ballot.SerializeToString(), _bound_to(poll.poll_id, voter))
    return SealedVote(payload=sealed, iv=iv)


def open_vote(poll: PollSeal, voters: Sequence[Jid], vote: SealedVote) -> tuple[bytes, ...] | None:
    """The SHA-256 of the options voted for; None when the vote cannot be read.

    Either side may have sealed with any of its addresses (LID, PN): all are tried.
    """
    if len(vote.iv) != IV_BYTES:
        return None
    for creator in poll.creators:
        for voter in voters:
            key = _vote_key(poll, creator, voter)
            try:
                plain = AESGCM(key).decrypt(vote.iv, vote.payload, _bound_to(poll.poll_id, voter))
                ballot = parse(e2e_pb2.PollVoteMessage, plain)
            except (InvalidTag, WireError):
                continue
            return tuple(ballot.selectedOptions[:MAX_CHOICES])
    return None


def _vote_key(poll: PollSeal, creator: Jid, voter: Jid) -> bytes:
    info = f"{poll.poll_id}{creator.bare}{voter.bare}Poll Vote".encode()
    return HKDF(SHA256(), 32, None, info).derive(poll.secret)


def _bound_to(poll_id: str, voter: Jid) -> bytes:
    return f"{poll_id}\0{voter.bare}".encode()
