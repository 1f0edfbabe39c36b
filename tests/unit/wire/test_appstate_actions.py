"""What each mutation of app state says, by the indexes and versions of real clients."""

from datetime import UTC, datetime

import pytest

from wigwag.model.appstate import (
    AppMessage,
    ChatArchived,
    ChatCleared,
    ChatDeleted,
    ChatLabelled,
    ChatMarkedRead,
    ChatMuted,
    ChatPinned,
    ContactNamed,
    LabelEdited,
    MessageDeleted,
    MessageLabelled,
    MessageRange,
    MessageStarred,
    QuickReplySet,
    RangeMessage,
    StatusMode,
    StatusPrivacySet,
)
from wigwag.model.jid import Jid
from wigwag.wire.appstate_actions import (
    MAX_LISTED,
    MAX_RANGE,
    Action,
    UnknownAction,
    read_action,
    read_removal,
)
from wigwag.wire.appstate_writing import write_action
from wigwag.wire.proto import syncd_pb2

PEER, LID = Jid("15550000001", "s.whatsapp.net"), Jid("100000000001", "lid")
GROUP = Jid("120363000000000001", "g.us")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FROM_PEER = AppMessage(chat=PEER, id="A1")
IN_GROUP = AppMessage(chat=GROUP, id="A2", sender=PEER)
OWN = AppMessage(chat=GROUP, id="A3", from_me=True)

WRITTEN: list[tuple[Action, str, tuple[str, ...], int]] = [
    (ChatMuted(chat=PEER, muted=True), "regular_high", ("mute", str(PEER)), 2),
    (ChatPinned(chat=PEER, pinned=True), "regular_low", ("pin_v1", str(PEER)), 5),
    (ChatArchived(chat=PEER, archived=True), "regular_low", ("archive", str(PEER)), 3),
    (ChatMarkedRead(chat=PEER, read=True), "regular_low", ("markChatAsRead", str(PEER)), 3),
    (
        MessageStarred(message=FROM_PEER, starred=True),
        "regular_high",
        ("star", str(PEER), "A1", "0", "0"),
        2,
    ),
    (
        MessageStarred(message=IN_GROUP, starred=True),
        "regular_high",
        ("star", str(GROUP), "A2", "0", str(PEER)),
        2,
    ),
    (
        MessageStarred(message=OWN, starred=True),
        "regular_high",
        ("star", str(GROUP), "A3", "1", "0"),
        2,
    ),
    (
        MessageDeleted(message=FROM_PEER),
        "regular_high",
        ("deleteMessageForMe", str(PEER), "A1", "0", "0"),
        3,
    ),
    (ChatCleared(chat=PEER), "regular_high", ("clearChat", str(PEER), "1", "0"), 6),
    (
        ChatCleared(chat=PEER, keep_starred=True, delete_media=True),
        "regular_high",
        ("clearChat", str(PEER), "0", "1"),
        6,
    ),
    (
        ChatDeleted(chat=PEER, delete_media=True),
        "regular_high",
        ("deleteChat", str(PEER), "1"),
        6,
    ),
    (LabelEdited(id="7", name="Work", color=3), "regular", ("label_edit", "7"), 3),
    (
        ChatLabelled(label="7", chat=PEER, labelled=True),
        "regular",
        ("label_jid", "7", str(PEER)),
        3,
    ),
    (
        MessageLabelled(label="7", chat=PEER, message_id="A1", labelled=True),
        "regular",
        ("label_message", "7", str(PEER), "A1", "0", "0"),
        3,
    ),
]


@pytest.mark.parametrize(("action", "collection", "index", "version"), WRITTEN)
def test_what_is_written_where(
    action: Action, collection: str, index: tuple[str, ...], version: int
):
    written = write_action(action, NOON)
    assert (written.collection, written.index, written.version) == (collection, index, version)


def test_a_change_of_a_chat_reaches_up_to_now_or_as_far_as_it_says():
    written = write_action(ChatArchived(chat=PEER, archived=True), NOON)
    value = syncd_pb2.SyncActionValue.FromString(written.value)
    told = read_action(written.index, value)
    assert told == ChatArchived(chat=PEER, archived=True, range=MessageRange(last_at=NOON))
    named = MessageRange(last_at=NOON, messages=(RangeMessage(message=IN_GROUP, at=NOON),))
    written = write_action(ChatDeleted(chat=GROUP, range=named))
    value = syncd_pb2.SyncActionValue.FromString(written.value)
    assert read_action(written.index, value) == ChatDeleted(chat=GROUP, range=named)


REMOVED: list[tuple[tuple[str, ...], Action]] = [
    (("contact", str(PEER)), ContactNamed(jid=PEER)),
    (("lid_contact", str(LID)), ContactNamed(jid=LID)),
    (("archive", str(PEER)), ChatArchived(chat=PEER, archived=False)),
    (("pin_v1", str(PEER)), ChatPinned(chat=PEER, pinned=False)),
    (("mute", str(PEER)), ChatMuted(chat=PEER, muted=False)),
    (("star", str(PEER), "A1", "0", "0"), MessageStarred(message=FROM_PEER, starred=False)),
    (("label_edit", "7"), LabelEdited(id="7", deleted=True)),
    (("label_jid", "7", str(PEER)), ChatLabelled(label="7", chat=PEER, labelled=False)),
    (("quick_reply", "5"), QuickReplySet(id="5", deleted=True)),
    (("clearChat", str(PEER), "1", "0"), UnknownAction(name="clearChat")),
    (("deleteChat", str(PEER), "1"), UnknownAction(name="deleteChat")),
    (("nux", "x"), UnknownAction(name="nux")),
    ((), UnknownAction(name="")),
]


@pytest.mark.parametrize(("parts", "meaning"), REMOVED)
def test_what_is_undone_when_its_value_goes(parts: tuple[str, ...], meaning: Action):
    assert read_removal(parts) == meaning


def test_who_wrote_a_message_is_known_only_where_it_was_told():
    value = syncd_pb2.SyncActionValue()
    value.starAction.starred = True
    for sender in ("0", "", "nobody"):
        action = read_action(("star", str(GROUP), "A2", "0", sender), value)
        assert action == MessageStarred(message=AppMessage(chat=GROUP, id="A2"), starred=True)


def test_long_lists_are_cut():
    value = syncd_pb2.SyncActionValue()
    value.statusPrivacy.mode = syncd_pb2.StatusPrivacyAction.DENY_LIST
    value.statusPrivacy.userJID.extend([str(PEER)] * (MAX_LISTED + 5))
    action = read_action(("status_privacy",), value)
    assert isinstance(action, StatusPrivacySet)
    assert (action.mode, len(action.people)) == (StatusMode.DENY_LIST, MAX_LISTED)
    value = syncd_pb2.SyncActionValue()
    for number in range(MAX_RANGE + 5):
        key = value.clearChatAction.messageRange.messages.add().key
        key.remoteJID, key.ID = str(PEER), str(number)
    cleared = read_action(("clearChat", str(PEER)), value)
    assert isinstance(cleared, ChatCleared)
    assert len(cleared.range.messages) == MAX_RANGE


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        (("star", str(PEER), "A1", "0"), "starAction"),
        (("star", "?", "A1", "0", "0"), "starAction"),
        (("deleteMessageForMe", str(PEER), "", "0", "0"), "deleteMessageForMeAction"),
        (("label_jid", "7"), "labelAssociationAction"),
        (("label_edit",), "labelEditAction"),
        (("label_message", "7", str(PEER)), "labelAssociationAction"),
        (("quick_reply", "\n"), "quickReplyAction"),
        (("pnForLidChat", str(PEER)), "pnForLidChatAction"),
        (("lock",), "lockChatAction"),
        (("deleteChat",), "deleteChatAction"),
        (("mute", str(PEER)), "starAction"),
    ],
)
def test_what_does_not_fit_is_unknown(parts: tuple[str, ...], field: str):
    value = syncd_pb2.SyncActionValue()
    getattr(value, field).SetInParent()
    assert read_action(parts, value) == UnknownAction(name=parts[0])
