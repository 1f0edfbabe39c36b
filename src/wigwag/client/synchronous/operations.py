# Made by tools/generate_client.py; do not edit it.
"""Every operation of the interface."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal

from wigwag.client import shapes
from wigwag.client.calls import Call, SyncContent, given, new_key, path_of
from wigwag.client.synchronous.asking import Asker, Download


class Operations(Asker):
    """What can be asked, each as a method of the name that OpenAPI calls its operation."""

    def list_accounts(self) -> shapes.AccountPage:
        """All accounts."""
        return self._json(
            Call(
                method="GET",
                path="/v1/accounts",
            )
        )

    def create_account(self, *, account: str) -> shapes.Account:
        """Make an account, which begins to pair."""
        return self._json(
            Call(
                method="POST",
                path="/v1/accounts",
                body=given(account=account),
            )
        )

    def get_account(self, account: str) -> shapes.Account:
        """One account."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}", account=account),
            )
        )

    def delete_account(self, account: str) -> None:
        """Unlink an account and serve it no more."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of("/v1/accounts/{account}", account=account),
            )
        )

    def pair_account(self, account: str) -> shapes.Account:
        """Begin to pair, or show the current code again."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/pair", account=account),
            )
        )

    def make_pairing_code(self, account: str, *, phone: str) -> shapes.PairingCode:
        """A code to type on the phone."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/pair-code", account=account),
                body=given(phone=phone),
            )
        )

    def logout_account(self, account: str) -> shapes.Account:
        """Unlink from the phone; what is archived stays."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/logout", account=account),
            )
        )

    def restart_account(self, account: str) -> shapes.Account:
        """Connect anew, out of every state."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/restart", account=account),
            )
        )

    def get_qr(self, account: str, kind: str) -> AbstractContextManager[Download]:
        """The QR code to scan."""
        return self._download(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/qr.{kind}", account=account, kind=kind),
            )
        )

    def list_keys(self) -> shapes.KeyPage:
        """All keys, without their secrets."""
        return self._json(
            Call(
                method="GET",
                path="/v1/keys",
            )
        )

    def create_key(
        self,
        *,
        name: str,
        scopes: list[shapes.Scope],
        accounts: list[str] | None = None,
        chats: list[str] | None = None,
        expires_at: str | datetime | None = None,
    ) -> shapes.CreatedKey:
        """Make a key."""
        return self._json(
            Call(
                method="POST",
                path="/v1/keys",
                body=given(
                    name=name, scopes=scopes, accounts=accounts, chats=chats, expires_at=expires_at
                ),
            )
        )

    def get_key(self, key_id: str) -> shapes.Key:
        """One key, without its secret."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/keys/{key_id}", key_id=key_id),
            )
        )

    def delete_key(self, key_id: str) -> None:
        """Take a key back."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of("/v1/keys/{key_id}", key_id=key_id),
            )
        )

    def list_messages(
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
        return self._json(
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
    ) -> Iterator[shapes.Message]:
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

    def send_message(
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
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/messages", account=account),
                body=message,
                idempotency_key=idempotency_key or new_key(),
            )
        )

    def list_chat_messages(
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
        return self._json(
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
    ) -> Iterator[shapes.Message]:
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

    def get_message(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Message:
        """One message."""
        return self._json(
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

    def edit_message(
        self,
        account: str,
        message_id: str,
        *,
        text: str,
        wait_s: float | None = None,
        chat: str | None = None,
        sender: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """Edit an own message."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
                body=given(text=text, wait_s=wait_s),
                idempotency_key=idempotency_key or new_key(),
            )
        )

    def delete_message(
        self,
        account: str,
        message_id: str,
        *,
        chat: str | None = None,
        sender: str | None = None,
        for_: Literal["everyone", "me"] | None = None,
        wait_s: float | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Message | shapes.Sent:
        """Delete a message, for everyone or for us alone."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender, "for": for_, "wait_s": wait_s},
                idempotency_key=idempotency_key or new_key(),
            )
        )

    def list_message_edits(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.VersionPage:
        """What a message said before and after its edits."""
        return self._json(
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

    def list_message_receipts(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.ReceiptPage:
        """Who got, read or played a message."""
        return self._json(
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

    def get_message_context(
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
        return self._json(
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
    ) -> AbstractContextManager[Download]:
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

    def list_events(
        self,
        *,
        account: str | None = None,
        types: str | None = None,
        chat: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        wait_s: float | None = None,
    ) -> shapes.EventPage:
        """Events after a cursor."""
        return self._json(
            Call(
                method="GET",
                path="/v1/events",
                query={
                    "account": account,
                    "types": types,
                    "chat": chat,
                    "after": after,
                    "limit": limit,
                    "wait_s": wait_s,
                },
            )
        )

    def list_scheduled(
        self,
        account: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        chat: str | None = None,
    ) -> shapes.ScheduledPage:
        """Messages that wait for their time."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/scheduled", account=account),
                query={"cursor": cursor, "limit": limit, "chat": chat},
            )
        )

    def each_scheduled(
        self, account: str, *, limit: int | None = None, chat: str | None = None
    ) -> Iterator[shapes.Scheduled]:
        """Messages that wait for their time: page after page."""
        return self._each(
            lambda cursor: self.list_scheduled(account, limit=limit, chat=chat, cursor=cursor)
        )

    def get_scheduled(self, account: str, message_id: str) -> shapes.Scheduled:
        """One message that waits for its time."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/scheduled/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
            )
        )

    def move_scheduled(
        self, account: str, message_id: str, *, send_at: str | datetime
    ) -> shapes.Scheduled:
        """Give it another time."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of(
                    "/v1/accounts/{account}/scheduled/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
                body=given(send_at=send_at),
            )
        )

    def cancel_scheduled(self, account: str, message_id: str) -> None:
        """Do not send it."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/scheduled/{message_id}",
                    account=account,
                    message_id=message_id,
                ),
            )
        )

    def react_to_message(
        self,
        account: str,
        message_id: str,
        *,
        emoji: str,
        wait_s: float | None = None,
        chat: str | None = None,
        sender: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """React to a message."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/reactions",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
                body=given(emoji=emoji, wait_s=wait_s),
                idempotency_key=idempotency_key or new_key(),
            )
        )

    def forward_message(
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
        return self._json(
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

    def mark_as_read(self, account: str, *, chat: str, ids: list[str] | None = None) -> shapes.Read:
        """Mark messages as read, and tell their senders."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/messages/read", account=account),
                body=given(chat=chat, ids=ids),
            )
        )

    def star_message(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Message:
        """Star a message."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/star",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    def unstar_message(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Message:
        """Take the star off a message."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/star",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    def mark_as_played(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Played:
        """Tell that a voice note was played."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/played",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    def retry_media(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Retried:
        """Fetch the file of a message again."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/media/retry",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

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

    def create_group(
        self,
        account: str,
        *,
        subject: str,
        participants: list[str] | None = None,
        announce: bool | None = None,
        locked: bool | None = None,
        approval: bool | None = None,
        admin_add: bool | None = None,
        ephemeral_seconds: int | None = None,
        community: bool | None = None,
        parent: str | None = None,
    ) -> shapes.Made:
        """Make a group or a community."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/groups", account=account),
                body=given(
                    subject=subject,
                    participants=participants,
                    announce=announce,
                    locked=locked,
                    approval=approval,
                    admin_add=admin_add,
                    ephemeral_seconds=ephemeral_seconds,
                    community=community,
                    parent=parent,
                ),
            )
        )

    def get_group(self, account: str, chat: str) -> shapes.Group:
        """One group and who is in it."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/groups/{chat}", account=account, chat=chat),
            )
        )

    def change_group(
        self,
        account: str,
        chat: str,
        *,
        subject: str | None = None,
        description: str | None = None,
        announce: bool | None = None,
        locked: bool | None = None,
        approval: bool | None = None,
        admin_add: bool | None = None,
        ephemeral_seconds: int | None = None,
    ) -> shapes.Group:
        """Change the subject, the description or the settings of a group."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/accounts/{account}/groups/{chat}", account=account, chat=chat),
                body=given(
                    subject=subject,
                    description=description,
                    announce=announce,
                    locked=locked,
                    approval=approval,
                    admin_add=admin_add,
                    ephemeral_seconds=ephemeral_seconds,
                ),
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

    def create_newsletter(
        self,
        account: str,
        *,
        name: str,
        description: str | None = None,
        media_id: str | None = None,
        accept_terms: bool | None = None,
    ) -> shapes.Newsletter:
        """Make a newsletter."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/newsletters", account=account),
                body=given(
                    name=name, description=description, media_id=media_id, accept_terms=accept_terms
                ),
            )
        )

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

    def list_votes(
        self, account: str, message_id: str, *, chat: str | None = None, sender: str | None = None
    ) -> shapes.Tally:
        """Who voted for what in a poll."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/votes",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
            )
        )

    def vote(
        self,
        account: str,
        message_id: str,
        *,
        options: list[str],
        wait_s: float | None = None,
        chat: str | None = None,
        sender: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Sent:
        """Vote in a poll, or take our vote back."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/messages/{message_id}/votes",
                    account=account,
                    message_id=message_id,
                ),
                query={"chat": chat, "sender": sender},
                body=given(options=options, wait_s=wait_s),
                idempotency_key=idempotency_key or new_key(),
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

    def preview_group(self, account: str, *, link: str) -> shapes.Group:
        """The group that a link leads to, without joining it."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/groups/preview", account=account),
                body=given(link=link),
            )
        )

    def join_group(self, account: str, *, link: str) -> shapes.Joined:
        """Join a group by its link."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/groups/join", account=account),
                body=given(link=link),
            )
        )

    def leave_group(self, account: str, chat: str) -> shapes.Left:
        """Leave a group."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/leave", account=account, chat=chat
                ),
            )
        )

    def set_group_picture(self, account: str, chat: str, *, media_id: str) -> shapes.Picture:
        """Set the picture of a group."""
        return self._json(
            Call(
                method="PUT",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/picture", account=account, chat=chat
                ),
                body=given(media_id=media_id),
            )
        )

    def remove_group_picture(self, account: str, chat: str) -> shapes.Picture:
        """Remove the picture of a group."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/picture", account=account, chat=chat
                ),
            )
        )

    def change_participants(
        self, account: str, chat: str, change: str, *, people: list[str]
    ) -> shapes.Outcomes:
        """Add, remove, promote or demote people; one outcome for each."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/participants/{change}",
                    account=account,
                    chat=chat,
                    change=change,
                ),
                body=given(people=people),
            )
        )

    def approve_requests(self, account: str, chat: str, *, people: list[str]) -> shapes.Outcomes:
        """Let people in who asked for it."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/requests/approve",
                    account=account,
                    chat=chat,
                ),
                body=given(people=people),
            )
        )

    def reject_requests(self, account: str, chat: str, *, people: list[str]) -> shapes.Outcomes:
        """Do not let people in who asked for it."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/requests/reject",
                    account=account,
                    chat=chat,
                ),
                body=given(people=people),
            )
        )

    def get_invite_link(self, account: str, chat: str) -> shapes.InviteLink:
        """The link that leads into a group."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/invite", account=account, chat=chat
                ),
            )
        )

    def reset_invite_link(self, account: str, chat: str) -> shapes.InviteLink:
        """Make a new link into a group, and void the former one."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/invite/reset", account=account, chat=chat
                ),
            )
        )

    def list_join_requests(self, account: str, chat: str) -> shapes.WaitingPage:
        """Who asks to be let into a group."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/groups/{chat}/requests", account=account, chat=chat
                ),
            )
        )

    def list_community_groups(self, account: str, chat: str) -> shapes.LinkedGroupPage:
        """The groups of a community."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/communities/{chat}/groups", account=account, chat=chat
                ),
            )
        )

    def list_community_participants(self, account: str, chat: str) -> shapes.CommunityMemberPage:
        """Everybody in any group of a community."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/communities/{chat}/participants",
                    account=account,
                    chat=chat,
                ),
            )
        )

    def link_group(self, account: str, chat: str, group: str) -> shapes.Link:
        """Take a group into a community."""
        return self._json(
            Call(
                method="PUT",
                path=path_of(
                    "/v1/accounts/{account}/communities/{chat}/groups/{group}",
                    account=account,
                    chat=chat,
                    group=group,
                ),
            )
        )

    def unlink_group(self, account: str, chat: str, group: str) -> shapes.Link:
        """Take a group out of a community."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of(
                    "/v1/accounts/{account}/communities/{chat}/groups/{group}",
                    account=account,
                    chat=chat,
                    group=group,
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

    def check_contacts(self, account: str, *, phones: list[str]) -> shapes.CheckedPage:
        """Which numbers are on WhatsApp."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/contacts/check", account=account),
                body=given(phones=phones),
            )
        )

    def block_contact(self, account: str, jid: str) -> shapes.Blocked:
        """Shut a person out."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/block", account=account, jid=jid
                ),
            )
        )

    def unblock_contact(self, account: str, jid: str) -> shapes.Blocked:
        """Let a person in again."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/unblock", account=account, jid=jid
                ),
            )
        )

    def subscribe_contact(self, account: str, jid: str) -> shapes.Followed:
        """Be told when a person comes and goes (presence.updated)."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/subscribe", account=account, jid=jid
                ),
            )
        )

    def get_contact_picture(
        self, account: str, jid: str, *, preview: bool | None = None
    ) -> shapes.ContactPicture:
        """Where a person's picture is."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/picture", account=account, jid=jid
                ),
                query={"preview": preview},
            )
        )

    def get_contact_about(self, account: str, jid: str) -> shapes.About:
        """What a person says of themselves."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/about", account=account, jid=jid
                ),
            )
        )

    def get_business(self, account: str, jid: str) -> shapes.Business:
        """What a business says of itself."""
        return self._json(
            Call(
                method="GET",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/business", account=account, jid=jid
                ),
            )
        )

    def list_blocklist(self, account: str) -> shapes.BlocklistPage:
        """Whom the account shuts out."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/blocklist", account=account),
            )
        )

    def get_profile(self, account: str) -> shapes.Profile:
        """How others see the account."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/profile", account=account),
            )
        )

    def change_profile(
        self,
        account: str,
        *,
        name: str | None = None,
        about: str | None = None,
        picture: str | None = None,
    ) -> shapes.Profile:
        """Another name, about or picture."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/accounts/{account}/profile", account=account),
                body=given(name=name, about=about, picture=picture),
            )
        )

    def get_privacy(self, account: str) -> shapes.Privacy:
        """Who may see and do what."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/privacy", account=account),
            )
        )

    def change_privacy(
        self,
        account: str,
        *,
        last_seen: str | None = None,
        online: str | None = None,
        profile_picture: str | None = None,
        about: str | None = None,
        read_receipts: str | None = None,
        group_add: str | None = None,
        call_add: str | None = None,
        messages: str | None = None,
        defense: str | None = None,
        stickers: str | None = None,
    ) -> shapes.Privacy:
        """Change privacy settings."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/accounts/{account}/privacy", account=account),
                body=given(
                    last_seen=last_seen,
                    online=online,
                    profile_picture=profile_picture,
                    about=about,
                    read_receipts=read_receipts,
                    group_add=group_add,
                    call_add=call_add,
                    messages=messages,
                    defense=defense,
                    stickers=stickers,
                ),
            )
        )

    def get_presence(self, account: str) -> shapes.Presence:
        """Whether the account wishes to be shown online."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/presence", account=account),
            )
        )

    def set_presence(self, account: str, *, state: shapes.PresenceWord) -> shapes.Presence:
        """Be shown online, or no longer."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/accounts/{account}/presence", account=account),
                body=given(state=state),
            )
        )

    def list_labels(self, account: str) -> shapes.LabelPage:
        """Labels."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/labels", account=account),
            )
        )

    def list_quick_replies(self, account: str) -> shapes.QuickReplyPage:
        """Quick replies."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/quick-replies", account=account),
            )
        )

    def list_settings(self, account: str) -> shapes.SettingPage:
        """Settings that the devices of the account share."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/settings", account=account),
            )
        )

    def list_history(self, account: str) -> shapes.HistoryPage:
        """How far history has come."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/accounts/{account}/history", account=account),
            )
        )

    def upload_media(self, content: SyncContent, *, filename: str | None = None) -> shapes.Upload:
        """Hand a file over, to send it by its media_id within a day."""
        return self._json(
            Call(
                method="POST",
                path="/v1/media",
                query={"filename": filename},
                content=content,
            )
        )

    def list_webhooks(self) -> shapes.WebhookPage:
        """All webhooks."""
        return self._json(
            Call(
                method="GET",
                path="/v1/webhooks",
            )
        )

    def create_webhook(
        self,
        *,
        url: str,
        accounts: list[str] | None = None,
        chats: list[str] | None = None,
        types: list[
            Literal[
                "account.state",
                "account.setting",
                "account.sync",
                "pairing.qr",
                "pairing.code",
                "pairing.passkey",
                "message.received",
                "message.sent",
                "message.status",
                "message.edited",
                "message.revoked",
                "message.reaction",
                "message.starred",
                "message.deleted",
                "message.undecryptable",
                "message.recovered",
                "poll.vote",
                "media.ready",
                "media.failed",
                "chat.updated",
                "chat.presence",
                "label.updated",
                "label.assigned",
                "quick_reply.updated",
                "contact.updated",
                "contact.blocked",
                "picture.updated",
                "contact.identity",
                "presence.updated",
                "group.joined",
                "group.updated",
                "group.participants",
                "status.received",
                "newsletter.message",
                "newsletter.joined",
                "newsletter.left",
                "newsletter.updated",
                "newsletter.counts",
                "call.offered",
                "call.ended",
                "history.progress",
            ]
        ]
        | None = None,
    ) -> shapes.CreatedWebhook:
        """Name a receiver."""
        return self._json(
            Call(
                method="POST",
                path="/v1/webhooks",
                body=given(url=url, accounts=accounts, chats=chats, types=types),
            )
        )

    def get_webhook(self, webhook_id: str) -> shapes.Webhook:
        """One webhook."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/webhooks/{webhook_id}", webhook_id=webhook_id),
            )
        )

    def change_webhook(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        accounts: list[str] | None = None,
        chats: list[str] | None = None,
        types: list[
            Literal[
                "account.state",
                "account.setting",
                "account.sync",
                "pairing.qr",
                "pairing.code",
                "pairing.passkey",
                "message.received",
                "message.sent",
                "message.status",
                "message.edited",
                "message.revoked",
                "message.reaction",
                "message.starred",
                "message.deleted",
                "message.undecryptable",
                "message.recovered",
                "poll.vote",
                "media.ready",
                "media.failed",
                "chat.updated",
                "chat.presence",
                "label.updated",
                "label.assigned",
                "quick_reply.updated",
                "contact.updated",
                "contact.blocked",
                "picture.updated",
                "contact.identity",
                "presence.updated",
                "group.joined",
                "group.updated",
                "group.participants",
                "status.received",
                "newsletter.message",
                "newsletter.joined",
                "newsletter.left",
                "newsletter.updated",
                "newsletter.counts",
                "call.offered",
                "call.ended",
                "history.progress",
            ]
        ]
        | None = None,
        enabled: bool | None = None,
    ) -> shapes.Webhook:
        """Change a webhook."""
        return self._json(
            Call(
                method="PATCH",
                path=path_of("/v1/webhooks/{webhook_id}", webhook_id=webhook_id),
                body=given(url=url, accounts=accounts, chats=chats, types=types, enabled=enabled),
            )
        )

    def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook."""
        return self._json(
            Call(
                method="DELETE",
                path=path_of("/v1/webhooks/{webhook_id}", webhook_id=webhook_id),
            )
        )

    def rotate_webhook_secret(self, webhook_id: str) -> shapes.CreatedWebhook:
        """Another secret; the old one stays valid for a day."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/webhooks/{webhook_id}/rotate", webhook_id=webhook_id),
            )
        )

    def test_webhook(self, webhook_id: str) -> shapes.Told:
        """Deliver an event of the type webhook.test."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/webhooks/{webhook_id}/test", webhook_id=webhook_id),
            )
        )

    def replay_webhook(self, webhook_id: str, *, from_seq: int, to_seq: int) -> shapes.Webhook:
        """Tell a range of events once more."""
        return self._json(
            Call(
                method="POST",
                path=path_of("/v1/webhooks/{webhook_id}/replay", webhook_id=webhook_id),
                body=given(from_seq=from_seq, to_seq=to_seq),
            )
        )

    def list_deliveries(
        self,
        webhook_id: str,
        *,
        state: shapes.DeliveryState | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> shapes.DeliveryPage:
        """What is not delivered (yet), the newest first."""
        return self._json(
            Call(
                method="GET",
                path=path_of("/v1/webhooks/{webhook_id}/deliveries", webhook_id=webhook_id),
                query={"state": state, "cursor": cursor, "limit": limit},
            )
        )

    def each_deliveries(
        self,
        webhook_id: str,
        *,
        state: shapes.DeliveryState | None = None,
        limit: int | None = None,
    ) -> Iterator[shapes.Delivery]:
        """What is not delivered (yet), the newest first: page after page."""
        return self._each(
            lambda cursor: self.list_deliveries(webhook_id, state=state, limit=limit, cursor=cursor)
        )

    def redeliver(self, webhook_id: str, event_id: str) -> shapes.Told:
        """Try a delivery again, now."""
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/webhooks/{webhook_id}/deliveries/{event_id}/redeliver",
                    webhook_id=webhook_id,
                    event_id=event_id,
                ),
            )
        )

    def get_liveness(self) -> shapes.Live:
        """Is the process alive?."""
        return self._json(
            Call(
                method="GET",
                path="/health/live",
            )
        )

    def get_readiness(self) -> shapes.Readiness:
        """Do messages flow?."""
        return self._json(
            Call(
                method="GET",
                path="/health/ready",
            )
        )

    def erase_contact(self, account: str, jid: str) -> shapes.Erased:
        """Erase a person. Messages from and to them, names, reactions, votes, receipts,
        files that no other message has, and what the event log and deliveries to webhooks
        say of them. It cannot be undone.
        """
        return self._json(
            Call(
                method="POST",
                path=path_of(
                    "/v1/accounts/{account}/contacts/{jid}/erase", account=account, jid=jid
                ),
            )
        )

    def get_metrics(self) -> str:
        """Queues, lags, drops and durations, for Prometheus."""
        return self._text(
            Call(
                method="GET",
                path="/metrics",
            )
        )
