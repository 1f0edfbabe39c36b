"""`/v1/webhooks`: receivers that events are posted to, and what did not reach them."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from wigwag.core.views import View, time_view
from wigwag.http.answers import documented, page_response, view_response
from wigwag.http.callers import needs
from wigwag.http.models.webhooks import (
    CreatedWebhook,
    DeliveryPage,
    NewWebhook,
    Replay,
    Told,
    WebhookChange,
    WebhookModel,
    WebhookPage,
)
from wigwag.http.services import Services
from wigwag.model.instant import time_of
from wigwag.model.key import Scope
from wigwag.model.webhook import DeliveryRecord, DeliveryState, WebhookRecord, next_step


def webhook_view(webhook: WebhookRecord) -> View:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "accounts": webhook.accounts.split(),
        "chats": webhook.chats.split(),
        "types": webhook.types.split(),
        "enabled": bool(webhook.enabled),
        "reason": webhook.reason or None,
        "last_seq": webhook.cursor,
        "replaying": webhook.replay_next > 0,
        "created_at": time_view(time_of(webhook.created_ms)),
    }


def delivery_view(delivery: DeliveryRecord) -> View:
    is_pending = delivery.state == DeliveryState.PENDING and delivery.next_ms > 0
    return {
        "id": delivery.event_id,
        "seq": delivery.seq,
        "type": delivery.type,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_attempt_at": time_view(time_of(delivery.next_ms)) if is_pending else None,
        "status": delivery.status or None,
        "error": delivery.error or None,
        "detail": next_step(delivery.status, delivery.error) or None,
        "created_at": time_view(time_of(delivery.created_ms)),
    }


def _check_accounts(services: Services, accounts: list[str] | None) -> None:
    for account in accounts or ():
        services.accounts.get(account)


def webhooks_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], dependencies=[needs(Scope.ADMIN)])
    webhooks = services.webhooks

    @router.get("", summary="All webhooks", responses=documented(WebhookPage))
    async def list_webhooks() -> Response:
        return page_response([webhook_view(webhook) for webhook in await webhooks.list()], "")

    @router.post(
        "", summary="Name a receiver", status_code=201, responses=documented(CreatedWebhook, 201)
    )
    async def create_webhook(asked: NewWebhook) -> Response:
        _check_accounts(services, asked.accounts)
        webhook = await webhooks.create(
            asked.url,
            accounts=asked.accounts,
            chats=await services.library.resolve_all(asked.accounts, asked.chats),
            types=asked.types,
        )
        return view_response({**webhook_view(webhook), "secret": webhook.secret}, 201)

    @router.get("/{webhook_id}", summary="One webhook", responses=documented(WebhookModel))
    async def get_webhook(webhook_id: str) -> Response:
        return view_response(webhook_view(await webhooks.get(webhook_id)))

    @router.patch("/{webhook_id}", summary="Change a webhook", responses=documented(WebhookModel))
    async def change_webhook(webhook_id: str, asked: WebhookChange) -> Response:
        _check_accounts(services, asked.accounts)
        chats = None
        if asked.chats is not None:
            chats = await services.library.resolve_all(asked.accounts or (), asked.chats)
        changed = await webhooks.change(
            webhook_id,
            url=asked.url,
            accounts=asked.accounts,
            chats=chats,
            types=asked.types,
            enabled=asked.enabled,
        )
        return view_response(webhook_view(changed))

    @router.delete("/{webhook_id}", summary="Delete a webhook", status_code=204)
    async def delete_webhook(webhook_id: str) -> Response:
        await webhooks.delete(webhook_id)
        return Response(status_code=204)

    @router.post(
        "/{webhook_id}/rotate",
        summary="Another secret; the old one stays valid for a day",
        responses=documented(CreatedWebhook),
    )
    async def rotate_webhook_secret(webhook_id: str) -> Response:
        webhook = await webhooks.rotate(webhook_id)
        return view_response({**webhook_view(webhook), "secret": webhook.secret})

    @router.post(
        "/{webhook_id}/test",
        summary="Deliver an event of the type webhook.test",
        status_code=202,
        responses=documented(Told, 202),
    )
    async def test_webhook(webhook_id: str) -> Response:
        return view_response({"id": await webhooks.test(webhook_id)}, 202)

    @router.post(
        "/{webhook_id}/replay",
        summary="Tell a range of events once more",
        status_code=202,
        responses=documented(WebhookModel, 202),
    )
    async def replay_webhook(webhook_id: str, asked: Replay) -> Response:
        webhook = await webhooks.replay(webhook_id, asked.from_seq, asked.to_seq)
        return view_response(webhook_view(webhook), 202)

    @router.get(
        "/{webhook_id}/deliveries",
        summary="What is not delivered (yet), the newest first",
        responses=documented(DeliveryPage),
    )
    async def list_deliveries(
        webhook_id: str,
        state: Annotated[DeliveryState | None, Query()] = None,
        cursor: Annotated[str, Query(max_length=256)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Response:
        page = await webhooks.list_deliveries(webhook_id, state, cursor, limit)
        return page_response([delivery_view(item) for item in page.items], page.next_cursor)

    @router.post(
        "/{webhook_id}/deliveries/{event_id}/redeliver",
        summary="Try a delivery again, now",
        status_code=202,
        responses=documented(Told, 202),
    )
    async def redeliver(webhook_id: str, event_id: str) -> Response:
        await webhooks.redeliver(webhook_id, event_id)
        return view_response({"id": event_id}, 202)

    return router
