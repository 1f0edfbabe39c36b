"""Whatever comes in whatever order: one person is one chat, no address leaks, and the index has
the words that the messages have."""

import asyncio
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from stored.desk import Desk
from stored.engine import OWN, OWN_LID
from stored.makers import CONNECTED, GROUP, at, edit, key, reaction, received, revoke
from stored.searching import check_index
from wigwag.core.identity import plain
from wigwag.core.views import (
    chat_view,
    contact_view,
    event_view,
    group_view,
    message_view,
    receipt_view,
)
from wigwag.model.archived import MessageFilter
from wigwag.model.chat import ChatSummary, Contact, Group, Participant
from wigwag.model.content import Context, Quoted, Text
from wigwag.model.event import (
    ChatPresenceChanged,
    ContactsChanged,
    EngineEvent,
    GroupChanged,
    GroupChangeKind,
    GroupJoined,
    HistoryReceived,
    IdentityLinked,
    MessageReceived,
    MessageUndecryptable,
    PresenceChanged,
    ReceiptReceived,
)
from wigwag.model.jid import Jid
from wigwag.model.receipt import Receipt, ReceiptKind

PEOPLE = tuple(
    (Jid(f"{number}100000000000{number}", "lid"), Jid(f"49170000000{number}", "s.whatsapp.net"))
    for number in range(1, 5)
)
ALL = (*PEOPLE, (OWN_LID, OWN))
IDS = tuple(f"3EB0{number:02X}" for number in range(12))
CHANGE_IDS = tuple(f"3EB1{number:02X}" for number in range(12))
"""A change has an id of its own, and what could not be opened may turn out to be one."""
HOSTED = {"lid": "hosted.lid", "s.whatsapp.net": "hosted"}
TEXTS = ("hello", "Straße", "你好世界", "お世話に 😀")
DEVICE = re.compile(r":\d+@|hosted")


@st.composite
def forms(draw: st.DrawFn) -> tuple[Jid, Jid | None]:
    """Somebody by any address and device, and perhaps the other address."""
    one, other = draw(st.permutations(draw(st.sampled_from(PEOPLE))))
    device = draw(st.sampled_from((0, 0, 3)))
    if draw(st.booleans()):
        one = Jid(one.user, draw(st.sampled_from((one.server, HOSTED[one.server]))))
    alt = draw(st.sampled_from((None, other, other.with_device(device))))
    return one.with_device(device), alt


@st.composite
def messages(draw: st.DrawFn) -> MessageReceived:
    chat, alt = draw(forms())
    in_group = draw(st.booleans())
    other, _ = draw(forms())
    target = key(draw(st.sampled_from(IDS)), chat=GROUP if in_group else chat, sender=chat)
    quoted = Quoted(id=target.id, sender=other, text="before")
    words = draw(st.sampled_from(TEXTS))
    said = Text(text=words, context=Context(quoted=quoted, mentions=(other, chat)))
    content = draw(
        st.sampled_from((said, said, edit(target, words), revoke(target), reaction(target, "+")))
    )
    return received(
        draw(st.sampled_from(IDS if isinstance(content, Text) else CHANGE_IDS)),
        content,
        chat=GROUP if in_group else chat,
        sender=chat,
        chat_alt=None if in_group else alt,
        sender_alt=alt,
        seconds=draw(st.integers(0, 50)),
        push_name=draw(st.sampled_from(("", "Sam", "Sam"))),
        from_history=draw(st.booleans()),
    )


@st.composite
def reports(draw: st.DrawFn) -> EngineEvent:
    """Anything else that names people."""
    one, alt = draw(forms())
    other, other_alt = draw(forms())
    kind = ReceiptKind.READ
    members = (Participant(jid=one, alt=alt, admin=True), Participant(jid=other, alt=other_alt))
    summary = ChatSummary(jid=plain(one), alt=alt, name="Sam", unread=2)
    group = Group(jid=GROUP, subject="Us", participants=members, owner=other)
    lid, pn = draw(st.sampled_from(PEOPLE))
    return draw(
        st.sampled_from(
            (
                IdentityLinked(lid=lid, pn=pn),
                MessageUndecryptable(
                    key=key(draw(st.sampled_from(IDS)), chat=one), timestamp=at(1), reason="x"
                ),
                ReceiptReceived(
                    receipt=Receipt(
                        kind=kind, chat=GROUP, sender=one, ids=IDS[:3], timestamp=at(2)
                    )
                ),
                ContactsChanged(contacts=(Contact(jid=one, alt=alt, full_name="Sam"),)),
                GroupJoined(group=group),
                GroupChanged(
                    chat=GROUP, kind=GroupChangeKind.ADD, timestamp=at(3), author=one,
                    participants=(other,),
                ),
                PresenceChanged(jid=one, available=True),
                ChatPresenceChanged(chat=GROUP, sender=one, activity="composing"),
                HistoryReceived(sync_type="recent", progress=1, chunk=1, chats=(summary,)),
            )
        )
    )  # fmt: skip


late_links = st.lists(st.sampled_from(PEOPLE), unique=True).map(
    lambda people: [IdentityLinked(lid=lid, pn=pn) for lid, pn in people]
)
traffic = st.tuples(
    st.lists(messages() | messages() | reports(), min_size=1, max_size=14), late_links
).map(lambda parts: [*parts[0], *parts[1]])


def told_pairs(events: Sequence[EngineEvent]) -> Iterator[tuple[Jid | None, ...]]:
    for event in events:
        match event:
            case MessageReceived(message=message):
                yield message.key.sender, message.sender_alt
            case IdentityLinked(lid=lid, pn=pn):
                yield lid, pn
            case ContactsChanged(contacts=contacts):
                yield from ((contact.jid, contact.alt) for contact in contacts)
            case GroupJoined(group=group):
                yield from ((member.jid, member.alt) for member in group.participants)
            case HistoryReceived(chats=chats):
                yield from ((chat.jid, chat.alt) for chat in chats)
            case _:
                continue


def known_people(events: Sequence[EngineEvent]) -> dict[str, str]:
    """The canonical address of every address that occurs, when all is told."""
    known = {str(OWN_LID): str(OWN)}
    for one, other in told_pairs(events):
        if one is not None and other is not None:
            pair = {str(plain(one)), str(plain(other))}
            known |= {str(lid): str(pn) for lid, pn in PEOPLE if pair == {str(lid), str(pn)}}
    return known


async def everything(desk: Desk) -> list[Any]:
    """All that a client can be shown."""
    library = desk.library
    messages = list((await library.list_messages("default", MessageFilter(), limit=200)).items)
    shown: list[Any] = [message_view(message) for message in messages]
    for message in messages:
        receipts = await desk.archive.list_receipts(message)
        shown += [receipt_view(receipt) for receipt in receipts]
    shown += [chat_view(chat) for chat in (await library.list_chats("default", limit=200)).items]
    contacts = (await library.list_contacts("default", limit=200)).items
    shown += [contact_view(contact) for contact in contacts]
    group = await desk.archive.find_group("default", str(GROUP))
    shown += [group_view(group)] if group is not None else []
    for event in await desk.log(account="default"):
        shown.append({**event_view(event), "data": json.loads(bytes(event.data))})
    return shown


def phones(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        parts = cast("dict[str, Any]", value)
        if parts.get("phone") is not None:
            yield parts["phone"]
        for part in parts.values():
            yield from phones(part)
    elif isinstance(value, list):
        for part in cast("list[Any]", value):
            yield from phones(part)


async def check(folder: Path, events: list[EngineEvent]) -> None:
    desk = await Desk.open(folder)
    try:
        await desk.take(CONNECTED)
        for event in events:
            await desk.take(event)
        known = known_people(events)
        shown = await everything(desk)
        assert not DEVICE.search(json.dumps(shown, default=str))
        numbers = {"+" + pn.user for _, pn in ALL}
        assert set(phones(shown)) <= numbers
        chats = {row[0] for row in desk.rows("SELECT jid FROM chats")}
        assert not chats & known.keys()
        for table in ("messages", "contacts", "participants", "reactions", "changes", "receipts"):
            column = {"contacts": "jid", "participants": "jid", "receipts": "person"}
            rows = desk.rows(f"SELECT {column.get(table, 'sender')} FROM {table}")
            assert not {row[0] for row in rows} & known.keys()
        for lid, pn in PEOPLE:
            if str(lid) in known:
                assert await desk.library.resolve("default", str(lid)) == str(pn)
        expected = {
            (known.get(chat, chat), known.get(sender, sender), message_id)
            for chat, sender, message_id in message_keys(events)
        }
        rows = desk.rows("SELECT chat_jid, sender, id FROM messages")
        assert sorted(tuple(row) for row in rows) == sorted(expected)
        assert not desk.count("rejected")
        check_index(folder / "messages.db")
    finally:
        await desk.close()


def message_keys(events: Sequence[EngineEvent]) -> Iterator[tuple[str, str, str]]:
    for event in events:
        if isinstance(event, MessageUndecryptable):
            found = event.key
        elif isinstance(event, MessageReceived) and isinstance(event.message.content, Text):
            found = event.message.key
        else:
            continue
        yield str(plain(found.chat)), str(plain(found.sender)), found.id


@settings(max_examples=40)
@given(traffic)
def test_one_person_is_one_chat_and_no_address_leaks(events: list[EngineEvent]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder), events))
