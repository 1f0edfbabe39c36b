# Made by tools/generate_client.py; do not edit it.
"""What can be asked of webhooks."""

from collections.abc import Iterator
from typing import Literal

from wigwag.client import shapes
from wigwag.client.calls import Call, given, path_of
from wigwag.client.synchronous.asking import Asker


class WebhooksOperations(Asker):
    """Each is a method of the name that OpenAPI calls its operation."""

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
                "message.pinned",
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
                "message.pinned",
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
