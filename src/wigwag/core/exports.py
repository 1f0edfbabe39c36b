"""A whole chat, from its first message to its last, as a stream in constant memory."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from typing import Final

import msgspec

from wigwag.core.exportpage import SHOWN_IMAGES, Page
from wigwag.core.exportwords import text_line
from wigwag.core.library import Library
from wigwag.core.views import encode, media_url, message_view
from wigwag.model.archived import ArchivedChat, ArchivedMessage, MessageFilter
from wigwag.model.errors import MediaUnreadable, WigwagError
from wigwag.model.export import ExportFormat
from wigwag.model.jid import parse_jid
from wigwag.model.record import MediaState
from wigwag.ports import ArchiveReader, MediaStore

PAGE: Final = 200
"""Messages that are read at once, each time in a transaction of their own."""
INLINE_BYTES: Final = 256 * 1024
"""Pictures up to this size are written into the page when that is wished."""

FileLink = Callable[[ArchivedMessage], Awaitable[str]]
"""Where the file of a message is had; empty where it is not."""


class Exports:
    """Reads chats from their beginning on. What comes while it reads is told, too, in its place."""

    def __init__(self, archive: ArchiveReader, library: Library, files: MediaStore) -> None:
        self._archive = archive
        self._library = library
        self._files = files

    async def find_chat(self, account: str, chat: str) -> ArchivedChat:
        """Raises NotFound, MalformedJid."""
        return await self._library.get_chat(account, chat)

    async def export(
        self,
        chat: ArchivedChat,
        form: ExportFormat,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        link: FileLink | None = None,
    ) -> AsyncGenerator[bytes]:
        """The messages from `after` on, and before `before`, a page of them at a time.

        `link` tells where their files are, by default on this server. Raises StorageBusy,
        QueryTimeout.
        """
        linked = link or url_of
        page = Page(chat)
        if form is ExportFormat.HTML:
            yield page.head().encode()
        async for messages in self._pages(chat, MessageFilter(after=after, before=before)):
            yield b"".join([await _told(form, page, one, linked) for one in messages])
        if form is ExportFormat.HTML:
            yield page.foot().encode()

    async def _pages(
        self, chat: ArchivedChat, wanted: MessageFilter
    ) -> AsyncGenerator[list[ArchivedMessage]]:
        """The messages that are wanted of a chat, also when it moves to another address meanwhile:
        what is under the old one then is not all, or is another person's."""
        last: ArchivedMessage | None = None
        jid = chat.jid
        while True:
            wanted = msgspec.structs.replace(wanted, chat=jid)
            row = last.row if last is not None else -1
            messages = await self._archive.list_onward(chat.account, wanted, row, PAGE)
            before, jid = jid, await self._where_now(chat.account, jid, last)
            if jid != before:
                continue
            if not messages:
                return
            yield messages
            last = messages[-1]

    async def _where_now(self, account: str, jid: str, last: ArchivedMessage | None) -> str:
        """The address of the chat whose message `last` is; its row keeps its number."""
        if last is not None:
            for message in await self._archive.find_messages(account, last.id):
                if message.row == last.row:
                    return message.chat_jid
        return await self._archive.resolve(account, parse_jid(jid))

    async def inline_or_url(self, message: ArchivedMessage) -> str:
        """A FileLink: small pictures as they are, in the link itself."""
        media = message.media
        kind = media.mime.partition(";")[0].strip().lower() if media is not None else ""
        if (
            media is None
            or media.state is not MediaState.AVAILABLE
            or media.size_bytes > INLINE_BYTES
            or kind not in SHOWN_IMAGES
        ):
            return await url_of(message)
        try:
            data = await self.read_small(media.path)
        except (OSError, WigwagError):
            return await url_of(message)
        return f"data:{kind};base64,{b64encode(data).decode()}"

    async def read_small(self, path: str) -> bytes:
        """A stored file of at most INLINE_BYTES. Raises OSError, MediaUnreadable."""
        with await self._files.open(path) as stream:
            data = await asyncio.to_thread(stream.read, INLINE_BYTES + 1)
        if len(data) > INLINE_BYTES:
            raise MediaUnreadable("The file is larger than it was.")
        return data


async def url_of(message: ArchivedMessage) -> str:
    """A FileLink: where this server has the file of a message."""
    return media_url(message) if message.media is not None else ""


async def _told(form: ExportFormat, page: Page, message: ArchivedMessage, link: FileLink) -> bytes:
    match form:
        case ExportFormat.JSONL:
            return encode(message_view(message)) + b"\n"
        case ExportFormat.TXT:
            media = message.media
            name = (media.document_name or media.filename) if media is not None else ""
            return text_line(message, name).encode(errors="replace")
        case ExportFormat.HTML:
            where = await link(message) if message.media is not None else ""
            return page.message(message, where).encode(errors="replace")
