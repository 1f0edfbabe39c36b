"""App state in the archive: flags, stars, deletions, labels and settings; each told once."""

import json
from datetime import UTC, datetime
from itertools import permutations

import pytest

from stored.desk import Desk
from stored.makers import ANN, ANN_LID, BEN, GROUP, at, message, picture, received
from wigwag.model.appstate import (
    AppMessage,
    AppStateChange,
    ChatArchived,
    ChatCleared,
    ChatDeleted,
    ChatLabelled,
    ChatLocked,
    ChatMarkedRead,
    ChatMuted,
    ChatPinned,
    ContactNamed,
    LabelEdited,
    MessageDeleted,
    MessageLabelled,
    MessageRange,
    MessageStarred,
    PushNameSet,
    QuickReplySet,
    SettingChanged,
    SettingName,
    StatusMode,
    StatusPrivacySet,
    TimedChange,
)
from wigwag.model.archived import MessageFilter
from wigwag.model.content import MediaRef
from wigwag.model.event import AppStateChanged, EngineEvent, HistoryReceived, IdentityLinked

A1 = AppMessage(chat=ANN, id="A1")
ALL_OF_A_KIND = MessageFilter()


def patch(*changes: AppStateChange, version: int = 1, first: bool = False) -> AppStateChanged:
    return AppStateChanged(
        collection="regular_low",
        version=version,
        epoch="e1",
        part=0,
        changes=tuple(TimedChange(change=change, at=at(version)) for change in changes),
        first=first,
    )


async def listed(desk: Desk, wanted: MessageFilter = ALL_OF_A_KIND) -> list[str]:
    page = await desk.library.list_messages("default", wanted)
    return [one.id for one in page.items]


async def test_flags_of_a_chat_are_kept_and_told_once(linked: Desk) -> None:
    changes = (
        ChatArchived(chat=ANN, archived=True),
        ChatPinned(chat=ANN, pinned=True),
        ChatMuted(chat=ANN, muted=True, until=at(500)),
        ChatMarkedRead(chat=ANN, read=False),
        ChatLocked(chat=ANN, locked=True),
    )
    await linked.take(received("A1"))
    await linked.take(patch(*changes))
    chat = await linked.library.get_chat("default", str(ANN))
    assert (chat.archived, chat.pinned_at, chat.muted, chat.muted_until) == (
        True,
        at(1),
        True,
        at(500),
    )
    assert (chat.marked_unread, chat.locked, chat.unread) == (True, True, 1)
    told = await linked.events("chat.updated")
    assert len(told) == 5
    assert told[-1]["muted_until"] == "2026-03-01T12:08:20Z"
    # the same patch again, as after a crash between the archive and the engine's inbox
    await linked.take(patch(*changes), patch(*changes[:1], version=2))
    assert len(await linked.events("chat.updated")) == 5


async def test_a_patch_that_is_handed_over_twice_turns_nothing_back(linked: Desk) -> None:
    await linked.take(received("A1"))
    both = [
        patch(ChatPinned(chat=ANN, pinned=True), version=1),
        patch(ChatPinned(chat=ANN, pinned=False), version=2),
    ]
    await linked.take(*both)
    await linked.take(*both)
    assert len(await linked.events("chat.updated")) == 2
    assert (await linked.library.get_chat("default", str(ANN))).pinned_at is None


async def test_the_first_fetch_makes_rows_and_no_events(linked: Desk) -> None:
    await linked.take(
        patch(
            ChatPinned(chat=BEN, pinned=True),
            ChatMuted(chat=GROUP, muted=True),
            LabelEdited(id="7", name="Work", color=3),
            ContactNamed(jid=BEN, full_name="Ben Example"),
            SettingChanged(name=SettingName.LOCALE, value="en_GB"),
            first=True,
        )
    )
    assert await linked.types() == ["account.state"]
    chat = await linked.library.get_chat("default", str(BEN))
    assert (chat.name, chat.pinned_at) == ("Ben Example", at(1))
    group = await linked.library.get_chat("default", str(GROUP))
    assert (group.muted, group.muted_until) == (True, None)


async def test_read_up_to_a_range(linked: Desk) -> None:
    for number in range(4):
        await linked.take(received(f"A{number}", seconds=10 * number))
    await linked.take(patch(ChatMarkedRead(chat=ANN, read=False)))
    await linked.take(
        patch(ChatMarkedRead(chat=ANN, read=True, range=MessageRange(last_at=at(10))), version=2)
    )
    chat = await linked.library.get_chat("default", str(ANN))
    assert (chat.unread, chat.marked_unread) == (2, False)
    await linked.take(patch(ChatMarkedRead(chat=ANN, read=True), version=3))
    assert (await linked.library.get_chat("default", str(ANN))).unread == 0


async def test_stars(linked: Desk) -> None:
    await linked.take(received("A1"), received("A2", seconds=1))
    await linked.take(patch(MessageStarred(message=A1, starred=True)))
    assert await listed(linked, MessageFilter(starred=True)) == ["A1"]
    assert await listed(linked, MessageFilter(starred=False)) == ["A2"]
    await linked.take(patch(MessageStarred(message=A1, starred=False), version=2))
    assert await listed(linked, MessageFilter(starred=True)) == []
    told = await linked.events("message.starred")
    assert [(e["id"], e["starred"], e["pending"]) for e in told] == [
        ("A1", True, False),
        ("A1", False, False),
    ]


async def test_a_star_in_a_group_finds_its_message_with_and_without_its_sender(
    linked: Desk,
) -> None:
    await linked.take(
        received("G1", chat=GROUP, sender=ANN), received("G1", chat=GROUP, sender=BEN)
    )
    named = AppMessage(chat=GROUP, id="G1", sender=BEN)
    await linked.take(patch(MessageStarred(message=named, starred=True)))
    page = await linked.library.list_messages("default", MessageFilter(starred=True))
    assert [one.sender.jid for one in page.items] == [str(BEN)]
    await linked.take(received("G2", chat=GROUP, sender=ANN))
    unnamed = AppMessage(chat=GROUP, id="G2")
    await linked.take(patch(MessageStarred(message=unnamed, starred=True), version=2))
    assert set(await listed(linked, MessageFilter(starred=True))) == {"G1", "G2"}
    own = AppMessage(chat=GROUP, id="G3", from_me=True)
    await linked.take(received("G3", chat=GROUP, from_me=True))
    await linked.take(patch(MessageDeleted(message=own), version=3))
    assert "G3" not in await listed(linked)


@pytest.mark.parametrize("from_history", [False, True])
@pytest.mark.parametrize("sender", [None, ANN])
async def test_what_was_said_of_a_message_that_comes_later(
    linked: Desk, sender: object, *, from_history: bool
) -> None:
    star = AppMessage(chat=GROUP, id="G1", sender=ANN if sender else None)
    gone = AppMessage(chat=GROUP, id="G2", sender=ANN if sender else None)
    await linked.take(
        patch(MessageStarred(message=star, starred=True), MessageDeleted(message=gone))
    )
    assert (await linked.events("message.starred"))[0]["pending"] is True
    late = [message(f"G{n}", chat=GROUP, sender=ANN) for n in (1, 2, 3)]
    if from_history:
        await linked.take(
            HistoryReceived(sync_type="recent", progress=100, chunk=1, messages=tuple(late))
        )
    else:
        await linked.take(*(received(f"G{n}", chat=GROUP, sender=ANN) for n in (1, 2, 3)))
    assert set(await listed(linked)) == {"G1", "G3"}
    assert await listed(linked, MessageFilter(starred=True)) == ["G1"]
    assert (await linked.library.get_message("default", "G2")).deleted_at == at(1)


async def test_a_message_deleted_for_us_is_left_out_of_lists_and_searches(linked: Desk) -> None:
    ref = MediaRef(
        direct_path="/v/1", media_key=b"k", file_sha256=b"s", file_enc_sha256=b"e", size_bytes=1
    )
    await linked.take(received("A1", picture(ref, caption="apricot")), received("A2", "plum"))
    change = MessageDeleted(message=A1, delete_media=True)
    await linked.take(patch(change), patch(change, version=2))
    assert await listed(linked) == ["A2"]
    assert await listed(linked, MessageFilter(query="apricot")) == []
    (told,) = await linked.events("message.deleted")
    assert (told["id"], told["deleted_at"]) == ("A1", "2026-03-01T12:00:01Z")
    kept = await linked.library.get_message("default", "A1")
    assert (kept.text, kept.deleted_at) == ("apricot", at(1))
    assert kept.media is not None
    assert kept.media.state == "gone"
    assert linked.count("messages") == 2


CLEARED = MessageRange(last_at=at(20))


async def test_a_chat_is_cleared_up_to_its_range(linked: Desk) -> None:
    for number in range(5):
        await linked.take(received(f"A{number}", seconds=10 * number))
    starred = MessageStarred(message=A1, starred=True)
    await linked.take(patch(starred))
    clear = ChatCleared(chat=ANN, range=CLEARED, keep_starred=True)
    await linked.take(patch(clear, version=2))
    assert await listed(linked) == ["A4", "A3", "A1"]
    chat = await linked.library.get_chat("default", str(ANN))
    assert chat.unread == 2
    told = (await linked.events("chat.updated"))[-1]
    assert (told["cleared_until"], told["deleted"]) == ("2026-03-01T12:00:20.999Z", False)
    await linked.take(patch(ChatCleared(chat=ANN, range=CLEARED), version=3))
    assert await listed(linked) == ["A4", "A3"]


async def test_a_range_to_the_end_of_all_time_reaches_every_message(linked: Desk) -> None:
    """Times up to the year 9999 pass the wire; the archive keeps none beyond 2109."""
    await linked.take(received("A1", "x", seconds=1))
    ever = MessageRange(last_at=datetime(9999, 12, 31, tzinfo=UTC))
    changes = (ChatMarkedRead(chat=ANN, read=True, range=ever), ChatCleared(chat=ANN, range=ever))
    await linked.take(patch(*changes))
    assert await listed(linked) == []
    chat = await linked.library.get_chat("default", str(ANN))
    assert chat.unread == 0
    assert linked.count("rejected") == 0


async def test_what_comes_late_into_a_cleared_chat_is_hidden_too(linked: Desk) -> None:
    await linked.take(patch(ChatCleared(chat=ANN, range=CLEARED)))
    past = tuple(message(f"A{n}", seconds=10 * n) for n in range(4))
    await linked.take(
        HistoryReceived(sync_type="recent", progress=100, chunk=1, messages=past),
        received("B1", seconds=5),
        received("B2", seconds=60),
    )
    assert await listed(linked) == ["B2", "A3"]
    assert linked.count("messages") == 6


async def test_a_deleted_chat_comes_back_with_its_next_message(linked: Desk) -> None:
    await linked.take(received("A1", seconds=10), received("A2", seconds=20))
    await linked.take(patch(ChatDeleted(chat=ANN, range=MessageRange(last_at=at(10)))))
    assert await listed(linked) == ["A2"]
    assert (await linked.events("chat.updated"))[-1]["deleted"] is False
    await linked.take(patch(ChatDeleted(chat=ANN, range=CLEARED), version=2))
    assert (await linked.library.list_chats("default")).items == ()
    assert (await linked.events("chat.updated"))[-1]["deleted"] is True
    await linked.take(received("A3", seconds=30))
    (chat,) = (await linked.library.list_chats("default")).items
    assert (chat.jid, chat.unread) == (str(ANN), 1)
    assert await listed(linked) == ["A3"]


async def test_labels(linked: Desk) -> None:
    await linked.take(received("A1"), received("A2"))
    changes = (
        LabelEdited(id="7", name="Work", color=3),
        ChatLabelled(label="7", chat=ANN, labelled=True),
        MessageLabelled(label="7", chat=ANN, message_id="A1", labelled=True),
    )
    await linked.take(patch(*changes), patch(*changes, version=2))
    (label,) = await linked.library.list_labels("default")
    assert (label.id, label.name, label.color, label.chats, label.messages) == (
        "7",
        "Work",
        3,
        1,
        1,
    )
    assert (await linked.library.get_chat("default", str(ANN))).labels == ("7",)
    assert await listed(linked, MessageFilter(label="7")) == ["A1"]
    assert len(await linked.events("label.updated")) == 1
    assigned = await linked.events("label.assigned")
    assert [(e["message_id"], e["assigned"]) for e in assigned] == [(None, True), ("A1", True)]
    await linked.take(patch(ChatLabelled(label="7", chat=ANN, labelled=False), version=3))
    assert (await linked.library.get_chat("default", str(ANN))).labels == ()
    await linked.take(patch(LabelEdited(id="7", deleted=True), version=4))
    assert await linked.library.list_labels("default") == []
    assert await listed(linked, MessageFilter(label="7")) == []
    assert (await linked.events("label.updated"))[-1]["deleted"] is True


async def test_settings_and_quick_replies(linked: Desk) -> None:
    changes = (
        PushNameSet(name="Alexandra"),
        SettingChanged(name=SettingName.UNARCHIVE_CHATS, value=True),
        StatusPrivacySet(mode=StatusMode.DENY_LIST, people=(ANN_LID, BEN)),
        QuickReplySet(id="5", shortcut="hi", text="Hello there", keywords=("greet",)),
    )
    await linked.take(IdentityLinked(lid=ANN_LID, pn=ANN))
    await linked.take(patch(*changes), patch(*changes, version=2))
    settings = {
        one.name: json.loads(bytes(one.value))
        for one in await linked.library.list_settings("default")
    }
    assert settings == {
        "push_name": "Alexandra",
        "unarchive_chats": True,
        "status_privacy": {"mode": "deny_list", "people": [str(ANN), str(BEN)]},
    }
    assert len(await linked.events("account.setting")) == 3
    (reply,) = await linked.library.list_quick_replies("default")
    assert (reply.shortcut, reply.text, reply.keywords) == ("hi", "Hello there", ("greet",))
    await linked.take(patch(QuickReplySet(id="5", deleted=True), version=3))
    assert await linked.library.list_quick_replies("default") == []
    assert len(await linked.events("quick_reply.updated")) == 2


async def test_a_contact_is_renamed_and_removed(linked: Desk) -> None:
    await linked.take(received("A1", push_name="annie"))
    named = ContactNamed(jid=ANN, alt=ANN_LID, full_name="Ann Example", first_name="Ann")
    await linked.take(patch(named))
    contact = await linked.library.get_contact("default", str(ANN_LID))
    assert (contact.full_name, contact.push_name) == ("Ann Example", "annie")
    await linked.take(patch(ContactNamed(jid=ANN), version=2))
    contact = await linked.library.get_contact("default", str(ANN))
    assert (contact.full_name, contact.person.name) == ("", "annie")
    assert (await linked.events("contact.updated"))[-1]["name"] == "annie"


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_flags_of_both_addresses_are_of_one_chat(
    linked: Desk, order: tuple[int, ...]
) -> None:
    steps: list[EngineEvent] = [
        patch(ChatPinned(chat=ANN_LID, pinned=True), ChatLocked(chat=ANN_LID, locked=True)),
        patch(ChatMuted(chat=ANN, muted=True), version=2),
        IdentityLinked(lid=ANN_LID, pn=ANN),
    ]
    for number in order:
        await linked.take(steps[number])
    (chat,) = (await linked.library.list_chats("default")).items
    assert (chat.jid, chat.pinned_at, chat.muted, chat.locked) == (str(ANN), at(1), True, True)
