"""Message keys and what surrounds a content: quote, mentions, forwarding, expiry.

A key inside a message is written from its sender's point of view; `read_key` turns it into ours.
The rules are those of whatsmeow's BuildMessageKey (send.go) and msgsecret.go.
"""

from collections.abc import Sequence
from typing import Final

from wigwag.model.content import NO_CONTEXT, Context, MessageKey, Quoted
from wigwag.model.jid import (
    BROADCAST_SERVER,
    GROUP_SERVER,
    NEWSLETTER_SERVER,
    SERVER_JID,
    STATUS_JID,
    Jid,
)
from wigwag.wire import claims
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.protobuf import parse

QUOTED_LIMIT: Final = 262_144
"""Bytes of a quoted message that are kept; of a larger one only its text is."""

MENTIONS_LIMIT: Final = 2_048
_WRAPPERS_IN_QUOTES: Final = 4
_MANY_PARTIES: Final = frozenset({GROUP_SERVER, BROADCAST_SERVER, NEWSLETTER_SERVER})


def is_of_two(chat: Jid) -> bool:
    """Whether a chat has one other party: no group, broadcast list, status or channel."""
    return chat.server not in _MANY_PARTIES


def write_key(target: MessageKey, wire: e2e_pb2.MessageKey) -> None:
    """Say which message is meant, in the words of the one who sends.

    Raises MalformedProtobuf when `target` has no id that may go out.
    """
    if not claims.identifier(target.id):
        raise MalformedProtobuf("a message key needs an id of printable ASCII")
    wire.remoteJID = str(target.chat.bare)
    wire.fromMe = target.from_me
    wire.ID = target.id
    if not target.from_me and not is_of_two(target.chat):
        wire.participant = str(target.sender.bare)


def read_key(
    wire: e2e_pb2.MessageKey, key: MessageKey, own: Sequence[Jid] = ()
) -> MessageKey | None:
    """The message that `wire` names inside the message `key`; None when it names none.

    `own` holds our own bare addresses. In a chat of two they may be missing: then our address is
    what the peer calls it. The chat is always the one of `key`, except for a status update.
    """
    message_id = claims.identifier(wire.ID)
    if not message_id:
        return None
    chat = STATUS_JID if wire.remoteJID == "status@broadcast" else key.chat
    if wire.fromMe:
        return MessageKey(chat=chat, sender=key.sender, id=message_id, from_me=key.from_me)
    if not is_of_two(chat):
        author = claims.find_jid(wire.participant)
        if author is None:
            return None
        return MessageKey(chat=chat, sender=author, id=message_id, from_me=author in own)
    if key.from_me:
        return MessageKey(chat=chat, sender=chat, id=message_id)
    return MessageKey(chat=chat, sender=_own_in(chat, wire, own), id=message_id, from_me=True)


def read_account_key(
    wire: e2e_pb2.MessageKey, own: Jid, chat: Jid | None = None
) -> MessageKey | None:
    """The message that a device of our own account names by `wire`; None when it names none.

    `chat` is where it lies, when that is known better than by `wire`; `own` our address there.
    """
    message_id = claims.identifier(wire.ID)
    chat = chat or claims.find_jid(wire.remoteJID)
    if not message_id or chat is None:
        return None
    if wire.fromMe:
        return MessageKey(chat=chat, sender=own, id=message_id, from_me=True)
    author = chat
    if chat.server in _MANY_PARTIES and chat.server != NEWSLETTER_SERVER:
        author = claims.find_jid(wire.participant)
        if author is None:
            return None
    return MessageKey(chat=chat, sender=author, id=message_id)


def _own_in(chat: Jid, wire: e2e_pb2.MessageKey, own: Sequence[Jid]) -> Jid:
    """Our address in a chat of two: the one of the chat's kind, else any."""
    for jid in own:
        if jid.server == chat.server:
            return jid
    if own:
        return own[0]
    return claims.find_jid(wire.remoteJID) or SERVER_JID


def write_context(context: Context, info: e2e_pb2.ContextInfo) -> None:
    """Raises MalformedProtobuf when the raw quoted message is not one."""
    quoted = context.quoted
    if quoted is not None:
        info.stanzaID = quoted.id
        if quoted.sender is not None:
            info.participant = str(quoted.sender.bare)
        if quoted.chat is not None:
            info.remoteJID = str(quoted.chat.bare)
        _write_quoted(quoted, info.quotedMessage)
    if context.mentions:
        info.mentionedJID.extend([str(jid.bare) for jid in context.mentions])
    if context.forwarded:
        info.isForwarded = True
        info.forwardingScore = 1
    if context.ephemeral_s:
        info.expiration = claims.outgoing_uint32(context.ephemeral_s)


def _write_quoted(quoted: Quoted, message: e2e_pb2.Message) -> None:
    if quoted.raw:
        message.CopyFrom(parse(e2e_pb2.Message, quoted.raw))
    else:
        message.conversation = claims.outgoing_text(quoted.text)


def read_context(info: e2e_pb2.ContextInfo) -> Context:
    """Mentions that are no addresses are dropped; so is a quote without an id."""
    context = Context(
        quoted=_read_quoted(info) if info.HasField("stanzaID") else None,
        mentions=_read_mentions(info),
        forwarded=info.isForwarded or info.forwardingScore > 0,
        ephemeral_s=info.expiration,
    )
    return NO_CONTEXT if context == NO_CONTEXT else context


def _read_mentions(info: e2e_pb2.ContextInfo) -> tuple[Jid, ...]:
    mentioned = info.mentionedJID
    if not mentioned:
        return ()
    found = (claims.find_jid(text) for text in mentioned[:MENTIONS_LIMIT])
    return tuple(jid for jid in found if jid is not None)


def _read_quoted(info: e2e_pb2.ContextInfo) -> Quoted | None:
    message_id = claims.identifier(info.stanzaID)
    if not message_id:
        return None
    text, raw = "", b""
    if info.HasField("quotedMessage"):
        text = quoted_text(info.quotedMessage)
        raw = _raw_beyond(text, info.quotedMessage)
    return Quoted(
        id=message_id,
        sender=claims.find_jid(info.participant),
        chat=claims.find_jid(info.remoteJID),
        text=text,
        raw=raw,
    )


def _raw_beyond(text: str, message: e2e_pb2.Message) -> bytes:
    """The quoted message serialised, or nothing when `text` says it all or it is too large."""
    raw = message.SerializeToString()
    if len(raw) > QUOTED_LIMIT or raw == e2e_pb2.Message(conversation=text).SerializeToString():
        return b""
    return raw


def quoted_text(message: e2e_pb2.Message) -> str:
    """The text or caption of a message, looked for inside the usual wrappers."""
    for _ in range(_WRAPPERS_IN_QUOTES):
        inner = _unwrapped(message)
        if inner is None:
            break
        message = inner
    if message.HasField("conversation"):
        return claims.text(message.conversation)
    if message.HasField("extendedTextMessage"):
        return claims.text(message.extendedTextMessage.text)
    for part in ("imageMessage", "videoMessage", "documentMessage"):
        if message.HasField(part):
            return claims.text(getattr(message, part).caption)
    return ""


def _unwrapped(message: e2e_pb2.Message) -> e2e_pb2.Message | None:
    if message.HasField("ephemeralMessage"):
        return message.ephemeralMessage.message
    if message.HasField("viewOnceMessage"):
        return message.viewOnceMessage.message
    if message.HasField("viewOnceMessageV2"):
        return message.viewOnceMessageV2.message
    if message.HasField("documentWithCaptionMessage"):
        return message.documentWithCaptionMessage.message
    if message.HasField("associatedChildMessage"):
        return message.associatedChildMessage.message
    return None
