"""History there and back, in any batch size, and under any bytes."""

import zlib
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from values.contents import ids, names, own_messages, people, renderable, texts
from wigwag.model.chat import ChatSummary, Contact
from wigwag.model.content import Content, Edit, MessageKey, Reaction, Revoke
from wigwag.model.event import IdentityLinked
from wigwag.model.jid import STATUS_JID, Jid
from wigwag.model.message import Message, SendState
from wigwag.wire.errors import MalformedProtobuf
from wigwag.wire.history import HistoryReader, decode_history, encode_history
from wigwag.wire.web_message import decode_web_message, encode_web_message

few = settings(max_examples=30, deadline=None)
ME = Jid("491700000099", "s.whatsapp.net")
MY_LID = Jid("900000000099", "lid")
PEER, PEER_LID = Jid("491700000001", "s.whatsapp.net"), Jid("900000000001", "lid")
FRIEND = Jid("491700000002", "s.whatsapp.net")
GROUP = Jid("120363000000000001", "g.us")
CHATS = (PEER, FRIEND, PEER_LID, GROUP, STATUS_JID)
OTHER_ADDRESS = {PEER: PEER_LID, PEER_LID: PEER, FRIEND: None, GROUP: None, STATUS_JID: None}
states = st.sampled_from(
    (None, SendState.FAILED, SendState.SENT, SendState.DELIVERED, SendState.READ, SendState.PLAYED)
)
seconds = st.integers(1, 2**32).map(lambda s: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(0, s))


def own_in(chat: Jid) -> tuple[Jid, Jid]:
    return (MY_LID, ME) if chat.is_lid else (ME, MY_LID)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    chat = draw(st.sampled_from(CHATS))
    from_me = draw(st.booleans())
    own, own_alt = own_in(chat)
    other = draw(people) if chat in (GROUP, STATUS_JID) else chat
    sender, sender_alt = (own, own_alt) if from_me else (other, OTHER_ADDRESS[chat])
    content: Content = draw(renderable)
    if from_me and draw(st.booleans()):
        target = draw(own_messages(chat, own))
        content = draw(
            st.sampled_from((Revoke(target=target), Reaction(target=target, emoji="👍")))
        )
    return Message(
        key=MessageKey(chat=chat, sender=sender, id=draw(ids), from_me=from_me),
        timestamp=draw(seconds),
        content=content,
        push_name=draw(names),
        chat_alt=OTHER_ADDRESS[chat],
        sender_alt=sender_alt,
        view_once=draw(st.booleans()),
        from_history=True,
        state=draw(states) if from_me else None,
    )


summaries = st.builds(
    ChatSummary,
    jid=st.sampled_from((PEER, FRIEND, PEER_LID, GROUP)),
    name=names,
    last_message_time=st.none() | seconds,
    unread=st.integers(0, 1000),
    archived=st.booleans(),
    ephemeral_s=st.integers(0, 2**32 - 1),
    ephemeral_at=st.none() | seconds,
).map(lambda chat: msgspec.structs.replace(chat, alt=OTHER_ADDRESS[chat.jid]))
contacts = st.one_of(
    st.builds(Contact, jid=people, push_name=texts.filter(bool)),
    st.builds(
        Contact, jid=st.just(PEER), alt=st.none() | st.just(PEER_LID), full_name=st.just("x")
    ),
    st.builds(Contact, jid=st.just(PEER_LID), first_name=names.filter(bool)),
)
links = st.just(IdentityLinked(lid=PEER_LID, pn=PEER))


def is_told_once(found: list[Message]) -> bool:
    """Whether no id stands for two: what means a message of the chunk is told at that message."""
    told = [message.key.id for message in found]
    told += [one.content.target.id for one in found if isinstance(one.content, Reaction | Revoke)]
    return len(set(told)) == len(told)


chunks = st.fixed_dictionaries(
    {
        "chats": st.lists(summaries, max_size=3, unique_by=lambda chat: chat.jid),
        "messages": st.lists(messages(), max_size=8).filter(is_told_once),
        "contacts": st.lists(contacts, max_size=3),
        "links": st.lists(links, max_size=1),
    }
)


@few
@given(
    chunks,
    st.sampled_from(("recent", "full", "push_name", "on_demand", "initial_status_v3")),
    st.integers(1, 99),
    st.integers(0, 100),
)
def test_there_and_back(parts: dict[str, list[object]], kind: str, chunk: int, progress: int):
    blob = encode_history(sync_type=kind, chunk=chunk, progress=progress, **parts)  # type: ignore
    read = decode_history(blob, ME, MY_LID)
    assert (read.sync_type, read.chunk, read.progress) == (kind, chunk, progress)
    assert (read.stubs, read.malformed) == (0, 0)
    key = str
    assert sorted(read.messages, key=key) == sorted(parts["messages"], key=key)
    assert sorted(read.contacts, key=key) == sorted(parts["contacts"], key=key)
    told = set(read.links)
    assert set(parts["links"]) <= told <= {IdentityLinked(lid=PEER_LID, pn=PEER)}
    assert list(read.chats)[: len(parts["chats"])] == parts["chats"]


@few
@given(chunks, st.integers(1, 5))
def test_batches_are_the_same_in_pieces(parts: dict[str, list[object]], items: int):
    blob = encode_history(**parts)  # type: ignore
    whole = decode_history(blob, ME, MY_LID)
    batches = list(HistoryReader(blob, ME, MY_LID).batches(items))
    for name in ("chats", "messages", "contacts", "links"):
        pieces = [item for batch in batches for item in getattr(batch, name)]
        assert pieces == list(getattr(whole, name))
    for batch in batches[:-1]:
        size = sum(len(getattr(batch, name)) for name in ("chats", "messages", "contacts", "links"))
        assert size == items


@few
@given(messages().filter(lambda message: not isinstance(message.content, Edit)))
def test_one_message_again(message: Message):
    again = decode_web_message(encode_web_message(message), ME, MY_LID)
    sender_alt = message.sender_alt if message.key.from_me else None
    assert again == msgspec.structs.replace(message, chat_alt=None, sender_alt=sender_alt)


@few
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes):
    for blob in (data, zlib.compress(data)):
        try:
            chunk = decode_history(blob, ME, MY_LID)
        except MalformedProtobuf:
            continue
        assert chunk.malformed >= 0


@few
@given(chunks, st.data())
def test_damage_stays_where_it_is(parts: dict[str, list[object]], data: st.DataObject):
    raw = bytearray(zlib.decompress(encode_history(**parts)))  # type: ignore
    for _ in range(3):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        chunk = decode_history(zlib.compress(bytes(raw)), ME, MY_LID)
    except MalformedProtobuf:
        return
    repr(chunk).encode()
