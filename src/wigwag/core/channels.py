"""Newsletters (channels) are followed, read, reacted to, made and changed from here."""

from collections.abc import Sequence

from wigwag.core.accounts import Accounts
from wigwag.core.library import Library
from wigwag.model.archived import ArchivedNewsletter, ArchivedPost
from wigwag.model.errors import InvalidInput, NotFound
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.newsletter import NewNewsletter, Newsletter, NewsletterSettings
from wigwag.ports import NewsletterActions


class Channels:
    """What is asked of WhatsApp is a wish of its moment: without a connection it is refused.

    Every method raises NotFound, Forbidden (only its owner and admins may), Gone, InvalidInput,
    MalformedJid, NotPaired, NotConnected, LoggedOut. Addresses are written as callers write them.
    """

    def __init__(self, library: Library, accounts: Accounts) -> None:
        self._library = library
        self._accounts = accounts

    async def create(
        self, account: str, new: NewNewsletter, *, accept_terms: bool = False
    ) -> ArchivedNewsletter:
        """Make a newsletter. `accept_terms` agrees to WhatsApp's terms for owners of newsletters,
        which it asks for before the first one."""
        actions = self._actions(account)
        if accept_terms:
            await actions.accept_terms()
        return _living(account, await actions.create(new))

    async def change(
        self, account: str, chat: str, settings: NewsletterSettings
    ) -> ArchivedNewsletter:
        jid = await self._newsletter(account, chat)
        await self._actions(account).set_settings(jid, settings)
        return await self._library.get_newsletter(account, str(jid))

    async def preview(self, account: str, link: str) -> ArchivedNewsletter:
        """The newsletter that a link leads to; its role is empty where the account has none."""
        try:
            return _living(account, await self._actions(account).preview(link))
        except InvalidInput as error:
            raise NotFound("That link leads to no newsletter.") from error

    async def set_followed(self, account: str, chat: str, *, followed: bool) -> ArchivedNewsletter:
        """Follow a newsletter, or no longer."""
        jid, actions = await self._newsletter(account, chat), self._actions(account)
        if followed:
            await actions.follow(jid)
        else:
            await actions.unfollow(jid)
        return await self._library.get_newsletter(account, str(jid))

    async def set_muted(self, account: str, chat: str, *, muted: bool) -> str:
        """Mute a newsletter that is followed, or no longer; its JID."""
        jid = await self._newsletter(account, chat)
        await self._actions(account).set_muted(jid, muted=muted)
        return str(jid)

    async def react(self, account: str, chat: str, message_id: str, emoji: str) -> ArchivedPost:
        """React to a post; an empty emoji takes the reaction away."""
        post = await self._library.get_post(account, chat, message_id)
        jid = await self._newsletter(account, chat)
        await self._actions(account).react(jid, post.server_id, emoji)
        return post

    async def mark_viewed(self, account: str, chat: str, message_ids: Sequence[str]) -> int:
        """Count posts as seen; how many were known."""
        jid = await self._newsletter(account, chat)
        posts = [await self._library.get_post(account, str(jid), one) for one in message_ids]
        await self._actions(account).mark_viewed(jid, [post.server_id for post in posts])
        return len(posts)

    async def fetch_posts(self, account: str, chat: str, count: int, before: str = "") -> int:
        """Have the newest posts, or those before the message `before`, in the archive; how many
        came."""
        jid, below = await self._newsletter(account, chat), 0
        if before:
            below = (await self._library.get_post(account, str(jid), before)).server_id
        return len(await self._actions(account).list_posts(jid, count=count, before=below))

    async def follow_counts(self, account: str, chat: str) -> int:
        """Have changes of views and reactions told live; for how many seconds WhatsApp does."""
        return await self._actions(account).follow_counts(await self._newsletter(account, chat))

    def _actions(self, account: str) -> NewsletterActions:
        return self._accounts.get(account).newsletters

    async def _newsletter(self, account: str, chat: str) -> Jid:
        jid = parse_jid(await self._library.resolve(account, chat))
        if not jid.is_newsletter:
            raise NotFound("That is the address of no newsletter; they end in @newsletter.")
        return jid


def _living(account: str, newsletter: Newsletter) -> ArchivedNewsletter:
    """A newsletter as WhatsApp tells it, in the words of the archive."""
    return ArchivedNewsletter(
        account=account,
        jid=str(newsletter.jid),
        name=newsletter.name,
        description=newsletter.description,
        invite=newsletter.invite,
        subscribers=newsletter.subscribers,
        created_at=newsletter.created_at,
        verified=newsletter.verified,
        state=newsletter.state,
        role=newsletter.role.value if newsletter.role is not None else "",
    )
