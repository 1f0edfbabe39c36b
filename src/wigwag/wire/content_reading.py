"""Reading a decrypted message: through its wrappers to the one content it carries."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final

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
    Revoke,
    Text,
    TimerSet,
    Unsupported,
)
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.content_cards import (
    read_contact,
    read_contacts,
    read_live_location,
    read_location,
    read_poll,
    read_rich,
    read_vote,
)
from wigwag.wire.content_context import is_of_two, read_context, read_key
from wigwag.wire.content_fields import (
    BOT_INVOKE,
    CONTEXT_INFO,
    DEVICE_SENT,
    PROTOCOL,
    SILENT,
    VIEW_ONCE,
    WRAPPERS,
    numbers,
)
from wigwag.wire.content_media import (
    read_audio,
    read_document,
    read_image,
    read_sticker,
    read_video,
)
from wigwag.wire.content_sealed import SealedPart, as_reply, read_reaction, read_sealed
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import scan_fields
from wigwag.wire.protocol_messages import ProtocolPart, read_protocol
from wigwag.wire.sealing import Use

DEPTH_LIMIT: Final = 8
"""Wrappers and edits around a content; what lies deeper is not looked at."""

NAMES_LIMIT: Final = 16
SECRET_LIMIT: Final = 64
SENDER_KEY_LIMIT: Final = 4_096

_FIELDS_LOOKED_AT: Final = 10_000


class SenderKeyDistribution(Value):
    """The sender's key for `group` (as it names it), to be processed before the content."""

    group: str
    data: bytes


class Decoded(Value):
    """A decrypted message. `content` is None when it carries only parts of the protocol."""

    content: Content | None = None
    view_once: bool = False
    ephemeral_s: int = 0
    """Seconds after which it disappears; 0 is never."""
    device_sent_to: Jid | None = None
    """Where it went, when another device of our own sent it."""
    sender_key: SenderKeyDistribution | None = None
    protocol: ProtocolPart | None = None
    sealed: SealedPart | None = None
    secret: bytes = b""
    """What others seal their reactions and answers to it with."""
    asks_bot: bool = False


class _Reading:
    """What is known while one message is read."""

    __slots__ = (
        "asks_bot",
        "depth",
        "destination",
        "duration_s",
        "key",
        "own",
        "protocol",
        "sealed",
        "secret",
        "view_once",
    )

    def __init__(self, key: MessageKey, own: Sequence[Jid], secret: bytes) -> None:
        self.key = key
        self.own = own
        self.secret = secret
        self.asks_bot = False
        self.depth = 0
        self.duration_s = 0
        self.view_once = False
        self.destination: Jid | None = None
        self.protocol: ProtocolPart | None = None
        self.sealed: SealedPart | None = None


def read_message(
    message: e2e_pb2.Message,
    key: MessageKey,
    own: Sequence[Jid] = (),
    *,
    raw: bytes | None = None,
    secret: bytes = b"",
) -> Decoded:
    """Like wigwag.wire.content.decode_message, for a parsed message.

    `raw` is its serialised form, if at hand; `secret` its secret as told elsewhere.
    """
    reading = _Reading(key, own, secret)
    content = _read(message, reading)
    if isinstance(content, Unsupported):
        content = Unsupported(
            fields=content.fields, raw=message.SerializeToString() if raw is None else raw
        )
    return Decoded(
        content=content,
        view_once=reading.view_once,
        ephemeral_s=_expiration(content),
        device_sent_to=reading.destination,
        sender_key=_sender_key(message),
        protocol=reading.protocol,
        sealed=reading.sealed,
        secret=reading.secret,
        asks_bot=reading.asks_bot,
    )


def _sender_key(message: e2e_pb2.Message) -> SenderKeyDistribution | None:
    """Beside the content, or beside what another device of our own sent."""
    if message.HasField("deviceSentMessage"):
        message = message.deviceSentMessage.message
    if not message.HasField("senderKeyDistributionMessage"):
        return None
    part = message.senderKeyDistributionMessage
    group, data = claims.find_jid(part.groupID), part.axolotlSenderKeyDistributionMessage
    if group is None or not 0 < len(data) <= SENDER_KEY_LIMIT:
        return None
    return SenderKeyDistribution(group=str(group), data=data)


def _expiration(content: Content | None) -> int:
    if isinstance(content, Edit):
        content = content.content
    if isinstance(content, Text | Media | Location | Contacts | Poll):
        return content.context.ephemeral_s
    return 0


def _read(message: e2e_pb2.Message, reading: _Reading) -> Content | None:
    """The content of `message`; an Unsupported has no raw bytes yet."""
    while reading.depth < DEPTH_LIMIT:
        reading.depth += 1
        parts = [(field.number, value) for field, value in message.ListFields()]
        inner = _unwrapped(parts, reading)
        if inner is None:
            return _read_parts(message, parts, reading)
        message = inner
    return Unsupported(fields=("nested_too_deep",), raw=b"")


def _unwrapped(parts: list[tuple[int, Any]], reading: _Reading) -> e2e_pb2.Message | None:
    """The message inside the wrapper among `parts`, if there is one; notes what wrappers say."""
    inner: e2e_pb2.Message | None = None
    for number, value in parts:
        if number == CONTEXT_INFO:
            reading.secret = claims.blob(value.messageSecret, SECRET_LIMIT) or reading.secret
            reading.duration_s = value.messageAddOnDurationInSecs
        elif number in WRAPPERS and inner is None and value.HasField("message"):
            inner = value.message
            if number == DEVICE_SENT and reading.depth == 1:
                reading.destination = claims.find_jid(value.destinationJID)
            elif number in VIEW_ONCE:
                reading.view_once = True
            elif number == BOT_INVOKE:
                reading.asks_bot = True
    return inner


def _read_parts(
    message: e2e_pb2.Message, parts: list[tuple[int, Any]], reading: _Reading
) -> Content | None:
    """The first part that is understood; else Unsupported by name; None when there is nothing."""
    silent = True
    for number, value in parts:
        reader = _READERS.get(number)
        if reader is not None:
            content = reader(value, reading)
            if content is not None:
                return content
            if number == PROTOCOL and reading.protocol is not None:
                continue
        silent = silent and number in SILENT
    names = _unread_names(message)
    return None if silent and not names else Unsupported(fields=names, raw=b"")


def _unread_names(message: e2e_pb2.Message) -> tuple[str, ...]:
    """The names of the fields that carry something; a field we know no name of is `field_N`."""
    known = e2e_pb2.Message.DESCRIPTOR.fields_by_number
    names: dict[str, None] = {}
    for field in islice(scan_fields(message.SerializeToString()), _FIELDS_LOOKED_AT):
        if field.number not in SILENT and field.number != PROTOCOL:
            descriptor = known.get(field.number)
            names[descriptor.name if descriptor else f"field_{field.number}"] = None
            if len(names) == NAMES_LIMIT:
                break
    return tuple(names)


def _read_conversation(value: str | bytes, _reading: _Reading) -> Content:
    return Text(text=claims.text(value))


def _read_extended(part: e2e_pb2.ExtendedTextMessage, _reading: _Reading) -> Content:
    context = read_context(part.contextInfo) if part.HasField("contextInfo") else NO_CONTEXT
    return Text(text=claims.text(part.text), context=context)


def _read_protocol(part: e2e_pb2.ProtocolMessage, reading: _Reading) -> Content | None:
    """A revoke, an edit or a timer is content, and so is that a status mentions us; anything else
    is noted as part of the protocol.

    The type must be there: an unknown one reads as the default, which is a revoke.
    """
    kind = part.type if part.HasField("type") else None
    if kind == e2e_pb2.ProtocolMessage.REVOKE:
        return _read_revoke(part, reading)
    if kind == e2e_pb2.ProtocolMessage.MESSAGE_EDIT:
        return _read_edit(part, reading)
    if kind == e2e_pb2.ProtocolMessage.EPHEMERAL_SETTING:
        return TimerSet(seconds=part.ephemeralExpiration)
    if kind == e2e_pb2.ProtocolMessage.STATUS_MENTION_MESSAGE:
        return Unsupported(fields=("statusMentionMessage",), raw=b"")
    reading.protocol = read_protocol(part, reading.key.sender)
    return None


def _read_revoke(part: e2e_pb2.ProtocolMessage, reading: _Reading) -> Content | None:
    """In a chat of two only the sender's own message can be meant, whatever the key says."""
    key = reading.key
    target = read_key(part.key, key, reading.own)
    if target is None:
        return _unusable(part)
    if is_of_two(key.chat):
        target = MessageKey(chat=key.chat, sender=key.sender, id=target.id, from_me=key.from_me)
    return Revoke(target=target)


def _read_edit(part: e2e_pb2.ProtocolMessage, reading: _Reading) -> Content | None:
    """Only its author edits a message, so the target is always the sender's own."""
    key = reading.key
    message_id = claims.identifier(part.key.ID)
    content = _read(part.editedMessage, reading)
    if not message_id or content is None or isinstance(content, Edit | Unsupported):
        return _unusable(part)
    target = MessageKey(chat=key.chat, sender=key.sender, id=message_id, from_me=key.from_me)
    return Edit(target=target, content=content)


def _unusable(_part: e2e_pb2.ProtocolMessage) -> Content:
    return Unsupported(fields=("protocolMessage",), raw=b"")


def _read_reaction(part: e2e_pb2.ReactionMessage, reading: _Reading) -> Content | None:
    target = read_key(part.key, reading.key, reading.own)
    if target is None:
        return None
    return read_reaction(part, target)


def _sealed(use: Use) -> Callable[[e2e_pb2.EncReactionMessage, _Reading], None]:
    """A reader that notes a sealed part."""

    def read(part: e2e_pb2.EncReactionMessage, reading: _Reading) -> None:
        reading.sealed = read_sealed(part, use, reading.key, reading.own)

    return read


def _read_secret(part: e2e_pb2.SecretEncryptedMessage, reading: _Reading) -> None:
    """Of what is changed this way only edits are understood."""
    if part.secretEncType == e2e_pb2.SecretEncryptedMessage.MESSAGE_EDIT:
        reading.sealed = read_sealed(part, Use.MESSAGE_EDIT, reading.key, reading.own)


def _read_comment(part: e2e_pb2.CommentMessage, reading: _Reading) -> Content | None:
    target = read_key(part.targetMessageKey, reading.key, reading.own)
    content = _read(part.message, reading)
    return content if target is None else as_reply(content, target)


def _read_pin(part: e2e_pb2.PinInChatMessage, reading: _Reading) -> Content | None:
    kind, target = e2e_pb2.PinInChatMessage, read_key(part.key, reading.key, reading.own)
    if target is None or part.type not in (kind.PIN_FOR_ALL, kind.UNPIN_FOR_ALL):
        return None
    pinned = part.type == kind.PIN_FOR_ALL
    return Pin(target=target, pinned=pinned, duration_s=reading.duration_s if pinned else 0)


def _read_image(part: e2e_pb2.ImageMessage, reading: _Reading) -> Content:
    reading.view_once = reading.view_once or part.viewOnce
    return read_image(part)


def _read_video(part: e2e_pb2.VideoMessage, reading: _Reading) -> Content:
    reading.view_once = reading.view_once or part.viewOnce
    return read_video(part)


def _read_audio(part: e2e_pb2.AudioMessage, reading: _Reading) -> Content:
    reading.view_once = reading.view_once or part.viewOnce
    return read_audio(part)


def _read_poll(part: e2e_pb2.PollCreationMessage, reading: _Reading) -> Content:
    return read_poll(part, reading.secret)


def _read_vote(part: e2e_pb2.PollUpdateMessage, reading: _Reading) -> Content | None:
    return read_vote(part, reading.key, reading.own)


def _alone(read: Callable[[Any], Content | None]) -> Callable[[Any, _Reading], Content | None]:
    """A reader that needs nothing but its part."""
    return lambda part, _reading: read(part)


_READERS_BY_NAME: Final[dict[str, Callable[[Any, _Reading], Content | None]]] = {
    "conversation": _read_conversation,
    "extendedTextMessage": _read_extended,
    "protocolMessage": _read_protocol,
    "imageMessage": _read_image,
    "videoMessage": _read_video,
    "ptvMessage": _read_video,
    "audioMessage": _read_audio,
    "documentMessage": _alone(read_document),
    "stickerMessage": _alone(read_sticker),
    "locationMessage": _alone(read_location),
    "liveLocationMessage": _alone(read_live_location),
    "contactMessage": _alone(read_contact),
    "contactsArrayMessage": _alone(read_contacts),
    "reactionMessage": _read_reaction,
    "pollCreationMessage": _read_poll,
    "pollCreationMessageV2": _read_poll,
    "pollCreationMessageV3": _read_poll,
    "pollCreationMessageV5": _read_poll,
    "pollCreationMessageV6": _read_poll,
    "pollUpdateMessage": _read_vote,
    "pinInChatMessage": _read_pin,
    "encReactionMessage": _sealed(Use.REACTION),
    "encCommentMessage": _sealed(Use.COMMENT),
    "secretEncryptedMessage": _read_secret,
    "commentMessage": _read_comment,
    "richResponseMessage": _alone(read_rich),
}

_READERS: Final = {
    number: reader for name, reader in _READERS_BY_NAME.items() for number in numbers(name)
}
