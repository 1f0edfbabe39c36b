"""What can be asked of a client about newsletters."""

from collections.abc import Callable
from typing import Any, Final

from wigwag.engine.whatsmeow import asks
from wigwag.engine.whatsmeow.child.callee import Callee
from wigwag.engine.whatsmeow.child.reading import newsletter_of
from wigwag.engine.whatsmeow.facts import NewsletterTold

MOST: Final = 1_000
"""Newsletters of one answer."""


def newsletter_calls(callee: Callee) -> dict[type, Callable[[Any], object]]:
    """A function for each Ask about newsletters."""
    newsletters = _Newsletters(callee)
    do, jid = callee.do, callee.jid
    return {
        asks.GetNewsletter: newsletters.get,
        asks.ListNewsletters: newsletters.list_followed,
        asks.FollowNewsletter: lambda ask: do(
            "FollowNewsletter" if ask.followed else "UnfollowNewsletter", jid(ask.jid)
        ),
        asks.MuteNewsletter: lambda ask: do("NewsletterToggleMute", jid(ask.jid), ask.muted),
        asks.CreateNewsletter: newsletters.create,
        asks.ReactToPost: lambda ask: do(
            "NewsletterSendReaction", jid(ask.jid), ask.server_id, ask.emoji.encode(), b""
        ),
    }


class _Newsletters:
    """Newsletters of one client. Raises CallFailed."""

    def __init__(self, callee: Callee) -> None:
        self._callee = callee
        self._pb = callee.pb

    def get(self, ask: asks.GetNewsletter) -> NewsletterTold:
        callee, kind = self._callee, self._pb.CreateNewsLetterReturnFunction
        if ask.code:
            told = callee.ask("GetNewsletterInfoWithInvite", kind, ask.code.encode())
        else:
            told = callee.ask("GetNewsletterInfo", kind, callee.jid(ask.jid))
        return newsletter_of(self._pb, told.NewsletterMetadata)

    def list_followed(self, _ask: asks.ListNewsletters) -> tuple[NewsletterTold, ...]:
        kind = self._pb.GetSubscribedNewslettersReturnFunction
        told = self._callee.ask("GetSubscribedNewsletters", kind)
        return tuple(newsletter_of(self._pb, one) for one in told.Newsletter[:MOST])

    def create(self, ask: asks.CreateNewsletter) -> NewsletterTold:
        wanted = self._pb.CreateNewsletterParams(
            Name=ask.name, Description=ask.description, Picture=ask.picture
        )
        kind = self._pb.CreateNewsLetterReturnFunction
        told = self._callee.ask("CreateNewsletter", kind, wanted)
        return newsletter_of(self._pb, told.NewsletterMetadata)
