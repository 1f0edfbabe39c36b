"""Newsletters (channels): what an account does with them, and what the archive knows of them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol

from wigwag.model.archived import ArchivedNewsletter, ArchivedPost, Page
from wigwag.model.content import MediaKind, MediaRef
from wigwag.model.jid import Jid
from wigwag.model.newsletter import NewNewsletter, Newsletter, NewsletterSettings, Post
from wigwag.model.record import NewsletterRecord, PostRecord


class NewsletterActions(Protocol):
    """What an account does with newsletters, besides sending to them (`Engine.send`).

    What WhatsApp answers is recorded as events, too, and is in the archive when a method returns.
    Every method raises NotConnected, NotFound,
    Forbidden (only its owner and admins may), Gone, InvalidInput.
    """

    async def get(self, newsletter: Jid) -> Newsletter: ...

    async def preview(self, link: str) -> Newsletter:
        """The newsletter that a link (or its code) leads to."""
        ...

    async def list_followed(self) -> list[Newsletter]: ...

    async def follow(self, newsletter: Jid) -> None: ...

    async def unfollow(self, newsletter: Jid) -> None: ...

    async def set_muted(self, newsletter: Jid, *, muted: bool) -> None: ...

    async def accept_terms(self) -> None:
        """WhatsApp's terms for owners of newsletters, before the first one is created."""
        ...

    async def create(self, new: NewNewsletter) -> Newsletter: ...

    async def set_settings(self, newsletter: Jid, settings: NewsletterSettings) -> None: ...

    async def upload(self, source: BinaryIO, kind: MediaKind) -> MediaRef:
        """Upload a file for a post: as it is, since newsletters are not encrypted.

        Errors as those of `Engine.upload`.
        """
        ...

    async def react(self, newsletter: Jid, server_id: int, emoji: str) -> None:
        """React to a post; an empty emoji takes the reaction away."""
        ...

    async def mark_viewed(self, newsletter: Jid, server_ids: Sequence[int]) -> None:
        """Count posts as seen. For the own other devices there is `Engine.mark_read`."""
        ...

    async def list_posts(self, newsletter: Jid, *, count: int = 50, before: int = 0) -> list[Post]:
        """The newest posts, or those before the server id `before`; recorded as history."""
        ...

    async def list_counts(
        self,
        newsletter: Jid,
        *,
        count: int = 50,
        since: datetime | None = None,
        after: int = 0,
    ) -> list[Post]:
        """Posts whose views and reactions changed, without their content."""
        ...

    async def follow_counts(self, newsletter: Jid) -> int:
        """Have changes of views and reactions told live; for how many seconds WhatsApp does."""
        ...


class NewsletterTable(Protocol):
    """Newsletters inside one write unit."""

    def find(self, account: str, jid: str) -> NewsletterRecord | None: ...

    def save(self, record: NewsletterRecord) -> None: ...

    def find_post(self, account: str, newsletter: str, server_id: int) -> PostRecord | None: ...

    def save_post(self, record: PostRecord) -> None: ...


class NewsletterReader(Protocol):
    """Newsletters as they are read. JIDs are canonical texts."""

    async def find_newsletter(self, account: str, jid: str) -> ArchivedNewsletter | None: ...

    async def list_newsletters(
        self, account: str, cursor: str, limit: int, *, among: Collection[str] = ()
    ) -> Page[ArchivedNewsletter]:
        """Those that are known; only those in `among`, where it has any."""
        ...

    async def find_post(
        self, account: str, newsletter: str, message_id: str
    ) -> ArchivedPost | None:
        """How a message of a newsletter fares."""
        ...
