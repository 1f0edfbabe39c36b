"""Polls: who voted for what, and our own votes."""

from collections.abc import Sequence
from datetime import datetime

from wigwag.core.accounts import Accounts
from wigwag.core.changing import Asked, Changing
from wigwag.core.choices import open_choices, option_hash
from wigwag.core.library import Library
from wigwag.core.naming import is_group
from wigwag.core.sending import Submitted
from wigwag.model.archived import ArchivedMessage, Person
from wigwag.model.content import MessageKey, Poll, PollVote
from wigwag.model.errors import Conflict, InvalidInput, NotApplicable, NotFound, NotPaired
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.value import Value
from wigwag.model.vote import PollSeal
from wigwag.ports import Ballots


class Voter(Value):
    person: Person
    timestamp: datetime


class CountedOption(Value):
    """An option, and who stands for it."""

    name: str
    voters: tuple[Voter, ...]


class Tally(Value):
    """How a poll stands: the last vote of each person. `unreadable` counts those that could not be
    opened; `voters` those who stand for something."""

    message: ArchivedMessage
    poll: Poll
    options: tuple[CountedOption, ...]
    voters: int
    unreadable: int


class Votes:
    """Votes are kept sealed, and opened when they are asked for: one that came before its poll is
    read once the poll is here."""

    def __init__(
        self, library: Library, accounts: Accounts, changing: Changing, ballots: Ballots
    ) -> None:
        self._library = library
        self._accounts = accounts
        self._changing = changing
        self._ballots = ballots

    async def tally(self, message: ArchivedMessage) -> Tally:
        """Raises NotFound when the message is no poll."""
        poll = _poll_of(message)
        opened = [
            (vote, open_choices(self._ballots, message, vote))
            for vote in await self._library.list_votes(message)
        ]
        options = tuple(
            CountedOption(
                name=option,
                voters=tuple(
                    Voter(person=vote.person, timestamp=vote.timestamp)
                    for vote, choices in opened
                    if choices is not None and option in choices
                ),
            )
            for option in poll.options
        )
        standing = {voter.person.jid for option in options for voter in option.voters}
        return Tally(
            message=message,
            poll=poll,
            options=options,
            voters=len(standing),
            unreadable=sum(1 for _, choices in opened if choices is None),
        )

    async def cast(
        self, message: ArchivedMessage, options: Sequence[str], asked: Asked
    ) -> Submitted:
        """Vote in a poll; it replaces our earlier vote, and no option at all takes that back.

        Raises as `Changing.submit`, NotFound (no poll), NotApplicable (no such option, or too
        many), InvalidInput (one twice), Conflict (the poll cannot be voted in).
        """
        earlier = await self._changing.find_earlier(message, asked)
        if earlier is not None:
            return earlier
        poll = _poll_of(message)
        self._changing.check_standing(message)
        _check_choices(poll, options)
        if not poll.secret:
            raise Conflict("The key of this poll never came here; vote in it on the phone.")
        key, voter = await self._addresses(message)
        seal = PollSeal(poll_id=message.id, secret=poll.secret, creators=(key.sender,))
        sealed = self._ballots.seal(seal, voter, [option_hash(option) for option in options])
        vote = PollVote(poll=key, enc_payload=sealed.payload, enc_iv=sealed.iv)
        return await self._changing.submit(message, vote, asked)

    async def _addresses(self, message: ArchivedMessage) -> tuple[MessageKey, Jid]:
        """The poll as those who vote in it name it, and the address that we seal with.

        Chats speak of people by hidden address wherever they can (whatsmeow msgsecret.go); only
        old groups know numbers.
        """
        own = self._accounts.get(message.account).state
        if own.jid is None:
            raise NotPaired
        by_lid = own.lid is not None and bool(message.sender.lid) and await self._by_lid(message)
        chat = parse_jid(message.chat_jid)
        if by_lid and not is_group(message.chat_jid):
            known = await self._library.get_chat(message.account, message.chat_jid)
            chat = parse_jid(known.lid or known.jid)
        key = MessageKey(
            chat=chat,
            sender=parse_jid(message.sender.lid if by_lid else message.sender.jid),
            id=message.id,
            from_me=message.from_me,
        )
        return key, (own.lid if by_lid and own.lid is not None else own.jid).bare

    async def _by_lid(self, message: ArchivedMessage) -> bool:
        if not is_group(message.chat_jid):
            return True
        try:
            group = await self._library.get_group(message.account, message.chat_jid)
        except NotFound:
            return True
        return group.lid_addressed


def _poll_of(message: ArchivedMessage) -> Poll:
    if not isinstance(message.content, Poll):
        raise NotFound("This message is no poll.")
    return message.content


def _check_choices(poll: Poll, options: Sequence[str]) -> None:
    if any(option not in poll.options for option in options):
        raise NotApplicable("Vote for options of the poll, written as in its `options`.")
    if len(set(options)) < len(options):
        raise InvalidInput("An option is named twice.")
    if poll.selectable and len(options) > poll.selectable:
        raise NotApplicable(f"In this poll one may choose {poll.selectable} at most.")
