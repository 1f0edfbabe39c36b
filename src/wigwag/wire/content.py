"""Message contents between the model and protobuf: the only door for both directions.

Field choices follow whatsmeow (send.go, msgsecret.go, types/events) and WhatsApp Web.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from wigwag.model.content import (
    NO_CONTEXT,
    Contacts,
    Content,
    Edit,
    Location,
    Media,
    MessageKey,
    Pin,
    Poll,
    PollVote,
    Reaction,
    Revoke,
    Text,
    TimerSet,
    Unsupported,
)
from wigwag.model.jid import Jid
from wigwag.wire import claims
from wigwag.wire.content_cards import write_contacts, write_location, write_poll, write_vote
from wigwag.wire.content_context import write_context, write_key
from wigwag.wire.content_fields import CONTEXT_INFO
from wigwag.wire.content_media import write_media
from wigwag.wire.content_reading import Decoded, SenderKeyDistribution, read_message
from wigwag.wire.content_sealed import SealedPart, as_reply, read_reaction
from wigwag.wire.errors import WireError
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import delimited, parse, scan_fields
from wigwag.wire.sealing import Use

__all__ = [
    "Decoded",
    "SenderKeyDistribution",
    "decode_message",
    "decode_sealed",
    "device_sent",
    "encode_content",
    "sender_key_message",
    "with_sender_key",
    "write_content",
]

_DEVICE_SENT: Final = 31


def encode_content(
    content: Content, *, secret: bytes = b"", timestamp: datetime | None = None
) -> bytes:
    """The serialised waE2E.Message of `content`.

    `secret` (32 bytes) is the message's secret; a poll's own comes first. `timestamp` is when it
    is sent; media, reactions, edits and votes carry it. Keys inside `content` are the sender's.
    Raises WireError for media that was not uploaded, MalformedProtobuf for a target without an id.
    """
    if isinstance(content, Unsupported):
        return content.raw
    message = e2e_pb2.Message()
    write_content(content, message, timestamp)
    if isinstance(content, Poll):
        secret = content.secret or secret
    if secret:
        message.messageContextInfo.messageSecret = secret
    return message.SerializeToString()


def decode_message(raw: bytes, key: MessageKey, own: Sequence[Jid] = ()) -> Decoded:
    """What the decrypted message `raw`, known as `key`, says.

    `own` are our bare addresses (LID and PN); by them a reaction to our own message is known as
    such. Raises MalformedProtobuf when `raw` is no protobuf message; whatever else is strange
    about it ends in a content `Unsupported`.
    """
    return read_message(parse(e2e_pb2.Message, raw), key, own, raw=raw)


def decode_sealed(
    part: SealedPart, plain: bytes, key: MessageKey, own: Sequence[Jid] = ()
) -> Content | None:
    """What the sealed `part` of the message `key` says, opened as `plain`; None when that is
    nothing. Raises MalformedProtobuf."""
    if part.use is Use.REACTION:
        return read_reaction(parse(e2e_pb2.ReactionMessage, plain), part.target)
    content = decode_message(plain, key, own).content
    if part.use is Use.COMMENT:
        return as_reply(content, part.target)
    if content is None or isinstance(content, Edit | Unsupported):
        return content
    # only its author edits a message, whatever the key claims
    target = replace(part.target, sender=key.sender, from_me=key.from_me)
    return Edit(target=target, content=content)


def device_sent(destination: Jid, message: bytes, *, again: bool = False) -> bytes:
    """The copy for our own other devices of `message`, which goes to `destination`.

    messageContextInfo is repeated outside, but not when it is sent `again`, as whatsmeow does.
    Raises MalformedProtobuf.
    """
    inner = delimited(1, str(destination).encode()) + delimited(2, message)
    outer = delimited(_DEVICE_SENT, inner)
    if again:
        return outer
    for field in scan_fields(message):
        if field.number == CONTEXT_INFO:
            outer += delimited(CONTEXT_INFO, message[field.start : field.end])
    return outer


def sender_key_message(group: str, data: bytes) -> bytes:
    """A serialised message that only hands out our sender key of `group`."""
    return with_sender_key(b"", group, data)


def with_sender_key(message: bytes, group: str, data: bytes) -> bytes:
    """`message` with our sender key of `group` beside its content."""
    return delimited(2, delimited(1, group.encode()) + delimited(2, data)) + message


def write_content(
    content: Content, message: e2e_pb2.Message, timestamp: datetime | None = None
) -> None:
    """Fill `message` with `content`; the errors are those of encode_content."""
    _WRITERS[type(content)](content, message, timestamp)


def _write_text(content: Text, message: e2e_pb2.Message, _timestamp: datetime | None) -> None:
    if content.context == NO_CONTEXT:
        message.conversation = claims.outgoing_text(content.text)
        return
    extended = message.extendedTextMessage
    extended.text = claims.outgoing_text(content.text)
    write_context(content.context, extended.contextInfo)


def _write_place(content: Location, message: e2e_pb2.Message, _timestamp: datetime | None) -> None:
    write_location(content, message)


def _write_cards(content: Contacts, message: e2e_pb2.Message, _timestamp: datetime | None) -> None:
    write_contacts(content, message)


def _write_poll(content: Poll, message: e2e_pb2.Message, _timestamp: datetime | None) -> None:
    write_poll(content, message)
    if content.secret:
        message.messageContextInfo.messageSecret = content.secret


def _write_reaction(
    content: Reaction, message: e2e_pb2.Message, timestamp: datetime | None
) -> None:
    part = message.reactionMessage
    write_key(content.target, part.key)
    part.text = claims.outgoing_text(content.emoji)
    if timestamp is not None:
        part.senderTimestampMS = claims.outgoing_ms(timestamp)


def _write_edit(content: Edit, message: e2e_pb2.Message, timestamp: datetime | None) -> None:
    if isinstance(content.content, Edit):
        raise WireError("an edit cannot hold an edit")
    part = message.editedMessage.message.protocolMessage
    write_key(content.target, part.key)
    part.type = e2e_pb2.ProtocolMessage.MESSAGE_EDIT
    write_content(content.content, part.editedMessage, timestamp)
    if timestamp is not None:
        part.timestampMS = claims.outgoing_ms(timestamp)


def _write_revoke(content: Revoke, message: e2e_pb2.Message, _timestamp: datetime | None) -> None:
    part = message.protocolMessage
    write_key(content.target, part.key)
    part.type = e2e_pb2.ProtocolMessage.REVOKE


def _write_pin(content: Pin, message: e2e_pb2.Message, timestamp: datetime | None) -> None:
    part = message.pinInChatMessage
    write_key(content.target, part.key)
    kind = e2e_pb2.PinInChatMessage
    part.type = kind.PIN_FOR_ALL if content.pinned else kind.UNPIN_FOR_ALL
    if content.pinned:
        seconds = claims.outgoing_uint32(content.duration_s)
        message.messageContextInfo.messageAddOnDurationInSecs = seconds
    if timestamp is not None:
        part.senderTimestampMS = claims.outgoing_ms(timestamp)


def _write_timer(content: TimerSet, message: e2e_pb2.Message, timestamp: datetime | None) -> None:
    part = message.protocolMessage
    part.type = e2e_pb2.ProtocolMessage.EPHEMERAL_SETTING
    part.ephemeralExpiration = claims.outgoing_uint32(content.seconds)
    if timestamp is not None:
        part.ephemeralSettingTimestamp = claims.outgoing_ms(timestamp) // 1000


def _write_raw(content: Unsupported, message: e2e_pb2.Message, _timestamp: datetime | None) -> None:
    message.MergeFrom(parse(e2e_pb2.Message, content.raw))


_WRITERS: Final[dict[type, Callable[[Any, e2e_pb2.Message, datetime | None], None]]] = {
    Text: _write_text,
    Media: write_media,
    Location: _write_place,
    Contacts: _write_cards,
    Reaction: _write_reaction,
    Edit: _write_edit,
    Revoke: _write_revoke,
    Poll: _write_poll,
    PollVote: write_vote,
    Pin: _write_pin,
    TimerSet: _write_timer,
    Unsupported: _write_raw,
}
