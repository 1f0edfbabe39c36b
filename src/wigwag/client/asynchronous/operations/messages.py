# Made by tools/generate_client.py; do not edit it.
"""What can be asked of messages."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from wigwag.client import shapes
from wigwag.client.asynchronous.asking import AsyncAsker, AsyncDownload
from wigwag.client.calls import Call, given, new_key, path_of


class AsyncMessagesOperations(AsyncAsker):
    """Each is a method of the name that OpenAPI calls its operation."""

    async def list_messages(
        self,
        account: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        q: str | None = None,
        sender: str | None = None,
        kind: list[shapes.RowKind] | None = None,
        from_: str | datetime | None = None,
        to: str | datetime | None = None,
        has_media: bool | None = None,
        from_me: bool | None = None,
        starred: bool | None = None,
        label: str | None = None,
        chat: str | None = None,
    ) -> shapes.MessagePage:
        """Messages, the newest first."""
        return await self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/messages", account=account),
                query={
                    "cursor": cursor,
                    "limit": limit,
                    "q": q,
                    "sender": sender,
                    "kind": kind,
                    "from": from_,
                    "to": to,
                    "has_media": has_media,
                    "from_me": from_me,
                    "starred": starred,
                    "label": label,
                    "chat": chat,
                },
            )
        )

    def each_messages(
        self,
        account: str,
        *,
        limit: int | None = None,
        q: str | None = None,
        sender: str | None = None,
        kind: list[shapes.RowKind] | None = None,
        from_: str | datetime | None = None,
        to: str | datetime | None = None,
        has_media: bool | None = None,
        from_me: bool | None = None,
        starred: bool | None = None,
        label: str | None = None,
        chat: str | None = None,
    ) -> AsyncIterator[shapes.Message]:
        """Messages, the newest first: page after page."""
        return self._each(
            lambda cursor: self.list_messages(
                account,
                limit=limit,
                q=q,
                sender=sender,
                kind=kind,
                from_=from_,
                to=to,
                has_media=has_media,
                from_me=from_me,
                starred=starred,
                label=label,
                chat=chat,
                cursor=cursor,
            )
        )

    async def send_message(
        self,
        account: str,
        message: shapes.TextMessage
        | shapes.PictureMessage
        | shapes.SoundMessage
        | shapes.StickerMessage
        | shapes.DocumentMessage
        | shapes.LocationMessage
        | shapes.ContactMessage
        | shapes.PollMessage,
        *,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """Send a message."""
        return await self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/messages", account=account),
                body=message,
                idempotency_key=idempotency_key or new_key(),
            )
        )

    async def list_chat_messages(
        self,
        account: str,
        chat: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        q: str | None = None,
        sender: str | None = None,
        kind: list[shapes.RowKind] | None = None,
        from_: str | datetime | None = None,
        to: str | datetime | None = None,
        has_media: bool | None = None,
        from_me: bool | None = None,
        starred: bool | None = None,
        label: str | None = None,
    ) -> shapes.MessagePage:
        """Messages of a chat, the newest first."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/chats/{chat}/messages", account=account, chat=chat
                ),
                query={
                    "cursor": cursor,
                    "limit": limit,
                    "q": q,
                    "sender": sender,
                    "kind": kind,
                    "from": from_,
                    "to": to,
                    "has_media": has_media,
                    "from_me": from_me,
                    "starred": starred,
                    "label": label,
                },
            )
        )

    def each_chat_messages(
        self,
        account: str,
        chat: str,
        *,
        limit: int | None = None,
        q: str | None = None,
        sender: str | None = None,
        kind: list[shapes.RowKind] | None = None,
        from_: str | datetime | None = None,
        to: str | datetime | None = None,
        has_media: bool | None = None,
        from_me: bool | None = None,
        starred: bool | None = None,
        label: str | None = None,
    ) -> AsyncIterator[shapes.Message]:
        """Messages of a chat, the newest first: page after page."""
        return self._each(
            lambda cursor: self.list_chat_messages(
                account,
                chat,
                limit=limit,
                q=q,
                sender=sender,
                kind=kind,
                from_=from_,
                to=to,
                has_media=has_media,
                from_me=from_me,
                starred=starred,
                label=label,
                cursor=cursor,
            )
        )

    async def get_message(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Message:
        """One message."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    async def list_message_edits(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.VersionPage:
        """What a message said before and after its edits."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/edits",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    async def list_message_receipts(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.ReceiptPage:
        """Who got, read or played a message."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/receipts",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    async def get_message_context(
        self,
        account: str,
        message_id: str,
        *,
        chat: str | None = None,
        sender: str | None = None,
        before: int | None = None,
        after: int | None = None,
    ) -> shapes.Context:
        """A message among its neighbours in the chat."""
        return await self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/context",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender, "before": before, "after": after},
            )
        )

    def get_message_media(
        self,
        account: str,
        message_id: str,
        *,
        chat: str | None = None,
        sender: str | None = None,
        first_byte: int | None = None,
    ) -> AbstractAsyncContextManager[AsyncDownload]:
        """The file of a message, fetched now if it is not here yet."""
        return self._download(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/media",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
                first_byte=first_byte,
            )
        )

    def get_thumbnail(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> AbstractAsyncContextManager[AsyncDownload]:
        """The small picture that came with a message."""
        return self._download(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/thumbnail",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    async def forward_message(
        self,
        account: str,
        message_id: str,
        *,
        to: str,
        wait_s: float | None = None,
        chat: str | None = None,
        sender: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """Send a message on to another chat. The key has to reach both chats."""
        return await self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/forward",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
                body=given(to=to, wait_s=wait_s),
                idempotency_key=idempotency_key or new_key(),
            )
        )
