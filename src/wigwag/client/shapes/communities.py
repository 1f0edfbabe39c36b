# Made by tools/generate_client.py; do not edit it.
"""What is asked and answered of communities."""

from __future__ import annotations

from typing import TypedDict

from wigwag.client.shapes.common import Person


class CommunityMemberPage(TypedDict):
    """Everybody in any group of the community."""

    items: list[Person]
    next_cursor: None


class Link(TypedDict):
    """Whether a group is in a community now."""

    chat_jid: str
    group_jid: str
    linked: bool


class LinkedGroup(TypedDict):
    """A group of a community; `default_subgroup` is its own one for announcements."""

    jid: str
    subject: str | None
    default_subgroup: bool


class LinkedGroupPage(TypedDict):
    """LinkedGroupPage."""

    items: list[LinkedGroup]
    next_cursor: None
