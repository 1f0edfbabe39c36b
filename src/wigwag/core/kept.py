"""What was said of a message upon its row: at once, or kept until that row is there."""

from wigwag.core.hiding import apply_deletion, apply_pin, apply_star, hide_late
from wigwag.core.naming import is_group
from wigwag.core.rows import body_of, with_text
from wigwag.model.content import Content, Media, Text
from wigwag.model.record import ChangeKind, ChangeRecord, MessageHead, RowKind
from wigwag.ports import ArchiveTx


def apply_kept(
    tx: ArchiveTx, account: str, chat: str, sender: str, message_id: str
) -> MessageHead | None:
    """Apply to a message that just came what was kept for it; its row if there was any."""
    found = None
    for change in tx.changes.list_changes(account, chat, sender, message_id):
        head = tx.messages.find(account, chat, sender, message_id)
        if head is not None:
            _apply(tx, head, change)
            found = head
    if tx.chats.find_clearing(account, chat) is not None:
        head = tx.messages.find(account, chat, sender, message_id)
        if head is not None and hide_late(tx, head):
            found = head
    return found


def _apply(tx: ArchiveTx, head: MessageHead, change: ChangeRecord) -> None:
    match change.kind:
        case ChangeKind.EDIT:
            apply_edit(tx, head, change)
        case ChangeKind.REVOKE if may_revoke(tx, change):
            apply_revoke(tx, head, change)
        case ChangeKind.STAR:
            apply_star(tx, head, change)
        case ChangeKind.DELETE:
            apply_deletion(tx, head, change)
        case ChangeKind.PIN:
            apply_pin(tx, head, change)
        case _:
            pass


def apply_edit(tx: ArchiveTx, head: MessageHead, change: ChangeRecord) -> None:
    too_late = head.edited_ms is not None and head.edited_ms > change.timestamp_ms
    if too_late or head.kind == RowKind.UNDECRYPTABLE:
        return
    if head.from_history and head.edited_ms is None and head.content == change.content:
        # history tells a message as its edit made it; what it said first is not known
        tx.messages.change(head, edited_ms=change.timestamp_ms)
        return
    before = tx.messages.load(head).content
    tx.changes.add_change(
        ChangeRecord(
            account=head.account,
            chat_jid=head.chat_jid,
            sender=head.sender,
            id=head.id,
            kind=ChangeKind.ORIGINAL,
            target_sender=head.sender,
            target_id=head.id,
            timestamp_ms=head.timestamp_ms,
            content=head.content,
            body=body_of(before) if before is not None else None,
        )
    )
    after: Content = Text(text=change.content)
    if isinstance(before, (Text, Media)):
        after = with_text(before, change.content)
    tx.messages.change(
        head, content=change.content, body=body_of(after), edited_ms=change.timestamp_ms
    )


def apply_revoke(tx: ArchiveTx, head: MessageHead, change: ChangeRecord) -> bool:
    if head.revoked_ms is not None:
        return False
    tx.messages.change(head, revoked_ms=change.timestamp_ms, revoked_by=change.sender)
    return True


def may_revoke(tx: ArchiveTx, change: ChangeRecord) -> bool:
    """The author may, and in a group its admins; anyone while its members are unknown."""
    if change.sender == change.target_sender:
        return True
    if not is_group(change.chat_jid):
        return False
    member = tx.people.find_participant(change.account, change.chat_jid, change.sender)
    if member is not None:
        return bool(member.admin or member.superadmin)
    return not tx.people.list_participants(change.account, change.chat_jid)
