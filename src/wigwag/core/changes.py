"""What changes a message: edits, revokes, reactions, votes. In any order, own and foreign alike.

Each is kept under its own key, so the same one twice changes nothing. One that comes before the
message it means is kept too, and applied when that message comes.
"""

from wigwag.core.identity import Recording
from wigwag.core.naming import is_group
from wigwag.core.rows import body_of, context_of, text_of, with_text
from wigwag.core.views import View, time_view
from wigwag.model.content import (
    Content,
    Edit,
    Media,
    MessageKey,
    PollVote,
    Reaction,
    Revoke,
    Text,
)
from wigwag.model.instant import ms_of
from wigwag.model.message import Message
from wigwag.model.record import (
    ChangeKind,
    ChangeRecord,
    EventType,
    MessageHead,
    ReactionRecord,
    RowKind,
    VoteRecord,
)

Change = Edit | Revoke | Reaction | PollVote


def record_change(
    rec: Recording, message: Message, content: Change, chat: str, sender: str
) -> None:
    """Record the change that `message` is; `chat` and `sender` are canonical."""
    if isinstance(content, Edit):
        _record_edit(rec, message, content, chat, sender)
    elif isinstance(content, Revoke):
        _record_revoke(rec, message, content, chat, sender)
    elif isinstance(content, Reaction):
        _record_reaction(rec, message, content, chat, sender)
    else:
        _record_vote(rec, message, content, chat, sender)


def apply_kept(rec: Recording, chat: str, sender: str, message_id: str) -> MessageHead | None:
    """Apply to a message that just came what was kept for it; its row if there was any."""
    head = None
    for change in rec.tx.changes.list_changes(rec.account, chat, sender, message_id):
        head = rec.tx.messages.find(rec.account, chat, sender, message_id)
        if head is None:
            continue
        if change.kind == ChangeKind.EDIT:
            _apply_edit(rec, head, change)
        elif change.kind == ChangeKind.REVOKE and _may_revoke(rec, change):
            _apply_revoke(rec, head, change)
    return head


def _record_edit(rec: Recording, message: Message, edit: Edit, chat: str, sender: str) -> None:
    # Only the author edits: the target is the author's own message, whatever the key claims.
    change = ChangeRecord(
        account=rec.account,
        chat_jid=chat,
        sender=sender,
        id=message.key.id,
        kind=ChangeKind.EDIT,
        target_sender=sender,
        target_id=edit.target.id,
        timestamp_ms=ms_of(message.timestamp),
        content=text_of(edit.content),
        body=body_of(edit.content),
    )
    if not rec.tx.changes.add_change(change):
        return
    head = rec.tx.messages.find(rec.account, chat, sender, edit.target.id)
    if head is not None:
        _apply_edit(rec, head, change)
    if message.from_history:
        return
    data: View = {
        "id": edit.target.id,
        "edit_id": message.key.id,
        "chat_jid": chat,
        "sender": rec.person_view(sender),
        "from_me": message.key.from_me,
        "text": change.content,
        "mentions": [str(jid.bare) for jid in context_of(edit.content).mentions],
        "edited_at": time_view(message.timestamp),
        "pending": head is None,
    }
    rec.tell(EventType.MESSAGE_EDITED, data, chat)


def _apply_edit(rec: Recording, head: MessageHead, change: ChangeRecord) -> None:
    too_late = head.edited_ms is not None and head.edited_ms > change.timestamp_ms
    if too_late or head.kind == RowKind.UNDECRYPTABLE:
        return
    before = rec.tx.messages.load(head).content
    rec.tx.changes.add_change(
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
    rec.tx.messages.change(
        head, content=change.content, body=body_of(after), edited_ms=change.timestamp_ms
    )


def _record_revoke(
    rec: Recording, message: Message, revoke: Revoke, chat: str, sender: str
) -> None:
    target_sender = _target_sender(rec, revoke.target)
    change = ChangeRecord(
        account=rec.account,
        chat_jid=chat,
        sender=sender,
        id=message.key.id,
        kind=ChangeKind.REVOKE,
        target_sender=target_sender,
        target_id=revoke.target.id,
        timestamp_ms=ms_of(message.timestamp),
        content="",
        body=None,
    )
    if not rec.tx.changes.add_change(change) or not _may_revoke(rec, change):
        return
    head = rec.tx.messages.find(rec.account, chat, target_sender, revoke.target.id)
    if head is not None and not _apply_revoke(rec, head, change):
        return
    if message.from_history:
        return
    data: View = {
        "id": revoke.target.id,
        "chat_jid": chat,
        "sender": rec.person_view(target_sender),
        "revoked_by": rec.person_view(sender),
        "revoked_at": time_view(message.timestamp),
        "pending": head is None,
    }
    rec.tell(EventType.MESSAGE_REVOKED, data, chat)


def _apply_revoke(rec: Recording, head: MessageHead, change: ChangeRecord) -> bool:
    if head.revoked_ms is not None:
        return False
    rec.tx.messages.change(head, revoked_ms=change.timestamp_ms, revoked_by=change.sender)
    return True


def _may_revoke(rec: Recording, change: ChangeRecord) -> bool:
    """The author may, and in a group its admins; anyone while its members are unknown."""
    if change.sender == change.target_sender:
        return True
    if not is_group(change.chat_jid):
        return False
    people = rec.tx.people
    member = people.find_participant(change.account, change.chat_jid, change.sender)
    if member is not None:
        return bool(member.admin or member.superadmin)
    return not people.list_participants(change.account, change.chat_jid)


def _record_reaction(
    rec: Recording, message: Message, reaction: Reaction, chat: str, sender: str
) -> None:
    target_sender = _target_sender(rec, reaction.target)
    added = rec.tx.changes.add_reaction(
        ReactionRecord(
            account=rec.account,
            chat_jid=chat,
            sender=sender,
            id=message.key.id,
            target_sender=target_sender,
            target_id=reaction.target.id,
            timestamp_ms=ms_of(message.timestamp),
            emoji=reaction.emoji,
        )
    )
    if not added or message.from_history:
        return
    data: View = {
        "id": message.key.id,
        "target": {"id": reaction.target.id, "sender": rec.person_view(target_sender)},
        "chat_jid": chat,
        "sender": rec.person_view(sender),
        "from_me": message.key.from_me,
        "emoji": reaction.emoji,
        "removed": not reaction.emoji,
        "timestamp": time_view(message.timestamp),
    }
    rec.tell(EventType.MESSAGE_REACTION, data, chat)


def _record_vote(rec: Recording, message: Message, vote: PollVote, chat: str, sender: str) -> None:
    poll_sender = _target_sender(rec, vote.poll)
    added = rec.tx.changes.add_vote(
        VoteRecord(
            account=rec.account,
            chat_jid=chat,
            sender=sender,
            id=message.key.id,
            poll_sender=poll_sender,
            poll_id=vote.poll.id,
            timestamp_ms=ms_of(message.timestamp),
            enc_payload=vote.enc_payload,
            enc_iv=vote.enc_iv,
        )
    )
    if not added or message.from_history:
        return
    data: View = {
        "id": message.key.id,
        "poll": {"id": vote.poll.id, "sender": rec.person_view(poll_sender)},
        "chat_jid": chat,
        "sender": rec.person_view(sender),
        "from_me": message.key.from_me,
        "options": None,
        "timestamp": time_view(message.timestamp),
    }
    rec.tell(EventType.POLL_VOTE, data, chat)


def _target_sender(rec: Recording, target: MessageKey) -> str:
    own = rec.own_jid() if target.from_me else ""
    return own or rec.canonical(target.sender)
