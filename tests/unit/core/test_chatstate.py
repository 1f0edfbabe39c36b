"""Chats and messages changed from here: to WhatsApp, and into the archive by the one door."""

from datetime import timedelta

import pytest

from stored.desk import Desk
from stored.engine import StoredEngine
from stored.makers import ANN, ANN_LID, BEN, GROUP, at, received
from wigwag.core.chatstate import ChatState
from wigwag.core.chatwishes import ChatWishes
from wigwag.model.appstate import (
    AppMessage,
    ChatArchived,
    ChatCleared,
    ChatDeleted,
    ContactNamed,
    MessageDeleted,
    MessageRange,
    MessageStarred,
    PushNameSet,
    RangeMessage,
    SettingChanged,
    SettingName,
    StatusMode,
    StatusPrivacySet,
)
from wigwag.model.errors import InvalidInput, NotConnected, NotFound
from wigwag.model.event import IdentityLinked

ACCOUNT = "default"


@pytest.fixture
def engine(linked: Desk) -> StoredEngine:
    return linked.attach()


@pytest.fixture
def state(linked: Desk, engine: StoredEngine) -> ChatState:
    assert engine.appstate.sink is not None
    return ChatState(linked.library, linked.accounts)


async def test_flags_of_a_chat(linked: Desk, engine: StoredEngine, state: ChatState) -> None:
    await linked.take(received("A1", seconds=5), IdentityLinked(lid=ANN_LID, pn=ANN))
    chat = await state.archive(ACCOUNT, str(ANN_LID), archived=True)
    assert (chat.jid, chat.archived) == (str(ANN), True)
    newest = RangeMessage(message=AppMessage(chat=ANN, id="A1"), at=at(5))
    assert engine.appstate.changes == [
        ChatArchived(chat=ANN, archived=True, range=MessageRange(last_at=at(5), messages=(newest,)))
    ]
    assert (await state.pin(ACCOUNT, "+491700000001", pinned=True)).pinned_at is not None
    until = at(0) + timedelta(hours=8)
    assert (await state.mute(ACCOUNT, str(ANN), muted=True, until=until)).muted_until == until
    assert (await state.mark_read(ACCOUNT, str(ANN), read=False)).marked_unread
    assert (await state.mark_read(ACCOUNT, str(ANN), read=True)).unread == 0
    assert len(await linked.events("chat.updated")) == 5


async def test_several_wishes_at_once(linked: Desk, engine: StoredEngine, state: ChatState) -> None:
    await linked.take(received("A1", seconds=5), IdentityLinked(lid=ANN_LID, pn=ANN))
    wishes = ChatWishes(pinned=True, muted=True, marked_unread=False)
    chat = await state.change(ACCOUNT, str(ANN_LID), wishes)
    assert (chat.pinned_at is not None, chat.muted, chat.unread) == (True, True, 0)
    assert [type(one).__name__ for one in engine.appstate.changes] == [
        "ChatPinned", "ChatMuted", "ChatMarkedRead",
    ]  # fmt: skip
    assert await state.change(ACCOUNT, str(ANN), wishes) == chat
    assert len(engine.appstate.changes) == 3, "what is done already is no change"
    with pytest.raises(NotFound):
        await state.change(ACCOUNT, str(BEN), wishes)


async def test_messages(linked: Desk, engine: StoredEngine, state: ChatState) -> None:
    await linked.take(
        received("G1", chat=GROUP, sender=BEN, seconds=5),
        received("G2", chat=GROUP, from_me=True, seconds=6),
    )
    assert (await state.star(ACCOUNT, "G1", starred=True)).starred
    named = AppMessage(chat=GROUP, id="G1", sender=BEN)
    assert engine.appstate.changes == [MessageStarred(message=named, starred=True)]
    gone = await state.delete_for_me(ACCOUNT, "G2", delete_media=True)
    assert gone.deleted_at is not None
    own = AppMessage(chat=GROUP, id="G2", from_me=True)
    assert engine.appstate.changes[1] == MessageDeleted(
        message=own, delete_media=True, sent_at=at(6)
    )
    with pytest.raises(NotFound):
        await state.star(ACCOUNT, "G9", starred=True)


async def test_clearing_and_deleting(linked: Desk, engine: StoredEngine, state: ChatState) -> None:
    await linked.take(received("A1", seconds=5))
    await state.clear(ACCOUNT, str(ANN), keep_starred=True)
    assert (await linked.library.get_message(ACCOUNT, "A1")).deleted_at is not None
    await state.delete(ACCOUNT, str(ANN), delete_media=True)
    with pytest.raises(NotFound):
        await linked.library.get_chat(ACCOUNT, str(ANN))
    cleared, deleted = engine.appstate.changes
    assert isinstance(cleared, ChatCleared)
    assert (cleared.keep_starred, cleared.delete_media) == (True, False)
    assert deleted == ChatDeleted(chat=ANN, delete_media=True)  # nothing is left to name


async def test_the_account(linked: Desk, engine: StoredEngine, state: ChatState) -> None:
    await state.set_push_name(ACCOUNT, "Alexandra")
    await state.name_contact(ACCOUNT, "+491700000001", "Ann Example", "Ann")
    await state.set_status_privacy(ACCOUNT, StatusMode.ALLOW_LIST, (str(ANN),))
    await state.set_setting(ACCOUNT, SettingName.UNARCHIVE_CHATS, value=True)
    assert engine.appstate.changes == [
        PushNameSet(name="Alexandra"),
        ContactNamed(jid=ANN, full_name="Ann Example", first_name="Ann"),
        StatusPrivacySet(mode=StatusMode.ALLOW_LIST, people=(ANN,)),
        SettingChanged(name=SettingName.UNARCHIVE_CHATS, value=True),
    ]
    assert (await linked.library.get_contact(ACCOUNT, str(ANN))).full_name == "Ann Example"
    with pytest.raises(InvalidInput):
        await state.set_push_name(ACCOUNT, "")
    with pytest.raises(InvalidInput):
        await state.name_contact(ACCOUNT, str(GROUP), "Friends")
    with pytest.raises(InvalidInput):
        await state.set_setting(ACCOUNT, SettingName.LOCALE, value=True)


async def test_what_whatsapp_did_not_take_is_not_in_the_archive(
    linked: Desk, engine: StoredEngine, state: ChatState
) -> None:
    await linked.take(received("A1"))
    engine.appstate.errors = [NotConnected()]
    with pytest.raises(NotConnected):
        await state.pin(ACCOUNT, str(ANN), pinned=True)
    assert (await linked.library.get_chat(ACCOUNT, str(ANN))).pinned_at is None
    assert await linked.events("chat.updated") == []
