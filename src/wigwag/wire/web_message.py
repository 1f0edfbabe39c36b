"""Messages as a phone hands them on (WebMessageInfo): in history, and when asked for one again.

The rules for sender and edits are those of whatsmeow's ParseWebMessage.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from wigwag.model.content import Content, Edit, MessageKey, Poll, Reaction, Text
from wigwag.model.jid import NEWSLETTER_SERVER, Jid
from wigwag.model.message import Message, SendState
from wigwag.wire import claims
from wigwag.wire.content import write_content
from wigwag.wire.content_context import is_of_two, read_account_key
from wigwag.wire.content_reading import EMOJI_LIMIT, SECRET_LIMIT, read_message
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


def read_web_message(web: history_pb2.WebMessageInfo, place: Place) -> Message | None:
    """The message in `web`, or None for one without content (a stub, or parts of the protocol).

    An edit is told as the message that it made. Raises MalformedProtobuf when id or sender lack.
    """
    key, sender_alt = _read_key(web, place)
    wire = web.message
    view_once = False
    if wire.HasField("conversation"):
        content: Content | None = Text(text=claims.text(wire.conversation))
    else:
        secret = claims.blob(web.messageSecret, SECRET_LIMIT)
        decoded = read_message(wire, key, place.owns, secret=secret)
        content, view_once = decoded.content, decoded.view_once
        if isinstance(content, Edit):
            key, content = content.target, content.content
        if content is None:
            return None
    return Message(
        key=key,
        timestamp=claims.moment(web.messageTimestamp),
        content=content,
        push_name=claims.name(web.pushName),
        chat_alt=place.alt,
        sender_alt=sender_alt,
        view_once=view_once,
        from_history=True,
        state=_STATES.get(web.status) if key.from_me and web.HasField("status") else None,
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


def read_reactions(
    web: history_pb2.WebMessageInfo, target: MessageKey, place: Place
) -> Iterator[Message]:
    """Reactions that history keeps at their message, as the messages they were."""
    for reaction in web.reactions[:REACTIONS_LIMIT]:
        key = read_account_key(reaction.key, place.own, place.chat)
        if key is not None:
            yield Message(
                key=key,
                timestamp=claims.moment_ms(reaction.senderTimestampMS),
                content=Reaction(target=target, emoji=claims.text(reaction.text, EMOJI_LIMIT)),
                chat_alt=place.alt,
                from_history=True,
            )


def decode_web_message(raw: bytes, own: Jid, own_lid: Jid | None = None) -> Message | None:
    """The message in a serialised WebMessageInfo, as the phone sends one again on request.

    None when it has no content. Raises MalformedProtobuf.
    """
    web = parse(history_pb2.WebMessageInfo, raw)
    chat = claims.find_jid(web.key.remoteJID)
    if chat is None:
        raise MalformedProtobuf("the message names no chat")
    return read_web_message(web, Place(chat, None, own, own_lid))


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
