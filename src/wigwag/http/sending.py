"""`POST /v1/accounts/{account}/messages`: one way to send every kind of message."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from wigwag.core.cards import phone_card
from wigwag.core.drafts import Draft
from wigwag.core.library import Library
from wigwag.core.quoting import find_quoted, mentioned
from wigwag.core.sending import Idempotency, Submitted
from wigwag.http.callers import check_address, needs
from wigwag.http.models.sending import (
    Card,
    ContactMessage,
    DocumentMessage,
    LocationMessage,
    OutgoingMessage,
    PictureMessage,
    PollMessage,
    SoundMessage,
    StickerMessage,
    TextMessage,
)
from wigwag.http.outcomes import SENT, IdempotencyKey, idempotency_of, submitted_response
from wigwag.http.services import Services
from wigwag.model.content import ContactCard, Contacts, Context, Location, MediaKind, Poll
from wigwag.model.key import ApiKey, Scope
from wigwag.model.media import Upload

File = PictureMessage | SoundMessage | StickerMessage | DocumentMessage


def draft_of(message: OutgoingMessage, context: Context, upload: Upload | None = None) -> Draft:
    """The draft that a body asks for; `upload` is the file that it names by `media_id` or `url`."""
    match message:
        case TextMessage():
            return Draft(text=message.text, context=context)
        case LocationMessage():
            place = Location(
                latitude=message.latitude,
                longitude=message.longitude,
                name=message.name,
                address=message.address,
                context=context,
            )
            return Draft(content=place)
        case ContactMessage():
            cards = tuple(_card(card) for card in message.contacts)
            return Draft(content=Contacts(cards=cards, context=context))
        case PollMessage():
            poll = Poll(
                question=message.question,
                options=tuple(message.options),
                selectable=message.selectable,
                context=context,
            )
            return Draft(content=poll)
        case _:
            return _file_draft(message, context, upload)


def _file_draft(message: File, context: Context, upload: Upload | None) -> Draft:
    captioned = isinstance(message, PictureMessage | DocumentMessage)
    return Draft(
        text=message.caption if captioned else "",
        media_path=message.media.path or "",
        upload=upload,
        kind=MediaKind(message.type),
        filename=message.filename if isinstance(message, DocumentMessage) else "",
        context=context,
    )


def _card(card: Card) -> ContactCard:
    if card.vcard is not None:
        return ContactCard(name=card.name, vcard=card.vcard)
    return phone_card(card.name, card.phone or "")


async def submit(
    services: Services,
    account: str,
    message: OutgoingMessage,
    key: ApiKey,
    idempotency: Idempotency | None,
) -> Submitted:
    """Send what a body describes, within what the key reaches; raises as `Sending.submit`."""
    services.accounts.get(account)
    await check_address(services.library, key, account, message.to)
    if idempotency is not None and isinstance(message, File) and message.media.url is not None:
        earlier = await services.sending.find_earlier(account, idempotency, message.wait_s)
        if earlier is not None:
            return earlier
    context = await _context_of(services.library, account, key, message)
    async with _upload_of(services, key, message) as upload:
        return await services.sending.submit(
            account,
            message.to,
            draft_of(message, context, upload),
            wait_s=message.wait_s,
            idempotency=idempotency,
            send_at=message.send_at,
        )


async def _context_of(
    library: Library, account: str, key: ApiKey, message: OutgoingMessage
) -> Context:
    quoted = None
    if message.reply_to is not None:
        chat = message.reply_to_chat or message.to
        await check_address(library, key, account, chat)
        quoted = await find_quoted(
            library,
            account,
            message.reply_to,
            to=message.to,
            chat=chat,
            sender=message.reply_to_sender or "",
        )
    return Context(
        quoted=quoted,
        mentions=mentioned(message.mentions),
        ephemeral_s=message.ephemeral_seconds,
    )


@asynccontextmanager
async def _upload_of(
    services: Services, key: ApiKey, message: OutgoingMessage
) -> AsyncGenerator[Upload | None]:
    media = message.media if isinstance(message, File) else None
    if media is not None and media.url is not None:
        async with services.fetching.fetch(key.id, media.url) as upload:
            yield upload
    elif media is not None and media.media_id is not None:
        yield await services.uploads.find(key.id, media.media_id)
    else:
        yield None


def sending_router(services: Services) -> APIRouter:
    router = APIRouter(prefix="/v1/accounts/{account}/messages", tags=["messages"])

    @router.post(
        "",
        summary="Send a message",
        status_code=201,
        response_class=Response,
        responses=SENT,
    )
    async def send_message(
        account: str,
        message: OutgoingMessage,
        request: Request,
        key: Annotated[ApiKey, needs(Scope.SEND)],
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        idempotency = idempotency_of(key, idempotency_key, "messages", message)
        return submitted_response(
            request, account, await submit(services, account, message, key, idempotency)
        )

    return router
