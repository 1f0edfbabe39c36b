"""Rows and the values they become. Past this module nobody sees a row."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from wigwag.core.naming import display_name, person
from wigwag.core.rows import addressed, archived_media
from wigwag.model.archived import (
    ArchivedMessage,
    ArchivedReaction,
    Version,
)
from wigwag.model.content import Content, Media, Text
from wigwag.model.instant import maybe_time_of, time_of
from wigwag.model.jid import Jid
from wigwag.model.message import SendState
from wigwag.model.record import RowKind

_CONTENT: Final[msgspec.msgpack.Decoder[Content]] = msgspec.msgpack.Decoder(Content)


class MessageRow(NamedTuple):
    """A message row joined with its names, in the order of `reading.MESSAGE_COLUMNS`."""

    rid: int
    account: str
    id: str
    chat_jid: str
    sender: str
    is_from_me: int
    kind: str
    content: str
    timestamp_ms: int
    state: str | None
    push_name: str
    document_name: str | None
    mime: str | None
    media_state: str | None
    media_path: str | None
    filename: str | None
    file_sha256: bytes | None
    file_length: int | None
    view_once: int
    ephemeral_s: int
    forwarded: int
    from_history: int
    error_code: str | None
    error: str | None
    edited_ms: int | None
    revoked_ms: int | None
    media_error: str | None
    body: bytes | None
    starred: int
    deleted_ms: int | None
    pinned_ms: int | None
    pinned_until_ms: int | None
    has_thumbnail: int
    chat_name: str | None
    contact_full_name: str | None
    contact_first_name: str | None
    contact_push_name: str | None
    contact_business_name: str | None
    lid: str | None
    has_reactions: int


def content_from(kind: str, text: str, body: bytes | None) -> Content | None:
    if body is not None:
        return _CONTENT.decode(body)
    return Text(text=text) if kind == RowKind.TEXT else None


def message_from_row(
    values: tuple[Any, ...], reactions: tuple[ArchivedReaction, ...], where: Callable[[Jid], Jid]
) -> ArchivedMessage:
    """`where` gives the canonical form of the addresses that the content names."""
    row = MessageRow._make(values)
    content = content_from(row.kind, row.content, row.body)
    if content is not None and row.body is not None:
        content = addressed(content, where)
    name = display_name(
        row.sender,
        row.contact_full_name or "",
        row.contact_first_name or "",
        row.contact_push_name or row.push_name,
        row.contact_business_name or "",
    )
    return ArchivedMessage(
        account=row.account,
        id=row.id,
        chat_jid=row.chat_jid,
        chat_name=row.chat_name or "",
        sender=person(row.sender, row.lid or "", name),
        from_me=bool(row.is_from_me),
        kind=RowKind(row.kind),
        text=row.content,
        timestamp=time_of(row.timestamp_ms),
        content=content,
        media=archived_media(
            content,
            state=row.media_state,
            mime=row.mime,
            size_bytes=row.file_length,
            sha256=row.file_sha256,
            document_name=row.document_name,
            filename=row.filename,
            path=row.media_path,
            has_thumbnail=bool(row.has_thumbnail),
            error=row.media_error,
        )
        if isinstance(content, Media)
        else None,
        reactions=reactions,
        state=SendState(row.state) if row.state else None,
        error_code=row.error_code or "",
        error=row.error or "",
        edited_at=maybe_time_of(row.edited_ms),
        revoked_at=maybe_time_of(row.revoked_ms),
        view_once=bool(row.view_once),
        ephemeral_s=row.ephemeral_s,
        forwarded=bool(row.forwarded),
        from_history=bool(row.from_history),
        starred=bool(row.starred),
        deleted_at=maybe_time_of(row.deleted_ms),
        pinned_at=maybe_time_of(row.pinned_ms),
        pinned_until=maybe_time_of(row.pinned_until_ms),
        row=row.rid,
    )


def version_from_row(change_id: str, ms: int, text: str, body: bytes | None) -> Version:
    content = _CONTENT.decode(body) if body is not None else Text(text=text)
    return Version(id=change_id, text=text, timestamp=time_of(ms), content=content)
