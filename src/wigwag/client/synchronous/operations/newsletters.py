# Made by tools/generate_client.py; do not edit it.
"""What can be asked of newsletters."""

from wigwag.client import shapes
from wigwag.client.calls import Call, given, new_key, path_of
from wigwag.client.synchronous.asking import Asker


class NewslettersOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def create_newsletter(
        self,
        account: str,
        *,
        name: str,
        description: str | None = None,
        media_id: str | None = None,
        accept_terms: bool | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Newsletter:
        """Make a newsletter."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/newsletters", account=account),
                body=given(
                    name=name, description=description, media_id=media_id, accept_terms=accept_terms
                ),
                idempotency_key=idempotency_key or new_key(),
            )
        )

    def change_newsletter(
        self,
        account: str,
        chat: str,
        *,
        name: str | None = None,
        description: str | None = None,
        media_id: str | None = None,
        remove_picture: bool | None = None,
    ) -> shapes.Newsletter:
        """Change the name, the description or the picture of a newsletter."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}", account=account, chat=chat
                ),
                body=given(
                    name=name,
                    description=description,
                    media_id=media_id,
                    remove_picture=remove_picture,
                ),
            )
        )

    def preview_newsletter(self, account: str, *, link: str) -> shapes.Newsletter:
        """The newsletter that a link leads to."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/newsletters/preview", account=account),
                body=given(link=link),
            )
        )

    def follow_newsletter(self, account: str, chat: str) -> shapes.Newsletter:
        """Follow a newsletter."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}/follow", account=account, chat=chat
                ),
            )
        )

    def unfollow_newsletter(self, account: str, chat: str) -> shapes.Newsletter:
        """Follow a newsletter no longer."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}/follow", account=account, chat=chat
                ),
            )
        )

    def mute_newsletter(self, account: str, chat: str) -> shapes.NewsletterMuted:
        """Mute a newsletter."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}/mute", account=account, chat=chat
                ),
            )
        )

    def unmute_newsletter(self, account: str, chat: str) -> shapes.NewsletterMuted:
        """Mute a newsletter no longer."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}/mute", account=account, chat=chat
                ),
            )
        )

    def follow_counts(self, account: str, chat: str) -> shapes.LiveShape:
        """Have changes of views and reactions told for a while."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}/live", account=account, chat=chat
                ),
            )
        )

    def fetch_posts(
        self, account: str, chat: str, *, count: int | None = None, before: str | None = None
    ) -> shapes.Fetched:
        """Fetch posts into the archive."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}/posts/fetch",
                    account=account,
                    chat=chat,
                ),
                body=given(count=count, before=before),
            )
        )

    def mark_posts_seen(self, account: str, chat: str, *, ids: list[str]) -> shapes.Seen:
        """Count posts as seen."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}/posts/seen",
                    account=account,
                    chat=chat,
                ),
                body=given(ids=ids),
            )
        )

    def react_to_post(
        self, account: str, chat: str, message_id: str, *, emoji: str
    ) -> shapes.Reacted:
        """React to a post."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}/posts/{message_id}/reactions",
                    account=account,
                    chat=chat,
                    message_id=message_id,
                ),
                body=given(emoji=emoji),
            )
        )
