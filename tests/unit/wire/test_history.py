"""Special cases of history: stubs, edits, reactions, damage, sizes."""

import zlib
from datetime import UTC, datetime

import pytest

from wigwag.model.content import Edit, MessageKey, Poll, PollVote, Reaction, Revoke, Text
from wigwag.model.jid import Jid, parse_jid
from wigwag.model.message import SendState
from wigwag.model.receipt import ReceiptKind
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.history import (
    SECRETS_LIMIT,
    HistoryChunk,
    HistoryReader,
    PrivacyToken,
    decode_history,
    encode_history,
)
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


def edited(target_id: str, web_id: str) -> HistoryChunk:
    wire = history_pb2.HistorySync()
    web = message(conversation(wire), web_id)
    part = web.message.editedMessage.message.protocolMessage
    part.type = e2e_pb2.ProtocolMessage.MESSAGE_EDIT
    part.key.ID = target_id
    part.timestampMS = 1_772_366_460_000
    part.editedMessage.conversation = "new"
    return chunk_of(wire)


@pytest.mark.parametrize(
    ("web_id", "edit_id"), [("3EB0EE", "3EB0EE"), ("3EB0AA", "3EB0AA.edit.1772366460000")]
)
def test_an_edit_is_told_as_its_outcome_and_as_itself(web_id: str, edit_id: str):
    told, edit = edited("3EB0AA", web_id).messages
    assert (told.key.id, told.content) == ("3EB0AA", Text(text="new"))
    assert told.timestamp == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert (edit.key.id, edit.content) == (edit_id, Edit(target=told.key, content=told.content))
    assert edit.timestamp == datetime(2026, 3, 1, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(("stub", "author"), [(1, PEER), (132, ME)])
def test_a_message_that_was_taken_back(stub: int, author: Jid):
    wire = history_pb2.HistorySync()
    web = message(conversation(wire, str(GROUP)), "3EB0AA", participant=str(PEER))
    web.messageStubType = stub
    web.messageStubParameters.append(str(ME))
    web.revokeMessageTimestamp = 1_772_366_460
    (told,) = chunk_of(wire).messages
    assert told.content == Revoke(target=MessageKey(chat=GROUP, sender=PEER, id="3EB0AA"))
    assert (told.key.sender, told.key.from_me) == (author, author == ME)
    assert told.timestamp == datetime(2026, 3, 1, 12, 1, tzinfo=UTC)


def test_votes_are_told_opened():
    wire = history_pb2.HistorySync()
    web = message(conversation(wire, str(GROUP)), fromMe=True)
    web.message.pollCreationMessageV3.name = "?"
    update = web.pollUpdates.add(senderTimestampMS=1_772_366_401_500)
    update.pollUpdateMessageKey.ID = "3EB0VV"
    update.pollUpdateMessageKey.participant = str(PEER)
    update.vote.selectedOptions.extend([b"h" * 32, b"too short"])
    web.pollUpdates.add().pollUpdateMessageKey.ID = "3EB0SEALED"
    poll, vote = chunk_of(wire).messages
    assert vote.content == PollVote(poll=poll.key, selected=(b"h" * 32,))
    assert (vote.key.id, vote.key.sender) == ("3EB0VV", PEER)


def test_receipts_of_own_messages():
    wire = history_pb2.HistorySync()
    chat = conversation(wire)
    for from_me in (True, False):
        web = message(chat, fromMe=from_me)
        web.message.conversation = "hi"
        web.userReceipt.add(userJID=str(PEER), receiptTimestamp=5, readTimestamp=6)
        web.userReceipt.add(userJID="nobody", receiptTimestamp=5)
    got, read = chunk_of(wire).receipts
    assert (got.kind, got.chat, got.sender, got.ids) == (
        ReceiptKind.DELIVERED,
        PEER,
        PEER,
        ("3EB0AA",),
    )
    assert (read.kind, read.timestamp.timestamp()) == (ReceiptKind.READ, 6)


def test_the_secrets_of_a_group_are_told_of_its_newest_messages():
    wire = history_pb2.HistorySync()
    for jid in (GROUP, PEER):
        chat = conversation(wire, str(jid))
        for number in range(SECRETS_LIMIT + 1):
            web = message(chat, f"3EB0{number}", participant=str(PEER))
            web.message.conversation = "news"
            web.messageSecret = bytes([number]) * 32
    secrets = chunk_of(wire).secrets
    assert len(secrets) == SECRETS_LIMIT
    assert secrets[0].key == MessageKey(chat=GROUP, sender=PEER, id="3EB00")
    assert secrets[1].secret == bytes([1]) * 32


def test_a_privacy_token_lies_at_the_hidden_address():
    wire = history_pb2.HistorySync()
    chat = conversation(wire)
    chat.lidJID, chat.tcToken, chat.tcTokenTimestamp = str(PEER_LID), b"token", 7
    conversation(wire, str(GROUP)).tcToken = b"no person"
    assert chunk_of(wire).tokens == (PrivacyToken(user=PEER_LID, token=b"token", timestamp=7),)


@pytest.mark.parametrize(("kind", "complete"), [(0, False), (1, True), (2, False), (3, True)])
def test_whether_the_phone_has_more(kind: int, complete: bool):
    wire = history_pb2.HistorySync()
    conversation(wire).MergeFromString(bytes([0x58, kind]))
    conversation(wire)
    assert [chat.complete for chat in chunk_of(wire).chats] == [complete, None]


def test_what_means_nothing_here_is_counted_by_name():
    raw = bytes([0x6A, 0]) * 2 + bytes([0x62, 0])
    reader = HistoryReader(zlib.compress(raw), ME)
    assert list(reader.batches()) == []
    assert reader.ignored == {"call_logs": 2, "past_participants": 1}


def test_a_message_or_a_chat_beyond_the_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wigwag.wire.history.MESSAGE_LIMIT", 200)
    monkeypatch.setattr("wigwag.wire.history.CHATS_LIMIT", 2)
    wire = history_pb2.HistorySync()
    chat = conversation(wire)
    message(chat, "3EB0AA").message.conversation = "x" * 300
    message(chat, "3EB0BB").message.conversation = "hi"
    conversation(wire, str(GROUP)).name = "x" * 300
    conversation(wire, str(PEER_LID))
    chunk = chunk_of(wire)
    assert ([told.key.id for told in chunk.messages], len(chunk.chats)) == (["3EB0BB"], 1)
    assert chunk.malformed == 3


def test_a_part_beyond_the_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wigwag.wire.history.PART_LIMIT", 1_000)
    wire = history_pb2.HistorySync()
    conversation(wire).name = "x" * 1_001
    with pytest.raises(MalformedProtobuf):
        chunk_of(wire)


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


def test_who_is_whom_comes_from_every_part():
    wire = history_pb2.HistorySync()
    chat = conversation(wire)
    chat.lidJID = str(PEER_LID)
    message(chat).message.conversation = "hi"
    conversation(wire, "900000000002@lid").pnJID = "491700000002@s.whatsapp.net"
    wire.inlineContacts.add(pnJID="491700000003@s.whatsapp.net", lidJID="900000000003@lid")
    wire.phoneNumberToLidMappings.add(
        pnJID="491700000004@s.whatsapp.net", lidJID="900000000004@lid"
    )
    wire.phoneNumberToLidMappings.add(pnJID="0@s.whatsapp.net", lidJID="900000000005@lid")
    found = {(link.lid.user, link.pn.user) for link in chunk_of(wire).links}
    assert found == {(f"90000000000{n}", f"49170000000{n}") for n in (1, 2, 3, 4)}
