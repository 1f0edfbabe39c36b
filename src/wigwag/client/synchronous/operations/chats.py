# Made by tools/generate_client.py; do not edit it.
"""What can be asked of chats."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal

from wigwag.client import shapes
from wigwag.client.calls import Call, given, path_of
from wigwag.client.synchronous.asking import Asker, Download


class ChatsOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

    def list_chats(
        self,
        account: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        query: str | None = None,
    ) -> shapes.ChatPage:
        """Chats, the latest first."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/chats", account=account),
                query={"cursor": cursor, "limit": limit, "query": query},
            )
        )

    def each_chats(
        self, account: str, *, limit: int | None = None, query: str | None = None
    ) -> Iterator[shapes.Chat]:
        """Chats, the latest first: page after page."""
        return self._each(
            lambda cursor: self.list_chats(account, limit=limit, query=query, cursor=cursor)
        )

    def get_chat(self, account: str, chat: str) -> shapes.Chat:
        """One chat."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/chats/{chat}", account=account, chat=chat),
            )
        )

    def change_chat(
        self,
        account: str,
        chat: str,
        *,
        archived: bool | None = None,
        pinned: bool | None = None,
        muted: bool | None = None,
        muted_until: str | datetime | None = None,
        marked_unread: bool | None = None,
        ephemeral_seconds: Literal[0, 86400, 604800, 7776000] | None = None,
    ) -> shapes.Chat:
        """Archive, pin, mute a chat, or mark it."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/accounts/{account}/chats/{chat}", account=account, chat=chat),
                body=given(
                    archived=archived,
                    pinned=pinned,
                    muted=muted,
                    muted_until=muted_until,
                    marked_unread=marked_unread,
                    ephemeral_seconds=ephemeral_seconds,
                ),
            )
        )

    def delete_chat(self, account: str, chat: str, *, delete_media: bool | None = None) -> None:
        """Delete a chat for us."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of("/v1/accounts/{account}/chats/{chat}", account=account, chat=chat),
                query={"delete_media": delete_media},
            )
        )

    def get_older(self, account: str, chat: str) -> shapes.Older:
        """How the newest request for older messages stands."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/chats/{chat}/history", account=account, chat=chat
                ),
            )
        )

    def ask_for_older(
        self,
        account: str,
        chat: str,
        *,
        count: int | None = None,
        before: str | datetime | None = None,
    ) -> shapes.Older:
        """Ask the phone for older messages."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/chats/{chat}/history", account=account, chat=chat
                ),
                body=given(count=count, before=before),
            )
        )

    def list_contacts(
        self,
        account: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        query: str | None = None,
    ) -> shapes.ContactPage:
        """Contacts."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/contacts", account=account),
                query={"cursor": cursor, "limit": limit, "query": query},
            )
        )

    def each_contacts(
        self, account: str, *, limit: int | None = None, query: str | None = None
    ) -> Iterator[shapes.Contact]:
        """Contacts: page after page."""
        return self._each(
            lambda cursor: self.list_contacts(account, limit=limit, query=query, cursor=cursor)
        )

    def get_contact(self, account: str, jid: str) -> shapes.Contact:
        """One contact."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/contacts/{jid}", account=account, jid=jid),
            )
        )

    def list_groups(
        self,
        account: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        query: str | None = None,
    ) -> shapes.GroupPage:
        """Groups, without their participants."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/groups", account=account),
                query={"cursor": cursor, "limit": limit, "query": query},
            )
        )

    def each_groups(
        self, account: str, *, limit: int | None = None, query: str | None = None
    ) -> Iterator[shapes.GroupSummary]:
        """Groups, without their participants: page after page."""
        return self._each(
            lambda cursor: self.list_groups(account, limit=limit, query=query, cursor=cursor)
        )

    def get_group(self, account: str, chat: str) -> shapes.Group:
        """One group and who is in it."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/groups/{chat}", account=account, chat=chat),
            )
        )

    def list_newsletters(
        self, account: str, *, cursor: str | None = None, limit: int | None = None
    ) -> shapes.NewsletterPage:
        """Newsletters."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/newsletters", account=account),
                query={"cursor": cursor, "limit": limit},
            )
        )

    def each_newsletters(
        self, account: str, *, limit: int | None = None
    ) -> Iterator[shapes.Newsletter]:
        """Newsletters: page after page."""
        return self._each(lambda cursor: self.list_newsletters(account, limit=limit, cursor=cursor))

    def get_newsletter(self, account: str, chat: str) -> shapes.Newsletter:
        """One newsletter."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}", account=account, chat=chat
                ),
            )
        )

    def get_post(self, account: str, chat: str, message_id: str) -> shapes.Post:
        """How a post of a newsletter fares."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/newsletters/{chat}/posts/{message_id}",
                    account=account,
                    chat=chat,
                    message_id=message_id,
                ),
            )
        )

    def clear_chat(
        self,
        account: str,
        chat: str,
        *,
        keep_starred: bool | None = None,
        delete_media: bool | None = None,
    ) -> None:
        """Delete a chat's messages so far for us."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/chats/{chat}/clear", account=account, chat=chat
                ),
                body=given(keep_starred=keep_starred, delete_media=delete_media),
            )
        )

    def show_activity(
        self, account: str, chat: str, *, state: shapes.ActivityWord
    ) -> shapes.Activity:
        """Show a chat that we type or record."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/chats/{chat}/presence", account=account, chat=chat
                ),
                body=given(state=state),
            )
        )

    def export_chat(
        self,
        account: str,
        chat: str,
        *,
        format: shapes.ExportFormat | None = None,
        from_: str | datetime | None = None,
        to: str | datetime | None = None,
        media: Literal["link", "inline"] | None = None,
    ) -> AbstractContextManager[Download]:
        """A whole chat, the oldest message first."""
        return self._download(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/chats/{chat}/export", account=account, chat=chat
                ),
                query={"format": format, "from": from_, "to": to, "media": media},
            )
        )
