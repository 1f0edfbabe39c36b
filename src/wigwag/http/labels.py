"""Labels are made and changed, and put on chats and messages."""

from fastapi import APIRouter
from starlette.responses import Response

from wigwag.core.views import chat_view, label_view
from wigwag.http.answers import documented, view_response
from wigwag.http.callers import SENDS, Sender, check_address, check_unlimited
from wigwag.http.changes import Which, find_message
from wigwag.http.models.chats import ChatShape, LabelShape
from wigwag.http.models.labels import LabelBody, LabelChangeBody
from wigwag.http.services import Services


def labels_router(services: Services) -> APIRouter:
    """A label belongs to the whole account; whether it is on a chat belongs to the chat."""
    router = APIRouter(
        prefix="/v1/accounts/{account}",
        tags=["labels"],
        dependencies=[SENDS],
    )
    labels = services.labels

    @router.post(
        "/labels", summary="Make a label", status_code=201, responses=documented(LabelShape, 201)
    )
    async def make_label(account: str, body: LabelBody, key: Sender) -> Response:
        check_unlimited(key)
        return view_response(label_view(await labels.make(account, body.name, body.color)), 201)

    @router.patch(
        "/labels/{label}",
        summary="Give a label another name or colour",
        responses=documented(LabelShape),
    )
    async def change_label(
        account: str, label: str, body: LabelChangeBody, key: Sender
    ) -> Response:
        check_unlimited(key)
        changed = await labels.change(account, label, name=body.name, color=body.color)
        return view_response(label_view(changed))

    @router.delete("/labels/{label}", summary="Delete a label", status_code=204)
    async def delete_label(account: str, label: str, key: Sender) -> Response:
        check_unlimited(key)
        await labels.delete(account, label)
        return Response(status_code=204)

    _add_chats(router, services)
    _add_messages(router, services)
    return router


def _add_chats(router: APIRouter, services: Services) -> None:
    async def labelled(
        account: str, chat: str, label: str, key: Sender, *, labelled: bool
    ) -> Response:
        await check_address(services.library, key, account, chat)
        changed = await services.labels.on_chat(account, label, chat, labelled=labelled)
        return view_response(chat_view(changed))

    @router.post(
        "/chats/{chat}/labels/{label}",
        summary="Put a label on a chat",
        responses=documented(ChatShape),
    )
    async def label_chat(account: str, chat: str, label: str, key: Sender) -> Response:
        return await labelled(account, chat, label, key, labelled=True)

    @router.delete(
        "/chats/{chat}/labels/{label}",
        summary="Take a label off a chat",
        responses=documented(ChatShape),
    )
    async def unlabel_chat(account: str, chat: str, label: str, key: Sender) -> Response:
        return await labelled(account, chat, label, key, labelled=False)


def _add_messages(router: APIRouter, services: Services) -> None:
    @router.post(
        "/messages/{message_id}/labels/{label}",
        summary="Put a label on a message",
        status_code=204,
    )
    async def label_message(
        account: str, message_id: str, label: str, key: Sender, which: Which
    ) -> Response:
        message = await find_message(services, account, message_id, key, which)
        await services.labels.on_message(message, label, labelled=True)
        return Response(status_code=204)

    @router.delete(
        "/messages/{message_id}/labels/{label}",
        summary="Take a label off a message",
        status_code=204,
    )
    async def unlabel_message(
        account: str, message_id: str, label: str, key: Sender, which: Which
    ) -> Response:
        message = await find_message(services, account, message_id, key, which)
        await services.labels.on_message(message, label, labelled=False)
        return Response(status_code=204)
