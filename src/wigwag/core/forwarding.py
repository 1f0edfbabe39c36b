"""Messages sent on to another chat: what they say, and their file, marked as forwarded."""

import msgspec

from wigwag.core.changing import Asked
from wigwag.core.drafts import Draft
from wigwag.core.media import MediaFetcher
from wigwag.core.mediadownload import StoredMedia
from wigwag.core.sending import Sending, Submitted
from wigwag.model.archived import ArchivedMessage
from wigwag.model.content import Contacts, Context, Location, Media, MediaKind, Poll, Text
from wigwag.model.errors import Conflict, NotApplicable
from wigwag.model.media import Upload


class Forwarding:
    """A forwarded message is a message of its own, kept and sent like all others."""

    def __init__(self, sending: Sending, media: MediaFetcher) -> None:
        self._sending = sending
        self._media = media

    async def forward(self, message: ArchivedMessage, to: str, asked: Asked) -> Submitted:
        """Send a message on to `to`; its file is fetched first, where it is not here.

        Raises NotApplicable (a kind that cannot be forwarded, view once), Conflict (deleted), and
        what `Sending.submit` and `MediaFetcher.fetch` do.
        """
        account = message.account
        if asked.idempotency is not None:
            earlier = await self._sending.find_earlier(account, asked.idempotency, asked.wait_s)
            if earlier is not None:
                return earlier
        check_forwardable(message)
        file = None
        if isinstance(message.content, Media):
            file = await self._media.fetch(
                account, message.chat_jid, message.id, sender=message.sender.jid
            )
        return await self._sending.submit(
            account,
            to,
            forwarded_draft(message, file),
            wait_s=asked.wait_s,
            idempotency=asked.idempotency,
        )


def check_forwardable(message: ArchivedMessage) -> None:
    """Raises NotApplicable, Conflict."""
    if message.revoked_at is not None or message.deleted_at is not None:
        raise Conflict("This message was deleted.")
    content = message.content
    if message.view_once or not isinstance(content, Text | Media | Location | Contacts | Poll):
        raise NotApplicable("A message of this kind cannot be forwarded.")
    if isinstance(content, Location) and content.live:
        raise NotApplicable("A live location cannot be forwarded.")


def forwarded_draft(message: ArchivedMessage, file: StoredMedia | None) -> Draft:
    """The draft of a message that can be forwarded: as it reads now, without what it quotes and
    whom it mentions. `file` is that of a media message."""
    content, context = message.content, Context(forwarded=True)
    if isinstance(content, Location | Contacts):
        return Draft(content=msgspec.structs.replace(content, context=context))
    if isinstance(content, Poll):
        # it is a poll of its own, with votes of its own
        return Draft(content=msgspec.structs.replace(content, secret=b"", context=context))
    if not isinstance(content, Media) or file is None:
        return Draft(text=message.text, context=context)
    return Draft(
        text=message.text,
        upload=Upload(
            id="",
            owner="",
            filename=file.filename,
            created_at=message.timestamp,
            mime=file.mime,
            size_bytes=file.size_bytes,
            path=str(file.path),
        ),
        kind=content.kind,
        filename=content.filename if content.kind is MediaKind.DOCUMENT else "",
        context=context,
    )
