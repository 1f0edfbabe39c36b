"""Stars, pins and deletions for us alone upon the row of their message."""

from wigwag.model.record import ChangeRecord, MediaState, MessageHead
from wigwag.ports import ArchiveTx


def apply_star(tx: ArchiveTx, head: MessageHead, change: ChangeRecord) -> bool:
    """Whether that changed anything."""
    starred = change.content == "1"
    if bool(head.starred) == starred:
        return False
    tx.messages.change(head, starred=starred)
    return True


def apply_pin(tx: ArchiveTx, head: MessageHead, change: ChangeRecord) -> None:
    """The change says until when, in milliseconds; 0 is no longer."""
    until_ms = int(change.content)
    tx.messages.change(
        head,
        pinned_ms=change.timestamp_ms if until_ms else None,
        pinned_until_ms=until_ms or None,
    )


def apply_deletion(tx: ArchiveTx, head: MessageHead, change: ChangeRecord) -> bool:
    """Whether that changed anything."""
    if head.deleted_ms is not None:
        return False
    _delete(tx, head, change.timestamp_ms, delete_media=change.content == "1")
    return True


def hide_late(tx: ArchiveTx, head: MessageHead) -> bool:
    """A message came that a clearing of its chat reaches; whether that is so."""
    clearing = tx.chats.find_clearing(head.account, head.chat_jid)
    if clearing is None or head.timestamp_ms > clearing.until_ms or head.deleted_ms is not None:
        return False
    if clearing.keep_starred and head.starred:
        return False
    _delete(tx, head, clearing.until_ms, delete_media=bool(clearing.delete_media))
    return True


def _delete(tx: ArchiveTx, head: MessageHead, at_ms: int, *, delete_media: bool) -> None:
    if delete_media and head.media_state == MediaState.PENDING:
        tx.messages.change(head, deleted_ms=at_ms, media_state=MediaState.GONE)
    else:
        tx.messages.change(head, deleted_ms=at_ms)
