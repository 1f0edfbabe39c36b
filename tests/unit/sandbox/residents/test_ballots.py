"""Votes: sealed to their poll and their voter."""

import os

from wigwag.model.content import MessageKey, Poll, PollVote
from wigwag.model.jid import Jid
from wigwag.sandbox.residents.ballots import OpenPoll, Polls, open_vote, seal_vote

CREATOR, CREATOR_PN = Jid("1", "lid"), Jid("491", "s.whatsapp.net")
VOTER, VOTER_PN = Jid("2", "lid"), Jid("492", "s.whatsapp.net")
KEY = MessageKey(chat=CREATOR, sender=CREATOR, id="3EB0")
POLL = Poll(question="?", options=("a", "b"), secret=bytes(range(32)))
KNOWN = OpenPoll(key=KEY, poll=POLL)


def test_a_vote_opens_for_its_poll_and_voter() -> None:
    vote = seal_vote(KNOWN, VOTER, ["b"], os.urandom)
    assert open_vote(KNOWN, vote, [CREATOR], [VOTER]) == ("b",)
    assert open_vote(KNOWN, vote, [CREATOR_PN, CREATOR], [VOTER_PN, VOTER]) == ("b",)
    assert open_vote(KNOWN, vote, [CREATOR], [VOTER_PN]) is None
    assert open_vote(KNOWN, vote, [VOTER], [VOTER]) is None


def test_a_device_is_the_person() -> None:
    vote = seal_vote(KNOWN, VOTER.with_device(3), ["a"], os.urandom)
    assert open_vote(KNOWN, vote, [CREATOR], [VOTER]) == ("a",)


def test_what_is_no_vote_is_not_read() -> None:
    vote = seal_vote(KNOWN, VOTER, ["a"], os.urandom)
    other = OpenPoll(key=KEY, poll=Poll(question="?", options=("a",), secret=bytes(32)))
    assert open_vote(other, vote, [CREATOR], [VOTER]) is None
    for payload, iv in ((b"", vote.enc_iv), (vote.enc_payload, b""), (b"x" * 40, vote.enc_iv)):
        damaged = PollVote(poll=KEY, enc_payload=payload, enc_iv=iv)
        assert open_vote(KNOWN, damaged, [CREATOR], [VOTER]) is None


def test_an_option_that_is_not_known_is_shown_by_its_hash() -> None:
    wider = OpenPoll(key=KEY, poll=Poll(question="?", options=("a", "new"), secret=POLL.secret))
    vote = seal_vote(wider, VOTER, ["new"], os.urandom)
    opened = open_vote(KNOWN, vote, [CREATOR], [VOTER])
    assert opened is not None
    assert len(opened[0]) == 64


def test_polls_are_bounded() -> None:
    polls = Polls(limit=2)
    for number in range(3):
        polls.add(MessageKey(chat=CREATOR, sender=CREATOR, id=str(number)), POLL)
    polls.add(KEY, Poll(question="without a secret", options=()))
    assert [known.key.id for known in polls.all()] == ["1", "2"]
    assert polls.find("0") is None
