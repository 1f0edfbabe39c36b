"""Facts as events: addresses, receipts, groups, and what says nothing."""

import zlib
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from wigwag.engine.whatsmeow.calls import Callers
from wigwag.engine.whatsmeow.facts import (
    CallEndFact,
    CallFact,
    CatchUpFact,
    Fact,
    GroupChangeFact,
    HistoryFact,
    Member,
    MessageFact,
    ReceiptFact,
    Source,
    UndecryptableFact,
)
from wigwag.engine.whatsmeow.reading import FactReader, Malformed, addresses_of
from wigwag.model.content import Edit, MessageKey, Text, Unsupported
from wigwag.model.event import (
    CallEnd,
    CallEnded,
    CallOffered,
    CaughtUp,
    EngineEvent,
    GroupChanged,
    GroupChangeKind,
    MessageReceived,
    MessageUndecryptable,
    ReceiptReceived,
)
from wigwag.model.jid import GROUP_SERVER, LID_SERVER, NEWSLETTER_SERVER, PN_SERVER, Jid
from wigwag.model.message import SendState
from wigwag.model.receipt import ReceiptKind
from wigwag.wire.content import encode_content

ME, ME_LID = Jid("15550100001", PN_SERVER), Jid("111", LID_SERVER)
ANN, ANN_LID = Jid("15550100002", PN_SERVER), Jid("222", LID_SERVER)
GROUP = Jid("333", GROUP_SERVER)
NEWS = Jid("444", NEWSLETTER_SERVER)
AT = datetime.fromtimestamp(1_700_000_000, UTC)


async def read(fact: Fact, *own: Jid) -> list[EngineEvent]:
    return await FactReader(lambda: own or (ME, ME_LID), Callers()).read(fact)


def message(source: Source, content: bytes, message_id: str = "A1") -> MessageFact:
    return MessageFact(
        source=source,
        id=message_id,
        server_id=0,
        timestamp_s=1_700_000_000,
        push_name="Ann",
        content=content,
    )


HI = encode_content(Text(text="hi"))


async def test_a_message_of_two_has_both_addresses_of_its_chat() -> None:
    source = Source(chat=str(ANN_LID), sender=f"{ANN_LID.user}:3@lid", sender_alt=str(ANN))
    (event,) = await read(message(source, HI))
    assert isinstance(event, MessageReceived)
    found = event.message
    assert found.key == MessageKey(chat=ANN_LID, sender=ANN_LID, id="A1")
    assert (found.chat_alt, found.sender_alt) == (ANN, ANN)
    assert (found.content, found.timestamp, found.state) == (Text(text="hi"), AT, None)


async def test_what_a_post_became_is_an_edit_with_an_id_of_its_own() -> None:
    source = Source(chat=str(NEWS), sender=str(NEWS))
    fact = replace(message(source, HI), edited=True)
    later = replace(fact, timestamp_s=fact.timestamp_s + 1)
    found = [event for one in (fact, fact, later) for event in await read(one)]
    edits = [event.message for event in found if isinstance(event, MessageReceived)]
    post = MessageKey(chat=NEWS, sender=NEWS, id="A1")
    assert [one.content for one in edits] == 3 * [Edit(target=post, content=Text(text="hi"))]
    first, again, last = (one.key.id for one in edits)
    assert first == again
    assert len({first, last, post.id}) == 3


async def test_an_own_message_names_its_receiver() -> None:
    source = Source(
        chat=str(ANN_LID),
        sender=str(ME_LID),
        from_me=True,
        sender_alt=str(ME),
        recipient_alt=str(ANN),
    )
    (event,) = await read(message(source, HI))
    assert isinstance(event, MessageReceived)
    assert (event.message.chat_alt, event.message.sender_alt) == (ANN, ME)
    assert event.message.state is SendState.SENT


async def test_a_group_has_one_address() -> None:
    source = Source(chat=str(GROUP), sender=str(ANN_LID), is_group=True, sender_alt=str(ANN))
    (event,) = await read(message(source, HI))
    assert isinstance(event, MessageReceived)
    assert (event.message.key.chat, event.message.chat_alt) == (GROUP, None)


async def test_parts_of_the_protocol_say_nothing_and_nonsense_is_kept() -> None:
    source = Source(chat=str(ANN), sender=str(ANN))
    assert await read(message(source, b"")) == []
    (event,) = await read(message(source, b"\xff\xff\xff"))
    assert isinstance(event, MessageReceived)
    assert event.message.content == Unsupported(fields=("malformed",), raw=b"\xff\xff\xff")


@pytest.mark.parametrize(
    ("source", "message_id"),
    [
        (Source(chat="", sender=str(ANN)), "A1"),
        (Source(chat=str(ANN), sender="nobody"), "A1"),
        (Source(chat=str(ANN), sender=str(ANN)), ""),
        (Source(chat=str(ANN), sender=str(ANN)), "A\n1"),
    ],
)
async def test_who_names_nobody_is_malformed(source: Source, message_id: str) -> None:
    with pytest.raises(Malformed):
        await read(message(source, HI, message_id))


@pytest.mark.parametrize(
    ("kind", "from_me", "found"),
    [
        ("delivered", False, (ReceiptKind.DELIVERED, False)),
        ("delivered", True, None),
        ("read", False, (ReceiptKind.READ, False)),
        ("read_self", True, (ReceiptKind.READ, True)),
        ("played", False, (ReceiptKind.PLAYED, False)),
        ("server_error", False, None),
        ("inactive", False, None),
        ("of_next_year", False, None),
    ],
)
async def test_receipts(kind: str, from_me: bool, found: tuple[ReceiptKind, bool] | None) -> None:
    source = Source(chat=str(ANN), sender=str(ANN), from_me=from_me)
    events = await read(
        ReceiptFact(source=source, ids=("A1", "", "A2"), timestamp_s=1_700_000_000, kind=kind)
    )
    told = [event.receipt for event in events if isinstance(event, ReceiptReceived)]
    assert [(receipt.kind, receipt.by_me) for receipt in told] == ([found] if found else [])
    assert all(receipt.ids == ("A1", "A2") for receipt in told)


@pytest.mark.parametrize(("hidden", "count"), [(True, 0), (False, 1)])
async def test_what_cannot_be_read_has_a_place_unless_it_is_hidden(
    hidden: bool, count: int
) -> None:
    fact = UndecryptableFact(
        source=Source(chat=str(ANN), sender=str(ANN)),
        id="A1",
        timestamp_s=1_700_000_000,
        push_name="",
        unavailable=True,
        hidden=hidden,
    )
    events = await read(fact)
    assert [type(event) for event in events] == [MessageUndecryptable] * count


async def test_changes_of_a_group() -> None:
    fact = GroupChangeFact(
        chat=str(GROUP),
        kind="subject",
        timestamp_s=1_700_000_000,
        author=str(ANN),
        text="New",
    )
    (subject,) = await read(fact)
    assert isinstance(subject, GroupChanged)
    assert (subject.kind, subject.subject, subject.text) == (GroupChangeKind.SUBJECT, "New", "")
    added = GroupChangeFact(
        chat=str(GROUP),
        kind="add",
        timestamp_s=1_700_000_000,
        author="",
        people=(str(ANN), "nobody"),
    )
    (event,) = await read(added)
    assert isinstance(event, GroupChanged)
    assert (event.kind, event.participants, event.author) == (GroupChangeKind.ADD, (ANN,), None)


async def test_calls() -> None:
    at = 1_700_000_000
    (offered,) = await read(
        CallFact(id="C", caller=str(ANN), caller_alt="", timestamp_s=at, video=True)
    )
    assert isinstance(offered, CallOffered)
    assert (offered.id, offered.caller, offered.video) == ("C", ANN, True)
    (ended,) = await read(
        CallEndFact(
            id="C", caller=str(ANN), caller_alt="", timestamp_s=at, reason="accepted_elsewhere"
        )
    )
    assert isinstance(ended, CallEnded)
    assert ended.reason is CallEnd.ELSEWHERE


async def test_what_had_waited_begins_and_ends() -> None:
    reader = FactReader(lambda: (ME,), Callers())
    done = CatchUpFact(count=3, done=True, timestamp_s=1_700_000_005)
    assert await reader.read(done) == []
    (begun,) = await reader.read(CatchUpFact(count=3, done=False, timestamp_s=1_700_000_000))
    (ended,) = await reader.read(done)
    assert isinstance(begun, CaughtUp)
    assert isinstance(ended, CaughtUp)
    assert begun.catch_up.completed_at is None
    assert (ended.catch_up.expected, ended.catch_up.received) == (3, 3)
    assert await reader.read(done) == []


@pytest.mark.parametrize("blob", [b"no zlib", zlib.compress(b"\xff\xff")])
async def test_history_that_cannot_be_opened_is_malformed(blob: bytes) -> None:
    with pytest.raises(Malformed):
        await read(HistoryFact(blob=blob))


def test_somebody_goes_by_the_address_that_is_told_first() -> None:
    both = Member(jid=str(ANN_LID), lid=str(ANN_LID), pn=str(ANN))
    assert addresses_of(both) == (ANN_LID, ANN)
    assert addresses_of(Member(jid="", lid=str(ANN_LID), pn=str(ANN))) == (ANN_LID, ANN)
    assert addresses_of(Member(jid=str(ANN), lid=str(ANN_LID))) == (ANN, ANN_LID)
    assert addresses_of(Member(jid="")) == (None, None)
