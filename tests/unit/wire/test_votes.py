"""Votes: sealed to their poll, to who asked and to who voted."""

from hypothesis import given
from hypothesis import strategies as st

from wigwag.model.jid import Jid
from wigwag.model.vote import PollSeal, SealedVote
from wigwag.wire.votes import MAX_CHOICES, open_vote, seal_vote

CREATOR, CREATOR_PN = Jid("1", "lid"), Jid("491", "s.whatsapp.net")
VOTER, VOTER_PN = Jid("2", "lid"), Jid("492", "s.whatsapp.net")
POLL = PollSeal(poll_id="3EB0", secret=bytes(range(32)), creators=(CREATOR,))
EITHER = PollSeal(poll_id="3EB0", secret=bytes(range(32)), creators=(CREATOR_PN, CREATOR))


@given(
    st.lists(st.binary(min_size=32, max_size=32), max_size=12), st.binary(min_size=12, max_size=12)
)
def test_a_vote_opens_for_whom_it_is_sealed(choices: list[bytes], iv: bytes) -> None:
    vote = seal_vote(POLL, VOTER.with_device(7), choices, lambda _: iv)
    assert open_vote(EITHER, [VOTER_PN, VOTER], vote) == tuple(choices)
    assert open_vote(POLL, [VOTER_PN], vote) is None
    other = PollSeal(poll_id="3EB1", secret=POLL.secret, creators=POLL.creators)
    assert open_vote(other, [VOTER], vote) is None


@given(st.binary(max_size=80), st.binary(max_size=16))
def test_what_is_no_vote_is_not_read(payload: bytes, iv: bytes) -> None:
    assert open_vote(POLL, [VOTER], SealedVote(payload=payload, iv=iv)) is None


def test_choices_are_bounded() -> None:
    vote = seal_vote(POLL, VOTER, [bytes(32)] * (MAX_CHOICES + 1), bytes)
    opened = open_vote(POLL, [VOTER], vote)
    assert opened is not None
    assert len(opened) == MAX_CHOICES
