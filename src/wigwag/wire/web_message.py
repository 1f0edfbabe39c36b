"""Messages as a phone hands them on (WebMessageInfo): in history, and when asked for one again.

The rules for sender and edits are those of whatsmeow's ParseWebMessage.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from wigwag.model.content import (
    Content,
    Edit,
    MessageKey,
    Poll,
    PollVote,
    Revoke,
    Text,
)
from wigwag.model.jid import NEWSLETTER_SERVER, Jid
from wigwag.model.message import Message, SendState
from wigwag.model.receipt import Receipt, ReceiptKind
from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.content import write_content
from wigwag.wire.content_context import is_of_two, read_account_key
from wigwag.wire.content_reading import SECRET_LIMIT, read_message
from wigwag.wire.content_sealed import read_reaction
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.proto import history_pb2
from wigwag.wire.protobuf import parse

_Status = history_pb2.WebMessageInfo.Status

_STATES: Final = {
    _Status.ERROR: SendState.FAILED,
    _Status.SERVER_ACK: SendState.SENT,
    _Status.DELIVERY_ACK: SendState.DELIVERED,
    _Status.READ: SendState.READ,
    _Status.PLAYED: SendState.PLAYED,
}
"""PENDING is left out: what the phone has not sent yet is not ours to queue."""

_STATUSES: Final = {state: status for status, state in _STATES.items()}

REACTIONS_LIMIT: Final = 1_024
"""Reactions, votes and receipts that are read at one message."""

SECRETS_LIMIT: Final = 128
"""Messages of one group, the newest first, whose secrets are told."""

OPTIONS_LIMIT: Final = 64
_OPTION_BYTES: Final = 32
REVOKE_STUB: Final = 1
_ADMIN_REVOKE: Final = 132
_REVOKED: Final = frozenset({REVOKE_STUB, _ADMIN_REVOKE})
"""Stub types of messages that were taken back, by their author or by an admin."""

_MADE_ID_BYTES: Final = 100
"""Of a message's id in an id that is made from it."""


class MessageSecret(Value):
    """What others seal their reactions to a message with."""

    key: MessageKey
    secret: bytes


class Place:
    """The chat that messages lie in, and who we are there."""

    __slots__ = ("alt", "chat", "own", "own_alt", "owns")

    def __init__(self, chat: Jid, alt: Jid | None, own: Jid, own_lid: Jid | None) -> None:
        by_lid = chat.is_lid and own_lid is not None
        self.chat = chat
        self.alt = alt
        self.own = own_lid if by_lid and own_lid is not None else own
        self.own_alt = own if by_lid else own_lid
        self.owns: Sequence[Jid] = (own,) if own_lid is None else (own_lid, own)


def read_history_message(web: history_pb2.WebMessageInfo, place: Place) -> list[Message | Receipt]:
    """Everything that history says by one `web`: the message, then what became of it.

    Edits, revokes, reactions and votes are told as the messages they were. Empty for a stub
    without meaning. Raises MalformedProtobuf when id or sender lack.
    """
    if web.messageStubType in _REVOKED:
        return [_read_revoke(web, place)]
    message, edit = _read(web, place)
    if message is None:
        return []
    told: list[Message | Receipt] = [message]
    if edit is not None:
        told.append(edit)
    if web.reactions:
        told += _read_reactions(web, message.key, place)
    if web.pollUpdates:
        told += _read_votes(web, message.key, place)
    if web.userReceipt and message.key.from_me:
        told += _read_receipts(web, message.key)
    return told


def read_secret(web: history_pb2.WebMessageInfo, place: Place) -> MessageSecret | None:
    """The secret of a message, where it has one; errors as those of read_history_message."""
    told = web.messageSecret or web.message.messageContextInfo.messageSecret
    secret = claims.blob(told, SECRET_LIMIT)
    return MessageSecret(key=_read_key(web, place)[0], secret=secret) if secret else None


def _read(web: history_pb2.WebMessageInfo, place: Place) -> tuple[Message | None, Message | None]:
    """The message as it is now, and the edit that made it so, if there was one."""
    key, sender_alt = _read_key(web, place)
    wire = web.message
    view_once = False
    edit: Edit | None = None
    if wire.HasField("conversation"):
        content: Content | None = Text(text=claims.text(wire.conversation))
    else:
        secret = claims.blob(web.messageSecret, SECRET_LIMIT)
        decoded = read_message(wire, key, place.owns, secret=secret)
        content, view_once = decoded.content, decoded.view_once
        if isinstance(content, Edit):
            edit, content = content, content.content
        if content is None:
            return None, None
    message = Message(
        key=edit.target if edit is not None else key,
        timestamp=claims.moment(web.messageTimestamp),
        content=content,
        push_name=claims.name(web.pushName),
        chat_alt=place.alt,
        sender_alt=sender_alt,
        view_once=view_once,
        from_history=True,
        state=_STATES.get(web.status) if key.from_me and web.HasField("status") else None,
    )
    return message, _edit_message(web, key, message, edit) if edit is not None else None


def _edit_message(
    web: history_pb2.WebMessageInfo, key: MessageKey, made: Message, edit: Edit
) -> Message:
    """The edit as a message. Where history gives it the id of the message itself, it gets one
    made from its time."""
    wire = web.message
    if wire.HasField("editedMessage"):
        wire = wire.editedMessage.message
    at_ms = wire.protocolMessage.timestampMS
    if key.id == edit.target.id:
        key = replace(key, id=f"{key.id[:_MADE_ID_BYTES]}.edit.{at_ms}")
    return Message(
        key=key,
        timestamp=claims.moment_ms(at_ms) if at_ms else made.timestamp,
        content=edit,
        chat_alt=made.chat_alt,
        sender_alt=made.sender_alt,
        from_history=True,
    )


def _read_revoke(web: history_pb2.WebMessageInfo, place: Place) -> Message:
    """A message that was taken back: history keeps its place, and says who took it back."""
    target, sender_alt = _read_key(web, place)
    author, from_me = target.sender, target.from_me
    if web.messageStubType == _ADMIN_REVOKE and web.messageStubParameters:
        admin = claims.find_jid(web.messageStubParameters[0])
        if admin is not None and admin != author:
            author, from_me, sender_alt = admin, admin in place.owns, None
    at = web.revokeMessageTimestamp or web.messageTimestamp
    return Message(
        key=MessageKey(
            chat=place.chat,
            sender=author,
            id=f"{target.id[:_MADE_ID_BYTES]}.revoke",
            from_me=from_me,
        ),
        timestamp=claims.moment(at),
        content=Revoke(target=target),
        chat_alt=place.alt,
        sender_alt=sender_alt,
        from_history=True,
    )


def _read_key(web: history_pb2.WebMessageInfo, place: Place) -> tuple[MessageKey, Jid | None]:
    """The key, and the other address of its sender."""
    wire = web.key
    message_id = claims.identifier(wire.ID)
    if not message_id:
        raise MalformedProtobuf("a message in history has no id")
    chat = place.chat
    if wire.fromMe:
        key = MessageKey(chat=chat, sender=place.own, id=message_id, from_me=True)
        return key, place.own_alt
    if is_of_two(chat) or chat.server == NEWSLETTER_SERVER:
        return MessageKey(chat=chat, sender=chat, id=message_id), place.alt
    sender = claims.find_jid(web.participant) or claims.find_jid(wire.participant)
    if sender is None:
        raise MalformedProtobuf("a message in history has no sender")
    return MessageKey(chat=chat, sender=sender, id=message_id), None


def _read_reactions(
    web: history_pb2.WebMessageInfo, target: MessageKey, place: Place
) -> Iterator[Message]:
    for reaction in web.reactions[:REACTIONS_LIMIT]:
        key = read_account_key(reaction.key, place.own, place.chat)
        if key is not None:
            yield Message(
                key=key,
                timestamp=claims.moment_ms(reaction.senderTimestampMS),
                content=read_reaction(reaction, target),
                chat_alt=place.alt,
                from_history=True,
            )


def _read_votes(
    web: history_pb2.WebMessageInfo, poll: MessageKey, place: Place
) -> Iterator[Message]:
    """The votes on a poll, opened by the phone."""
    for update in web.pollUpdates[:REACTIONS_LIMIT]:
        key = read_account_key(update.pollUpdateMessageKey, place.own, place.chat)
        if key is not None and update.HasField("vote"):
            chosen = update.vote.selectedOptions[:OPTIONS_LIMIT]
            selected = tuple(one for one in chosen if len(one) == _OPTION_BYTES)
            yield Message(
                key=key,
                timestamp=claims.moment_ms(update.senderTimestampMS or update.serverTimestampMS),
                content=PollVote(poll=poll, selected=selected),
                chat_alt=place.alt,
                from_history=True,
            )


def _read_receipts(web: history_pb2.WebMessageInfo, key: MessageKey) -> Iterator[Receipt]:
    """Who got, read and played an own message."""
    for told in web.userReceipt[:REACTIONS_LIMIT]:
        person = claims.find_jid(told.userJID)
        if person is None:
            continue
        for kind, seconds in (
            (ReceiptKind.DELIVERED, told.receiptTimestamp),
            (ReceiptKind.READ, told.readTimestamp),
            (ReceiptKind.PLAYED, told.playedTimestamp),
        ):
            if seconds > 0:
                yield Receipt(
                    kind=kind,
                    chat=key.chat,
                    sender=person,
                    ids=(key.id,),
                    timestamp=claims.moment(seconds),
                )


def decode_web_message(raw: bytes, own: Jid, own_lid: Jid | None = None) -> Message | None:
    """The message in a serialised WebMessageInfo, as the phone sends one again on request.

    An edit is told as the edit that it is, and under its own id. None when it has no content.
    Raises MalformedProtobuf when id, sender or chat lack.
    """
    web = parse(history_pb2.WebMessageInfo, raw)
    chat = claims.find_jid(web.key.remoteJID)
    if chat is None:
        raise MalformedProtobuf("the message names no chat")
    message, edit = _read(web, Place(chat, None, own, own_lid))
    # under the id of the message itself it is that message as an edit has made it
    return edit if edit is not None and edit.key.id == web.key.ID else message


def write_web_message(message: Message, web: history_pb2.WebMessageInfo) -> None:
    """Fill `web` with `message`; the errors are those of wigwag.wire.content.encode_content."""
    key, content = message.key, message.content
    web.key.remoteJID = str(key.chat)
    web.key.fromMe = key.from_me
    web.key.ID = key.id
    if not key.from_me and not is_of_two(key.chat):
        web.key.participant = web.participant = str(key.sender)
    web.messageTimestamp = max(int(message.timestamp.timestamp()), 0)
    if message.push_name:
        web.pushName = claims.outgoing_text(message.push_name)
    status = None if message.state is None else _STATUSES.get(message.state)
    if status is not None:
        web.status = status
    part = web.message.viewOnceMessageV2.message if message.view_once else web.message
    write_content(content, part, message.timestamp)
    if isinstance(content, Poll) and content.secret:
        web.messageSecret = content.secret


def encode_web_message(message: Message) -> bytes:
    """The serialised WebMessageInfo of `message`; errors as those of write_web_message."""
    web = history_pb2.WebMessageInfo()
    write_web_message(message, web)
    return web.SerializeToString()
