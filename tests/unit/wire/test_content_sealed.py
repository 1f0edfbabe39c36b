"""Sealed parts: found in a message, and what they say once they are opened."""

import pytest

from wigwag.model.content import Edit, MessageKey, Quoted, Reaction, Text
from wigwag.model.jid import parse_jid
from wigwag.wire.content import decode_message, decode_sealed
from wigwag.wire.content_sealed import SealedPart, seal_reaction
from wigwag.wire.proto import e2e_pb2
from wigwag.wire.sealing import Seal, Use, open_sealed

GROUP = parse_jid("120363000000001@g.us")
ANN = parse_jid("900000000001@lid")
BEN = parse_jid("900000000002@lid")
KEY = MessageKey(chat=GROUP, sender=BEN, id="3EB0CC")
TARGET = MessageKey(chat=GROUP, sender=ANN, id="3EB0AA")
SECRET = bytes(range(32))


def sealed(use: Use, target: MessageKey = TARGET) -> SealedPart:
    return SealedPart(use=use, target=target, payload=b"", iv=b"")


def test_a_sealed_reaction_comes_back() -> None:
    reaction = Reaction(target=TARGET, emoji="👍")
    raw = seal_reaction(reaction, SECRET, BEN, bytes)
    decoded = decode_message(raw, KEY)
    assert decoded.content is None
    part = decoded.sealed
    assert part is not None
    assert (part.use, part.target) == (Use.REACTION, TARGET)
    of_target = Seal(message_id=TARGET.id, author=ANN, secret=SECRET)
    plain = open_sealed([of_target], Use.REACTION, [BEN], part.payload, part.iv)
    assert plain is not None
    assert decode_sealed(part, plain, KEY) == reaction


def test_a_comment_is_a_reply() -> None:
    quoted = Quoted(id=TARGET.id, sender=ANN)
    plain = e2e_pb2.Message(conversation="when?").SerializeToString()
    content = decode_sealed(sealed(Use.COMMENT), plain, KEY)
    assert isinstance(content, Text)
    assert (content.text, content.context.quoted) == ("when?", quoted)
    message = e2e_pb2.Message()
    message.commentMessage.message.conversation = "when?"
    message.commentMessage.targetMessageKey.ID = TARGET.id
    message.commentMessage.targetMessageKey.participant = str(ANN)
    assert decode_message(message.SerializeToString(), KEY).content == content


def test_a_sealed_edit_is_one_of_the_senders_own_message() -> None:
    plain = e2e_pb2.Message(conversation="better").SerializeToString()
    content = decode_sealed(sealed(Use.MESSAGE_EDIT), plain, KEY)
    own = MessageKey(chat=GROUP, sender=BEN, id=TARGET.id)
    assert content == Edit(target=own, content=Text(text="better"))


@pytest.mark.parametrize(
    "field",
    [
        "encReactionMessage",
        "encCommentMessage",
        "encEventResponseMessage",
        "secretEncryptedMessage",
    ],
)
def test_a_sealed_part_alone_is_no_content(field: str) -> None:
    message = e2e_pb2.Message()
    getattr(message, field).targetMessageKey.ID = TARGET.id
    getattr(message, field).encPayload = bytes(40)
    assert decode_message(message.SerializeToString(), KEY).content is None


def test_a_bots_answer_in_parts_is_its_texts() -> None:
    message = e2e_pb2.Message()
    for text in ("The capital", "", "is Paris."):
        message.richResponseMessage.submessages.add(messageText=text)
    content = decode_message(message.SerializeToString(), KEY).content
    assert content == Text(text="The capital\nis Paris.")
