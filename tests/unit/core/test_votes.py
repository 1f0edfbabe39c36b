"""Polls: votes are opened whenever the poll is here, whatever address they were sealed with."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from stored.desk import Desk
from stored.engine import OWN, OWN_LID, StoredEngine
from stored.makers import ANN, ANN_LID, BEN, BEN_LID, CONNECTED, GROUP, key, received
from stored.senders import sender
from wigwag.core.changing import Asked, Changing
from wigwag.core.choices import option_hash
from wigwag.core.votes import Votes
from wigwag.engine.native.social.ballots import NativeBallots
from wigwag.model.chat import Group, Participant
from wigwag.model.content import Poll, PollVote
from wigwag.model.errors import Conflict, InvalidInput, NotApplicable, NotFound
from wigwag.model.event import GroupJoined, IdentityLinked
from wigwag.model.jid import Jid
from wigwag.model.message import SendState
from wigwag.model.vote import PollSeal, SealedVote

SECRET = bytes(range(32))
POLL = Poll(question="When?", options=("now", "later", "never"), selectable=2, secret=SECRET)
BALLOTS = NativeBallots()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    opened = await Desk.open(tmp_path)
    opened.ingest.ballots = BALLOTS
    links = [IdentityLinked(lid=lid, pn=pn) for lid, pn in ((ANN_LID, ANN), (BEN_LID, BEN))]
    await opened.take(CONNECTED, *links)
    yield opened
    await opened.close()


@pytest.fixture
def engine() -> StoredEngine:
    return StoredEngine()


@pytest.fixture
async def votes(desk: Desk, engine: StoredEngine) -> AsyncGenerator[Votes]:
    async with sender(desk, engine) as sending:
        changing = Changing(desk.library, desk.accounts, sending)
        yield Votes(desk.library, desk.accounts, changing, BALLOTS)


def vote(
    message_id: str, *options: str, creator: Jid = ANN_LID, voter: Jid = BEN_LID, seconds: int = 1
):
    """Ben votes in Ann's poll of the group."""
    seal = PollSeal(poll_id="P1", secret=SECRET, creators=(creator,))
    sealed = BALLOTS.seal(seal, voter, [option_hash(option) for option in options])
    content = PollVote(
        poll=key("P1", chat=GROUP, sender=ANN), enc_payload=sealed.payload, enc_iv=sealed.iv
    )
    return received(message_id, content, chat=GROUP, sender=BEN, seconds=seconds)


async def standing(desk: Desk, votes: Votes) -> dict[str, list[str]]:
    tally = await votes.tally(await desk.library.get_message("default", "P1"))
    return {option.name: [who.person.jid for who in option.voters] for option in tally.options}


@pytest.mark.parametrize("creator", [ANN, ANN_LID])
@pytest.mark.parametrize("voter", [BEN, BEN_LID])
async def test_a_vote_is_opened_by_any_address(
    desk: Desk, votes: Votes, creator: Jid, voter: Jid
) -> None:
    await desk.take(received("P1", POLL, chat=GROUP, sender=ANN))
    await desk.take(vote("V1", "now", "never", creator=creator, voter=voter))
    assert await standing(desk, votes) == {"now": [str(BEN)], "later": [], "never": [str(BEN)]}
    (event,) = await desk.events("poll.vote")
    assert event["options"] == ["now", "never"]


async def test_the_last_vote_of_a_person_stands(desk: Desk, votes: Votes) -> None:
    await desk.take(received("P1", POLL, chat=GROUP, sender=ANN))
    await desk.take(vote("V2", "later", seconds=2), vote("V1", "now", seconds=1))
    assert (await standing(desk, votes))["later"] == [str(BEN)]
    assert (await standing(desk, votes))["now"] == []
    await desk.take(vote("V3", seconds=3))
    tally = await votes.tally(await desk.library.get_message("default", "P1"))
    assert (tally.voters, tally.unreadable) == (0, 0), "it was taken back"


async def test_a_vote_before_its_poll_is_read_once_the_poll_is_here(
    desk: Desk, votes: Votes
) -> None:
    await desk.take(vote("V1", "now"))
    (event,) = await desk.events("poll.vote")
    assert event["options"] is None
    await desk.take(received("P1", POLL, chat=GROUP, sender=ANN))
    assert (await standing(desk, votes))["now"] == [str(BEN)]


async def test_what_cannot_be_opened_is_counted_apart(desk: Desk, votes: Votes) -> None:
    await desk.take(received("P1", POLL, chat=GROUP, sender=ANN))
    await desk.take(vote("V1", "now", creator=BEN_LID))
    tally = await votes.tally(await desk.library.get_message("default", "P1"))
    assert (tally.voters, tally.unreadable) == (0, 1)
    assert (await desk.events("poll.vote"))[0]["options"] is None


async def test_votes_of_history_are_open(desk: Desk, votes: Votes) -> None:
    await desk.take(received("P1", POLL, chat=GROUP, sender=ANN, from_history=True))
    selected = (option_hash("later"), option_hash("not in it"))
    content = PollVote(
        poll=key("P1", chat=GROUP, sender=ANN), enc_payload=b"", enc_iv=b"", selected=selected
    )
    await desk.take(received("V1", content, chat=GROUP, sender=BEN, from_history=True))
    assert (await standing(desk, votes))["later"] == [str(BEN)]


def opened_by(voters: tuple[Jid, ...], creator: Jid, sent: PollVote, poll_id: str = "P1"):
    seal = PollSeal(poll_id=poll_id, secret=SECRET, creators=(creator,))
    sealed = SealedVote(payload=sent.enc_payload, iv=sent.enc_iv)
    return BALLOTS.open(seal, voters, sealed)


async def test_our_vote_is_sealed_as_the_chat_speaks(
    desk: Desk, engine: StoredEngine, votes: Votes
) -> None:
    await desk.take(received("P1", POLL, chat=GROUP, sender=ANN))
    poll = await desk.library.get_message("default", "P1")
    submitted = await votes.cast(poll, ["now"], Asked())
    assert submitted.state is SendState.SENT
    sent = engine.sent[0].content
    assert isinstance(sent, PollVote)
    assert (sent.poll.sender, sent.poll.chat, sent.poll.from_me) == (ANN_LID, GROUP, False)
    assert opened_by((OWN_LID,), ANN_LID, sent) == (option_hash("now"),)
    assert (await standing(desk, votes))["now"] == [str(OWN)]

    numbers = Group(
        jid=GROUP, subject="Old", participants=(Participant(jid=ANN),), lid_addressed=False
    )
    await desk.take(GroupJoined(group=numbers))
    await votes.cast(poll, ["later"], Asked())
    sent = engine.sent[1].content
    assert isinstance(sent, PollVote)
    assert sent.poll.sender == ANN
    assert opened_by((OWN,), ANN, sent) == (option_hash("later"),)
    assert (await standing(desk, votes)) == {"now": [], "later": [str(OWN)], "never": []}


async def test_our_vote_in_a_direct_chat(desk: Desk, engine: StoredEngine, votes: Votes) -> None:
    await desk.take(received("P1", POLL), received("P2", POLL, from_me=True, seconds=1))
    theirs = await desk.library.get_message("default", "P1")
    await votes.cast(theirs, ["now", "later"], Asked())
    ours = await desk.library.get_message("default", "P2")
    await votes.cast(ours, ["never"], Asked())
    first, second = (one.content for one in engine.sent)
    assert isinstance(first, PollVote)
    assert isinstance(second, PollVote)
    assert (first.poll.chat, first.poll.sender, first.poll.from_me) == (ANN_LID, ANN_LID, False)
    assert (second.poll.chat, second.poll.sender, second.poll.from_me) == (ANN_LID, OWN_LID, True)
    assert opened_by((OWN_LID,), ANN_LID, first) is not None
    assert opened_by((OWN_LID,), OWN_LID, second, "P2") == (option_hash("never"),)


async def test_only_what_the_poll_offers_is_voted_for(
    desk: Desk, engine: StoredEngine, votes: Votes
) -> None:
    await desk.take(
        received("P1", POLL),
        received("P2", Poll(question="?", options=("a",)), seconds=1),
        received("A1", seconds=2),
    )
    poll, keyless, text = [
        await desk.library.get_message("default", one) for one in ("P1", "P2", "A1")
    ]
    for options in (["sometime"], ["now", "later", "never"]):
        with pytest.raises(NotApplicable):
            await votes.cast(poll, options, Asked())
    with pytest.raises(InvalidInput, match="twice"):
        await votes.cast(poll, ["now", "now"], Asked())
    with pytest.raises(Conflict):
        await votes.cast(keyless, ["a"], Asked())
    for ask in (votes.tally(text), votes.cast(text, ["a"], Asked())):
        with pytest.raises(NotFound):
            await ask
    assert engine.sent == []
