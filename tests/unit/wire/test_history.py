"""Special cases of history: stubs, edits, reactions, damage, sizes."""

import zlib
from datetime import UTC, datetime

import pytest

from wigwag.model.content import MessageKey, Poll, Reaction, Text
from wigwag.model.jid import parse_jid
from wigwag.model.message import SendState
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.history import HistoryChunk, HistoryReader, decode_history, encode_history, inflate
from wigwag.wire.proto import e2e_pb2, history_pb2
from wigwag.wire.web_message import decode_web_message

ME = parse_jid("491700000099@s.whatsapp.net")
MY_LID = parse_jid("900000000099@lid")
PEER = parse_jid("491700000001@s.whatsapp.net")
PEER_LID = parse_jid("900000000001@lid")
GROUP = parse_jid("120363000000000001@g.us")


def chunk_of(wire: history_pb2.HistorySync) -> HistoryChunk:
    return decode_history(zlib.compress(wire.SerializeToString()), ME, MY_LID)


def conversation(wire: history_pb2.HistorySync, jid: str = str(PEER)) -> history_pb2.Conversation:
    return wire.conversations.add(ID=jid)


def message(
    chat: history_pb2.Conversation, message_id: str = "3EB0AA", **key: object
) -> history_pb2.WebMessageInfo:
    web = chat.messages.add().message
    web.key.ID = message_id
    web.messageTimestamp = 1_772_366_400
    for name, value in key.items():
        setattr(web.key, name, value)
    return web


def test_stubs_are_counted():
    wire = history_pb2.HistorySync()
    chat = conversation(wire)
    message(chat).messageStubType = 39
    message(chat).messageStubType = 2
    message(chat).message.conversation = "hi"
    chunk = chunk_of(wire)
    assert (chunk.stubs, len(chunk.messages)) == (2, 1)


def test_damaged_messages_are_counted_and_spoil_no_other():
    wire = history_pb2.HistorySync()
    chat = conversation(wire)
    message(chat, "").message.conversation = "no id"
    message(chat).message.conversation = "hi"
    conversation(wire, "nonsense")
    message(conversation(wire, str(GROUP))).message.conversation = "nobody's"
    raw = wire.SerializeToString() + bytes([0x12, 0x03, 0x12, 0x50, 0x01])
    chunk = decode_history(zlib.compress(raw), ME)
    assert (chunk.malformed, len(chunk.messages), len(chunk.chats)) == (4, 1, 2)


def test_a_chat_may_tell_its_address_last():
    head = history_pb2.Conversation(ID=str(PEER), name="Ada").SerializeToString()
    chat = history_pb2.Conversation()
    message(chat).message.conversation = "hi"
    body = chat.SerializeToString() + head
    raw = bytes([0x12, len(body)]) + body
    chunk = decode_history(zlib.compress(raw), ME)
    assert chunk.chats[0].name == "Ada"
    assert chunk.messages[0].key.chat == PEER


def test_both_addresses_of_a_chat():
    wire = history_pb2.HistorySync()
    chat = conversation(wire, str(PEER_LID))
    chat.pnJID = str(PEER)
    message(chat).message.conversation = "in"
    message(chat, "3EB0BB", fromMe=True).message.conversation = "out"
    chunk = chunk_of(wire)
    incoming, outgoing = chunk.messages
    assert (chunk.chats[0].jid, chunk.chats[0].alt) == (PEER_LID, PEER)
    assert (incoming.key.sender, incoming.sender_alt) == (PEER_LID, PEER)
    assert (outgoing.key.sender, outgoing.sender_alt) == (MY_LID, ME)
    assert (incoming.chat_alt, outgoing.chat_alt) == (PEER, PEER)


def test_an_edit_is_told_as_its_outcome():
    wire = history_pb2.HistorySync()
    web = message(conversation(wire), "3EB0EE")
    part = web.message.editedMessage.message.protocolMessage
    part.type = e2e_pb2.ProtocolMessage.MESSAGE_EDIT
    part.key.ID = "3EB0AA"
    part.editedMessage.conversation = "new"
    (told,) = chunk_of(wire).messages
    assert (told.key.id, told.content) == ("3EB0AA", Text(text="new"))


def test_reactions_are_told_as_messages():
    wire = history_pb2.HistorySync()
    web = message(conversation(wire, str(GROUP)), participant=str(PEER))
    web.message.conversation = "hi"
    reaction = web.reactions.add(text="👍", senderTimestampMS=1_772_366_401_500)
    reaction.key.ID, reaction.key.participant = "3EB0RR", str(PEER)
    own = web.reactions.add(text="❤")
    own.key.ID, own.key.fromMe = "3EB0OO", True
    web.reactions.add(text="x")
    text, theirs, mine = chunk_of(wire).messages
    assert theirs.key == MessageKey(chat=GROUP, sender=PEER, id="3EB0RR")
    assert theirs.content == Reaction(target=text.key, emoji="👍")
    assert theirs.timestamp == datetime(2026, 3, 1, 12, 0, 1, 500_000, tzinfo=UTC)
    assert (mine.key.sender, mine.key.from_me) == (ME, True)


def test_the_secret_of_a_poll_may_lie_beside_it():
    wire = history_pb2.HistorySync()
    web = message(conversation(wire))
    web.message.pollCreationMessageV3.name = "?"
    web.messageSecret = b"s" * 32
    assert chunk_of(wire).messages[0].content == Poll(question="?", options=(), secret=b"s" * 32)


@pytest.mark.parametrize(
    ("status", "state"),
    [(0, SendState.FAILED), (1, None), (2, SendState.SENT), (4, SendState.READ)],
)
def test_states_of_own_messages(status: int, state: SendState | None):
    wire = history_pb2.HistorySync()
    chat = conversation(wire)
    for from_me in (True, False):
        web = message(chat, fromMe=from_me)
        web.message.conversation = "hi"
        web.MergeFromString(bytes([0x20, status]))
    message(chat, fromMe=True).message.conversation = "no status"
    assert [told.state for told in chunk_of(wire).messages] == [state, None, None]


@pytest.mark.parametrize("timestamp", [0, 2**60, 2**64 - 1])
def test_absurd_times_are_the_epoch(timestamp: int):
    wire = history_pb2.HistorySync()
    web = message(conversation(wire))
    web.message.conversation = "hi"
    web.messageTimestamp = timestamp
    assert chunk_of(wire).messages[0].timestamp == datetime(1970, 1, 1, tzinfo=UTC)


def test_status_updates_need_an_author():
    wire = history_pb2.HistorySync()
    for participant in (str(PEER), ""):
        web = wire.statusV3Messages.add()
        web.key.ID, web.key.participant = "3EB0AA", participant
        web.message.conversation = "status"
    chunk = chunk_of(wire)
    assert [str(told.key.chat) for told in chunk.messages] == ["status@broadcast"]
    assert chunk.malformed == 1


def test_unread_and_archived():
    wire = history_pb2.HistorySync()
    conversation(wire).unreadCount = 2**32 - 1
    conversation(wire, str(GROUP)).archived = True
    first, second = chunk_of(wire).chats
    assert (first.unread, first.archived, second.archived) == (0, False, True)


def test_a_bomb_is_not_inflated():
    bomb = zlib.compress(bytes(5_000_000))
    with pytest.raises(MalformedProtobuf):
        HistoryReader(bomb, ME, limit_bytes=1_000_000)
    assert len(inflate(bomb, 5_000_000)) == 5_000_000


@pytest.mark.parametrize("blob", [b"", b"x", zlib.compress(b"\x08\x03")[:-3]])
def test_what_is_no_blob(blob: bytes):
    with pytest.raises(MalformedProtobuf):
        HistoryReader(blob, ME)


def test_an_unknown_kind_of_sync():
    assert decode_history(zlib.compress(b"\x08\x63"), ME).sync_type == "unknown"
    with pytest.raises(MalformedProtobuf):
        encode_history(sync_type="other")


def test_a_message_alone_needs_a_chat():
    with pytest.raises(MalformedProtobuf):
        decode_web_message(b"", ME)
