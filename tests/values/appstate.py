"""Hypothesis strategies for app-state actions, as they come back when they were written."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from values.contents import groups, ids, names, people
from wigwag.model.appstate import (
    AppMessage,
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
    RangeMessage,
    SettingChanged,
    SettingName,
    StatusMode,
    StatusPrivacySet,
)
from wigwag.model.jid import Jid
from wigwag.wire.appstate_actions import Action, LidLearnt
from wigwag.wire.appstate_mutation import Change, Operation

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
times = st.integers(1, 2**41).map(lambda ms: EPOCH + timedelta(milliseconds=ms))
seconds = st.integers(1, 2**31).map(lambda s: EPOCH + timedelta(seconds=s))
labels = st.integers(1, 20).map(str)
flags = st.booleans()
chats = people | groups

messages = st.one_of(
    st.builds(AppMessage, chat=people, id=ids, from_me=flags),
    st.builds(AppMessage, chat=groups, id=ids, from_me=st.just(True)),
    st.builds(AppMessage, chat=groups, id=ids, sender=people | st.none()),
)
ranges = st.builds(
    MessageRange,
    last_at=seconds,
    messages=st.lists(
        st.builds(RangeMessage, message=messages, at=seconds | st.none()), max_size=2
    ).map(tuple),
)
switches = st.sampled_from([name for name in SettingName if name is not SettingName.LOCALE])
lids = st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True)

actions: st.SearchStrategy[Action] = st.one_of(
    st.builds(PushNameSet, name=names),
    st.builds(ContactNamed, jid=people, full_name=names, first_name=names),
    st.builds(ChatArchived, chat=chats, archived=flags, range=ranges),
    st.builds(ChatPinned, chat=chats, pinned=flags),
    st.builds(ChatMuted, chat=chats, muted=st.just(True), until=st.none() | times),
    st.builds(ChatMuted, chat=chats, muted=st.just(False)),
    st.builds(ChatMarkedRead, chat=chats, read=flags, range=ranges),
    st.builds(ChatLocked, chat=chats, locked=flags),
    st.builds(ChatCleared, chat=chats, range=ranges, keep_starred=flags, delete_media=flags),
    st.builds(ChatDeleted, chat=chats, range=ranges, delete_media=flags),
    st.builds(MessageStarred, message=messages, starred=flags),
    st.builds(MessageDeleted, message=messages, delete_media=flags, sent_at=seconds | st.none()),
    st.builds(
        LabelEdited, id=labels, name=names, color=st.integers(-(2**31), 2**31 - 1), deleted=flags
    ),
    st.builds(ChatLabelled, label=labels, chat=chats, labelled=flags),
    st.builds(MessageLabelled, label=labels, chat=chats, message_id=ids, labelled=flags),
    st.builds(
        QuickReplySet,
        id=labels,
        shortcut=names,
        text=names,
        keywords=st.lists(names, max_size=2).map(tuple),
        deleted=flags,
    ),
    st.builds(
        StatusPrivacySet,
        mode=st.sampled_from(StatusMode),
        people=st.lists(people, max_size=3).map(tuple),
    ),
    st.builds(SettingChanged, name=switches, value=flags),
    st.builds(SettingChanged, name=st.just(SettingName.LOCALE), value=names),
    st.builds(
        LidLearnt,
        lid=st.builds(Jid, lids, st.just("lid")),
        pn=st.builds(Jid, lids, st.just("s.whatsapp.net")),
    ),
)
changes = st.builds(
    Change,
    action=actions,
    timestamp=times,
    operation=st.sampled_from((Operation.SET, Operation.SET, Operation.REMOVE)),
)
