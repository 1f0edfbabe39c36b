"""What changes a message or its chat: edits, revokes, reactions, votes, pins, timers. In any order,
own and foreign alike.

Each is kept under its own key, so the same one twice changes nothing. One that comes before the
message it means is kept too, and applied when that message comes.
"""

from typing import Final

from wigwag.core.choices import open_choices
from wigwag.core.identity import Recording
from wigwag.core.kept import apply_edit, apply_revoke, may_revoke
from wigwag.core.naming import person_in
from wigwag.core.pins import record_pin
from wigwag.core.rows import body_of, context_of, text_of
from wigwag.core.timers import record_timer
from wigwag.core.views import View, mentions_view, time_view
from wigwag.model.archived import ArchivedVote
from wigwag.model.content import Edit, MessageKey, Pin, PollVote, Reaction, Revoke, TimerSet
from wigwag.model.instant import ms_of, time_of
from wigwag.model.message import Message
from wigwag.model.record import (
    ChangeKind,
    ChangeRecord,
    EventType,
    ReactionRecord,
    VoteRecord,
)

Change = Edit | Revoke | Reaction | PollVote | Pin | TimerSet
CHANGES: Final = (Edit, Revoke, Reaction, PollVote, Pin, TimerSet)
"""Contents that are no messages of their own."""


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
    elif isinstance(content, PollVote):
        _record_vote(rec, message, content, chat, sender)
    elif isinstance(content, Pin):
        target = _target_sender(rec, content.target)
        record_pin(rec, message, content, chat=chat, sender=sender, target_sender=target)
    else:
        record_timer(rec, message, content, chat)


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
        apply_edit(rec.tx, head, change)
    if message.from_history:
        return
    data: View = {
        "id": edit.target.id,
        "edit_id": message.key.id,
        "chat_jid": chat,
        "sender": rec.person_view(sender),
        "from_me": message.key.from_me,
        "text": change.content,
        "mentions": mentions_view(context_of(rec.addressed(edit.content))),
        "edited_at": time_view(message.timestamp),
        "pending": head is None,
    }
    rec.tell(EventType.MESSAGE_EDITED, data, chat)


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
    if not rec.tx.changes.add_change(change) or not may_revoke(rec.tx, change):
        return
    head = rec.tx.messages.find(rec.account, chat, target_sender, revoke.target.id)
    if head is not None and not apply_revoke(rec.tx, head, change):
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
    record = VoteRecord(
        account=rec.account,
        chat_jid=chat,
        sender=sender,
        id=message.key.id,
        poll_sender=poll_sender,
        poll_id=vote.poll.id,
        timestamp_ms=ms_of(message.timestamp),
        enc_payload=vote.enc_payload,
        enc_iv=vote.enc_iv,
        selected=None if vote.selected is None else b"".join(vote.selected),
    )
    if not rec.tx.changes.add_vote(record) or message.from_history:
        return
    data: View = {
        "id": message.key.id,
        "poll": {"id": vote.poll.id, "sender": rec.person_view(poll_sender)},
        "chat_jid": chat,
        "sender": rec.person_view(sender),
        "from_me": message.key.from_me,
        "options": _chosen(rec, record),
        "timestamp": time_view(message.timestamp),
    }
    rec.tell(EventType.POLL_VOTE, data, chat)


def _chosen(rec: Recording, vote: VoteRecord) -> list[str] | None:
    """The options that were voted for; None while the poll is not here or cannot be read."""
    head = rec.tx.messages.find(rec.account, vote.chat_jid, vote.poll_sender, vote.poll_id)
    if rec.ballots is None or head is None:
        return None
    sealed = ArchivedVote(
        person=person_in(rec.tx, rec.account, vote.sender),
        timestamp=time_of(vote.timestamp_ms),
        enc_payload=vote.enc_payload,
        enc_iv=vote.enc_iv,
    )
    chosen = open_choices(rec.ballots, rec.tx.messages.load(head), sealed)
    return list(chosen) if chosen is not None else None


def _target_sender(rec: Recording, target: MessageKey) -> str:
    own = rec.own_jid() if target.from_me else ""
    return own or rec.canonical(target.sender)
