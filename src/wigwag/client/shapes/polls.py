# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of polls."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class CountedOption(TypedDict):
    """CountedOption."""

    name: str
    votes: int
    voters: list[Voter]


class Tally(TypedDict):
    """How a poll stands by the last vote of each person. `unreadable` votes are not in it:
    they cannot be opened here. `selectable` is how many options one may choose; 0 is any
    number.
    """

    id: str
    chat_jid: str
    question: str
    selectable: int
    options: list[CountedOption]
    voters: int
    unreadable: int


class VoteBody(TypedDict):
    """The options to vote for, written as in the poll; none takes our vote back. It replaces
    the vote that we gave before.
    """

    options: list[str]
    wait_s: NotRequired[float]


class Voter(TypedDict):
    """Who stands for an option, and since when."""

    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    timestamp: str
