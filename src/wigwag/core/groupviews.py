"""What comes of changing groups, communities and newsletters, as it is told."""

from collections.abc import Iterable
from typing import Final

from wigwag.core.grouping import Made, MemberOutcome, Waiting
from wigwag.core.views import (
    View,
    group_view,
    maybe_time_view,
    person_view,
    reactions_view,
)
from wigwag.model.archived import ArchivedPost
from wigwag.model.chat import LinkedGroup

_REFUSALS: Final = {
    401: ("not_admin", "Only admins of the group may do that."),
    403: (
        "not_allowed",
        "This person lets nobody like this account add them; send the invite to them instead.",
    ),
    404: ("not_found", "This person is not on WhatsApp, or not in the group."),
    408: ("left_recently", "This person has left a short while ago; try again later."),
    409: ("already_there", "This person is in the group already."),
    500: ("group_full", "The group has as many members as it can have."),
}
"""WhatsApp's codes for one person of a change, as words for programs and for people."""
_REFUSED: Final = ("refused", "WhatsApp refused this person.")


def outcome_view(outcome: MemberOutcome) -> View:
    """One person of a change. `invite` is for those who let nobody add them."""
    error = None
    if outcome.error:
        code, detail = _REFUSALS.get(outcome.error, _REFUSED)
        error = {"code": code, "detail": detail, "server_code": outcome.error}
    invite = None
    if outcome.invite_code:
        invite = {
            "code": outcome.invite_code,
            "expires_at": maybe_time_view(outcome.invite_until),
        }
    return {
        **person_view(outcome.person),
        "done": not outcome.error,
        "error": error,
        "invite": invite,
    }


def outcomes_view(chat_jid: str, outcomes: Iterable[MemberOutcome]) -> View:
    return {"chat_jid": chat_jid, "items": [outcome_view(outcome) for outcome in outcomes]}


def made_view(made: Made) -> View:
    return {**group_view(made.group), "not_added": [person_view(one) for one in made.not_added]}


def waiting_view(waiting: Waiting) -> View:
    return {
        **person_view(waiting.person),
        "requested_at": maybe_time_view(waiting.requested_at),
    }


def linked_view(group: LinkedGroup) -> View:
    return {
        "jid": str(group.jid),
        "subject": group.subject or None,
        "default_subgroup": group.default_subgroup,
    }


def post_view(chat_jid: str, post: ArchivedPost) -> View:
    """How a post fares; what was never told is null."""
    return {
        "chat_jid": chat_jid,
        "id": post.message_id,
        "server_id": post.server_id,
        "views": post.views,
        "reactions": reactions_view(post.reactions) if post.reactions is not None else None,
    }
