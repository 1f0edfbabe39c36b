"""Parts of a message that are sealed with the secret of another one: found, opened, made."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from wigwag.model.content import (
    Contacts,
    Content,
    Location,
    Media,
    MessageKey,
    Poll,
    Quoted,
    Reaction,
    Text,
)
from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.content_context import read_key, write_key
from wigwag.wire.proto import e2e_pb2, history_pb2
from wigwag.wire.sealing import Seal, Use, seal

EMOJI_LIMIT: Final = 64


class SealedPart(Value):
    """What only those can read who have the secret of `target`."""

    use: Use
    target: MessageKey
    payload: bytes
    iv: bytes


def read_sealed(
    part: e2e_pb2.EncReactionMessage | e2e_pb2.SecretEncryptedMessage,
    use: Use,
    key: MessageKey,
    own: Sequence[Jid],
) -> SealedPart | None:
    """The sealed part of the message `key`; None when it names no target."""
    target = read_key(part.targetMessageKey, key, own)
    if target is None:
        return None
    return SealedPart(use=use, target=target, payload=part.encPayload, iv=part.encIV)


def read_reaction(
    part: e2e_pb2.ReactionMessage | history_pb2.HistoryReaction, target: MessageKey
) -> Reaction:
    return Reaction(target=target, emoji=claims.text(part.text, EMOJI_LIMIT))


def seal_reaction(
    reaction: Reaction,
    secret: bytes,
    own: Jid,
    random: Callable[[int], bytes],
    timestamp: datetime | None = None,
) -> bytes:
    """The serialised message of `reaction` by `own`, as the announcements of a community take
    one; `secret` is that of its target.

    Raises MalformedProtobuf for a target without an id.
    """
    target = reaction.target
    plain = e2e_pb2.ReactionMessage(text=claims.outgoing_text(reaction.emoji))
    if timestamp is not None:
        plain.senderTimestampMS = claims.outgoing_ms(timestamp)
    message = e2e_pb2.Message()
    part = message.encReactionMessage
    write_key(target, part.targetMessageKey)
    of_target = Seal(message_id=target.id, author=target.sender, secret=secret)
    part.encPayload, part.encIV = seal(
        of_target, Use.REACTION, own, plain.SerializeToString(), random
    )
    return message.SerializeToString()


def as_reply(content: Content | None, target: MessageKey) -> Content | None:
    """A comment, as a reply to the message it is about."""
    if not isinstance(content, Text | Media | Location | Contacts | Poll):
        return content
    quoted = Quoted(id=target.id, sender=target.sender)
    return replace(content, context=replace(content.context, quoted=quoted))
