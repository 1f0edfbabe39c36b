"""Newsletters, as far as the library has them."""

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO, NoReturn

from wigwag.engine.common.newsletterchecks import (
    check_emoji,
    check_words,
    checked_number,
    link_code,
    newsletter_of,
)
from wigwag.engine.common.pictures import check_picture
from wigwag.engine.whatsmeow import asks
from wigwag.engine.whatsmeow.absent import NO_CALL
from wigwag.engine.whatsmeow.facts import NewsletterTold
from wigwag.engine.whatsmeow.line import Line
from wigwag.engine.whatsmeow.reading import Malformed
from wigwag.engine.whatsmeow.reading import newsletter_of as read_newsletter
from wigwag.model.capability import Capability
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.errors import NotFound, NotSupportedByEngine
from wigwag.model.event import NewsletterKnown, NewsletterLeft, NewsletterMuted
from wigwag.model.jid import Jid
from wigwag.model.newsletter import NewNewsletter, Newsletter, NewsletterSettings, Post

_BROKEN = "Its library garbles that call."


class Newsletters:
    """Implements ports.newsletters.NewsletterActions."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def get(self, newsletter: Jid) -> Newsletter:
        ask = asks.GetNewsletter(jid=str(newsletter_of(newsletter)))
        return await self._learnt(_read(await self._line.ask(ask, NewsletterTold)))

    async def preview(self, link: str) -> Newsletter:
        ask = asks.GetNewsletter(code=link_code(link))
        return _read(await self._line.ask(ask, NewsletterTold))

    async def list_followed(self) -> list[Newsletter]:
        told = await self._line.ask(asks.ListNewsletters(), tuple[NewsletterTold, ...])
        followed = [_read(one) for one in told]
        await self._line.record(*(NewsletterKnown(newsletter=one) for one in followed))
        return followed

    async def follow(self, newsletter: Jid) -> None:
        jid = str(newsletter_of(newsletter))
        await self._line.do(asks.FollowNewsletter(jid=jid, followed=True))
        await self.get(newsletter)

    async def unfollow(self, newsletter: Jid) -> None:
        jid = str(newsletter_of(newsletter))
        await self._line.do(asks.FollowNewsletter(jid=jid, followed=False))
        await self._line.record(NewsletterLeft(jid=newsletter))

    async def set_muted(self, newsletter: Jid, *, muted: bool) -> None:
        await self._line.do(asks.MuteNewsletter(jid=str(newsletter_of(newsletter)), muted=muted))
        await self._line.record(NewsletterMuted(jid=newsletter, muted=muted))

    async def accept_terms(self) -> None:
        _refuse(Capability.NEWSLETTER_SETTINGS, _BROKEN)

    async def create(self, new: NewNewsletter) -> Newsletter:
        check_words(new.name, new.description)
        if new.picture:
            check_picture(new.picture)
        ask = asks.CreateNewsletter(name=new.name, description=new.description, picture=new.picture)
        return await self._learnt(_read(await self._line.ask(ask, NewsletterTold)))

    async def set_settings(self, newsletter: Jid, settings: NewsletterSettings) -> None:
        _refuse(Capability.NEWSLETTER_SETTINGS, NO_CALL)

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        _refuse(Capability.NEWSLETTER_MEDIA, "Its library cannot name the uploaded file.")

    async def react(self, newsletter: Jid, server_id: int, emoji: str) -> None:
        check_emoji(emoji)
        jid = str(newsletter_of(newsletter))
        await self._line.do(
            asks.ReactToPost(jid=jid, server_id=checked_number(server_id), emoji=emoji)
        )

    async def mark_viewed(self, newsletter: Jid, server_ids: Sequence[int]) -> None:
        _refuse(Capability.NEWSLETTER_COUNTS, _BROKEN)

    async def list_posts(self, newsletter: Jid, *, count: int = 50, before: int = 0) -> list[Post]:
        _refuse(
            Capability.NEWSLETTER_HISTORY,
            "Its library tells no ids or times of posts.",
        )

    async def list_counts(
        self,
        newsletter: Jid,
        *,
        count: int = 50,
        since: datetime | None = None,
        after: int = 0,
    ) -> list[Post]:
        _refuse(Capability.NEWSLETTER_COUNTS, _BROKEN)

    async def follow_counts(self, newsletter: Jid) -> int:
        _refuse(Capability.NEWSLETTER_COUNTS, "What its library tells of it is not read.")

    async def _learnt(self, newsletter: Newsletter) -> Newsletter:
        await self._line.record(NewsletterKnown(newsletter=newsletter))
        return newsletter


def _read(told: NewsletterTold) -> Newsletter:
    try:
        return read_newsletter(told)
    except Malformed as error:
        raise NotFound("There is no such newsletter.") from error


def _refuse(capability: Capability, why: str) -> NoReturn:
    raise NotSupportedByEngine(capability, why)
