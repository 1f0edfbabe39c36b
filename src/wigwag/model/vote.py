"""Votes in polls, sealed so that only those can read them who have the poll."""

from wigwag.model.jid import Jid
from wigwag.model.value import Value


class SealedVote(Value):
    """A vote as it travels."""

    payload: bytes
    iv: bytes


class PollSeal(Value):
    """What the votes of one poll are sealed with; `creators` are the addresses of who asked, the
    first one of which seals."""

    poll_id: str
    secret: bytes
    creators: tuple[Jid, ...]
