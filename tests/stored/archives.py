"""What the tests of every archive share."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from wigwag.model.archived import MessageFilter
from wigwag.model.instant import classic_time
from wigwag.model.record import (
    MessageHead,
    MessageRecord,
)
from wigwag.ports import Archive, ArchiveTx

A, CHAT, LID = "default", "491700000001@s.whatsapp.net", "11000000000001@lid"
DAY_MS = 86_400_000
Opener = Callable[[Path], Awaitable[Archive]]


def record(message_id: str, text: str = "hello", **more: Any) -> MessageRecord:
    ms = more.pop("timestamp_ms", 1_700_000_000_000)
    plain: dict[str, Any] = {
        "id": message_id,
        "chat_jid": CHAT,
        "sender": CHAT,
        "content": text,
        "timestamp": classic_time(ms),
        "is_from_me": False,
        "media_type": None,
        "filename": None,
        "url": None,
        "media_key": None,
        "file_sha256": None,
        "file_enc_sha256": None,
        "file_length": None,
        "account": A,
        "timestamp_ms": ms,
        "kind": "text",
        "state": None,
        "push_name": "",
        "document_name": None,
        "mime": None,
        "media_state": None,
        "media_path": None,
        "view_once": False,
        "ephemeral_s": 0,
        "forwarded": False,
        "from_history": False,
        "body": None,
        "thumbnail": None,
    }
    return MessageRecord(**(plain | more))


def add(*records: MessageRecord) -> Callable[[ArchiveTx], list[int]]:
    return lambda tx: [tx.messages.add(one) for one in records]


def head(tx: ArchiveTx, message_id: str, chat: str = CHAT, sender: str = CHAT) -> MessageHead:
    found = tx.messages.find(A, chat, sender, message_id)
    assert found is not None
    return found


async def found(archive: Archive, query: str) -> list[str]:
    page = await archive.list_messages(A, MessageFilter(query=query), "", 50)
    return [message.id for message in page.items]
