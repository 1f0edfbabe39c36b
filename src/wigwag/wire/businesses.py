"""What a business says of itself, as an element (whatsmeow user.go GetBusinessProfile)."""

from typing import Final

from wigwag.model.jid import Jid
from wigwag.model.profile import BusinessProfile
from wigwag.wire import claims
from wigwag.wire.nodes import Node

VERSION: Final = "244"
MAX_LISTED: Final = 50


def read_business(node: Node, asked: Jid) -> BusinessProfile | None:
    """A `<business_profile>`; None when it says nothing: then that is no business.

    Raises MalformedNode.
    """
    profile = node.child("profile")
    if profile is None or not profile.kids:
        return None
    categories, hours = profile.child("categories"), profile.child("business_hours")
    listed = categories.children_with("category") if categories is not None else []
    days = hours.children_with("business_hours_config") if hours is not None else []
    return BusinessProfile(
        jid=profile.attr_jid("jid") or asked,
        address=_text(profile, "address"),
        email=_text(profile, "email"),
        description=_text(profile, "description"),
        websites=tuple(
            path
            for kid in profile.children_with("website")[:MAX_LISTED]
            if (path := claims.path(kid.text))
        ),
        categories=tuple(claims.name(kid.data) for kid in listed[:MAX_LISTED]),
        timezone=claims.identifier(hours.attr("timezone")) if hours is not None else "",
        hours=tuple(
            (
                claims.identifier(day.attr("day_of_week")),
                claims.identifier(day.attr("mode")),
                day.attr_int("open_time"),
                day.attr_int("close_time"),
            )
            for day in days[:MAX_LISTED]
        ),
    )


def _text(profile: Node, tag: str) -> str:
    found = profile.child(tag)
    return claims.text(found.data) if found is not None else ""
