"""Views and reactions of a newsletter's posts."""

from collections.abc import Sequence

from wigwag.model.event import NewsletterCounted
from wigwag.model.jid import Jid
from wigwag.model.newsletter import Post


def told_counts(newsletter: Jid, posts: Sequence[Post]) -> list[NewsletterCounted]:
    """What is told of views and reactions; no event when that is nothing."""
    told = tuple(
        Post(server_id=post.server_id, id=post.id, views=post.views, reactions=post.reactions)
        for post in posts
        if post.views is not None or post.reactions is not None
    )
    return [NewsletterCounted(jid=newsletter, posts=told)] if told else []
