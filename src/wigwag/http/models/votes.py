"""Votes in polls: how one votes, and how a poll stands."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from wigwag.http.models.fields import Body
from wigwag.http.models.sending import WaitS
from wigwag.http.models.shape import PersonShape, Shape

MAX_CHOICES = 100
MAX_OPTION = 1_024

Choice = Annotated[str, StringConstraints(max_length=MAX_OPTION)]


class VoteBody(Body):
    """The options to vote for, written as in the poll; none takes our vote back. It replaces the
    vote that we gave before."""

    options: Annotated[
        list[Choice], Field(max_length=MAX_CHOICES, json_schema_extra={"uniqueItems": True})
    ]
    wait_s: WaitS = 10.0


class VoterShape(PersonShape):
    """Who stands for an option, and since when."""

    timestamp: datetime


class CountedOptionShape(Shape):
    name: str
    votes: int
    voters: list[VoterShape]


class TallyShape(Shape):
    """How a poll stands by the last vote of each person. `unreadable` votes are not in it: they
    cannot be opened here. `selectable` is how many options one may choose; 0 is any number."""

    id: str
    chat_jid: str
    question: str
    selectable: int
    options: list[CountedOptionShape]
    voters: int
    unreadable: int
