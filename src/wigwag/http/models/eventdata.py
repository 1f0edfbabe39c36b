"""What the `data` of each type of event holds.

`docs/reference/events.md` is made of this, and the tests hold every event that is told in them
against it. A field with a default is there only where it has something to say.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from wigwag.http.models.accounts import AccountStateShape, CatchUpShape
from wigwag.http.models.chats import HistoryShape, NewsletterShape, SettingShape
from wigwag.http.models.messages import MediaShape, MessageShape, ReceiptShape, SendErrorShape
from wigwag.http.models.newsletters import CountedShape
from wigwag.http.models.shape import PersonShape, Shape
from wigwag.model.record import EventType

Pending = Annotated[bool, Field(description="the message that it is about is not here (yet)")]


class PairingQrData(Shape):
    code: Annotated[str, Field(description="what the QR code holds")]
    expires_at: datetime
    sequence: Annotated[int, Field(description="the number of this code in its pairing")]


class PairingCodeData(Shape):
    code: Annotated[str, Field(description="eight characters to type on the phone")]


class PairingPasskeyData(Shape):
    advice: str


class MessageStatusData(Shape):
    id: str
    chat_jid: str
    state: Annotated[str, Field(description="of a message, or of one that waits for its time")]
    receipt: Annotated[
        ReceiptShape | None, Field(description="who got, read or played it, and when")
    ] = None
    error: Annotated[SendErrorShape | None, Field(description="why it failed")] = None
    new_id: Annotated[str | None, Field(description="the id that WhatsApp gave it")] = None
    send_at: Annotated[datetime | None, Field(description="of one that waits for its time")] = None


class MessageEditedData(Shape):
    id: str
    edit_id: Annotated[str, Field(description="the edit's own id")]
    chat_jid: str
    sender: PersonShape
    from_me: bool
    text: Annotated[str, Field(description="what it says now")]
    mentions: list[str]
    edited_at: datetime
    pending: Pending


class MessageRevokedData(Shape):
    id: str
    chat_jid: str
    sender: PersonShape
    revoked_by: Annotated[PersonShape, Field(description="its sender, or an admin of the group")]
    revoked_at: datetime
    pending: Pending


class TargetShape(Shape):
    """A message, by its id and its sender."""

    id: str
    sender: PersonShape


class MessageReactionData(Shape):
    id: Annotated[str, Field(description="the reaction's own id")]
    target: Annotated[TargetShape, Field(description="the message that it stands on")]
    chat_jid: str
    sender: PersonShape
    from_me: bool
    emoji: Annotated[str, Field(description="empty when it was taken back")]
    removed: bool
    timestamp: datetime


class _Message(Shape):
    id: str
    chat_jid: str
    sender: PersonShape


class _Marked(Shape):
    id: str
    chat_jid: str
    sender: Annotated[PersonShape | None, Field(description="null where it is not known")]
    from_me: bool
    pending: Pending


class MessageStarredData(_Marked):
    starred: bool
    changed_at: datetime


class MessageDeletedData(_Marked):
    deleted_at: datetime


class MessagePinnedData(_Message):
    pinned: Annotated[bool, Field(description="false when it was taken down")]
    pinned_by: PersonShape
    until: datetime | None
    timestamp: datetime
    pending: Pending


class MessageUndecryptableData(_Message):
    from_me: bool
    timestamp: datetime
    reason: Annotated[str, Field(description="why it cannot be read")]


class PollVoteData(Shape):
    id: Annotated[str, Field(description="the vote's own id")]
    poll: TargetShape
    chat_jid: str
    sender: PersonShape
    from_me: bool
    options: Annotated[
        list[str] | None,
        Field(description="what is chosen now, none when all was taken back; null when unknown"),
    ]
    timestamp: datetime


class MediaData(_Message):
    from_me: bool
    media: Annotated[MediaShape, Field(description="the file as it is now")]


class ChatUpdatedData(Shape):
    chat_jid: str
    name: str
    previous_jid: Annotated[
        str | None, Field(description="the address that the chat had until now")
    ] = None
    cleared_until: Annotated[
        datetime | None, Field(description="messages up to then are hidden")
    ] = None
    deleted: Annotated[bool | None, Field(description="the chat went, too")] = None
    unread: int | None = None
    archived: bool | None = None
    pinned_at: datetime | None = None
    muted: bool | None = None
    muted_until: Annotated[datetime | None, Field(description="null: for ever")] = None
    marked_unread: bool | None = None
    locked: bool | None = None
    ephemeral_seconds: Annotated[
        int | None, Field(description="how long messages last; null: for ever")
    ] = None


class ChatPresenceData(Shape):
    chat_jid: str
    sender: PersonShape
    activity: Annotated[str, Field(description="`composing`, `recording` or `paused`")]


class LabelUpdatedData(Shape):
    label_id: str
    name: str
    color: int
    deleted: bool


class LabelAssignedData(Shape):
    label_id: str
    chat_jid: str
    message_id: Annotated[str | None, Field(description="null when it is on the chat itself")]
    assigned: Annotated[bool, Field(description="false when it was taken off")]


class QuickReplyUpdatedData(Shape):
    id: str
    shortcut: str
    text: str
    deleted: bool


class ContactUpdatedData(PersonShape):
    previous_jid: Annotated[
        str | None, Field(description="the address that the person had until now")
    ] = None
    about: str | None = None
    default_ephemeral_seconds: Annotated[
        int | None, Field(description="how long messages last in new chats with them")
    ] = None
    changed_at: datetime | None = None


class ContactBlockedData(Shape):
    person: PersonShape
    blocked: bool


class ContactIdentityData(Shape):
    person: PersonShape
    timestamp: datetime
    announced: Annotated[
        bool, Field(description="whether WhatsApp said so, or a message came under another key")
    ]


class PictureUpdatedData(Shape):
    jid: Annotated[str, Field(description="the person or group whose picture it is")]
    picture_id: str | None
    removed: bool
    author: Annotated[PersonShape | None, Field(description="who changed it")]
    timestamp: datetime


class PresenceUpdatedData(Shape):
    person: PersonShape
    available: bool
    last_seen: datetime | None


class MemberShape(PersonShape):
    """A member of a group."""

    admin: bool


class GroupData(Shape):
    """A group as it is now."""

    chat_jid: str
    subject: str
    owner: str | None
    participants: list[MemberShape]


class GroupChangeData(Shape):
    """One change of a group."""

    chat_jid: str
    change: str
    author: PersonShape | None
    participants: Annotated[list[PersonShape], Field(description="whom it is about")]
    subject: str | None
    detail: str | None
    timestamp: datetime
    enabled: Annotated[bool | None, Field(description="of a setting")] = None
    ephemeral_seconds: int | None = None
    description: str | None = None
    invite_code: str | None = None
    reason: str | None = None
    group: Annotated[str | None, Field(description="the other group of a link")] = None
    link_type: str | None = None


class NewsletterLeftData(Shape):
    chat_jid: str
    name: str | None


class PostCountsShape(Shape):
    """How a post fares."""

    server_id: int
    id: str | None
    views: int | None
    reactions: list[CountedShape]


class NewsletterCountsData(Shape):
    chat_jid: str
    posts: list[PostCountsShape]


class _Call(Shape):
    id: str
    chat_jid: str
    caller: PersonShape
    group: Annotated[bool, Field(description="whether it is a call of a group")]
    timestamp: datetime


class CallOfferedData(_Call):
    video: bool


class CallEndedData(_Call):
    reason: str


class HistoryRequestData(Shape):
    chat_jid: str
    state: str
    wanted: int
    received: int
    requested_at: datetime
    updated_at: datetime


class HistoryProgressData(HistoryShape):
    """Of what the phone sends by itself."""

    reason: Annotated[str | None, Field(description="why a part could not be had")] = None
    asked_again: Annotated[bool | None, Field(description="the phone was asked for it")] = None


class HistoryAskedData(Shape):
    """Of what was asked for."""

    sync_type: Literal["on_demand"]
    request: HistoryRequestData


class Told(NamedTuple):
    """When a type of event is told, and the shapes that its data may have."""

    when: str
    shapes: tuple[type[Shape], ...]


def _told(when: str, *shapes: type[Shape]) -> Told:
    return Told(when, shapes)


EVENTS: Final[dict[EventType, Told]] = {
    EventType.ACCOUNT_STATE: _told(
        "The connection of an account is in another state.", AccountStateShape
    ),
    EventType.ACCOUNT_SETTING: _told("A setting of the account has another value.", SettingShape),
    EventType.ACCOUNT_SYNC: _told(
        "What waited while the server was away begins to come, or is all here.", CatchUpShape
    ),
    EventType.PAIRING_QR: _told("There is a QR code to scan.", PairingQrData),
    EventType.PAIRING_CODE: _told("There is a code to type on the phone.", PairingCodeData),
    EventType.PAIRING_PASSKEY: _told("The phone asks for a passkey to link.", PairingPasskeyData),
    EventType.MESSAGE_RECEIVED: _told("A message came in a chat or a group.", MessageShape),
    EventType.MESSAGE_SENT: _told(
        "A message of the account left, from here or another of its devices.", MessageShape
    ),
    EventType.MESSAGE_STATUS: _told(
        "An own message got further, failed, or waits for its time.", MessageStatusData
    ),
    EventType.MESSAGE_EDITED: _told("A message says something else now.", MessageEditedData),
    EventType.MESSAGE_REVOKED: _told("A message was deleted for everybody.", MessageRevokedData),
    EventType.MESSAGE_REACTION: _told(
        "Somebody reacted to a message, or took that back.", MessageReactionData
    ),
    EventType.MESSAGE_STARRED: _told(
        "A device of the account starred a message, or took the star off.", MessageStarredData
    ),
    EventType.MESSAGE_PINNED: _told(
        "A message was pinned for everybody in its chat, or taken down.", MessagePinnedData
    ),
    EventType.MESSAGE_DELETED: _told(
        "A message was deleted for the account alone.", MessageDeletedData
    ),
    EventType.MESSAGE_UNDECRYPTABLE: _told(
        "A message came that cannot be read yet; its sender is asked for it again.",
        MessageUndecryptableData,
    ),
    EventType.MESSAGE_RECOVERED: _told(
        "A message that could not be read is here now.", MessageShape
    ),
    EventType.POLL_VOTE: _told("Somebody voted in a poll, or chose anew.", PollVoteData),
    EventType.MEDIA_READY: _told("The file of a message is here.", MediaData),
    EventType.MEDIA_FAILED: _told("The file of a message cannot be had.", MediaData),
    EventType.CHAT_UPDATED: _told("Something of a chat changed.", ChatUpdatedData),
    EventType.CHAT_PRESENCE: _told(
        "Somebody types or records in a chat, or has stopped.", ChatPresenceData
    ),
    EventType.LABEL_UPDATED: _told("A label was made, changed or deleted.", LabelUpdatedData),
    EventType.LABEL_ASSIGNED: _told(
        "A label was put on a chat or a message, or taken off.", LabelAssignedData
    ),
    EventType.QUICK_REPLY_UPDATED: _told(
        "A quick reply was made, changed or deleted.", QuickReplyUpdatedData
    ),
    EventType.CONTACT_UPDATED: _told("Something of a person changed.", ContactUpdatedData),
    EventType.CONTACT_BLOCKED: _told(
        "The account blocked a person, or let them in again.", ContactBlockedData
    ),
    EventType.PICTURE_UPDATED: _told(
        "A person or a group has another picture, or none.", PictureUpdatedData
    ),
    EventType.CONTACT_IDENTITY: _told("A person set WhatsApp up anew.", ContactIdentityData),
    EventType.PRESENCE_UPDATED: _told(
        "A person who is followed came online, or went.", PresenceUpdatedData
    ),
    EventType.GROUP_JOINED: _told("The account is in a group that it was not in.", GroupData),
    EventType.GROUP_UPDATED: _told("Something of a group changed.", GroupData, GroupChangeData),
    EventType.GROUP_PARTICIPANTS: _told("The members of a group changed.", GroupChangeData),
    EventType.STATUS_RECEIVED: _told("Somebody posted a status.", MessageShape),
    EventType.NEWSLETTER_MESSAGE: _told("A newsletter has a new post.", MessageShape),
    EventType.NEWSLETTER_JOINED: _told(
        "The account follows a newsletter that it did not follow.", NewsletterShape
    ),
    EventType.NEWSLETTER_LEFT: _told(
        "The account no longer follows a newsletter.", NewsletterLeftData
    ),
    EventType.NEWSLETTER_UPDATED: _told("Something of a newsletter changed.", NewsletterShape),
    EventType.NEWSLETTER_COUNTS: _told(
        "Views or reactions of posts changed.", NewsletterCountsData
    ),
    EventType.CALL_OFFERED: _told("Somebody calls.", CallOfferedData),
    EventType.CALL_ENDED: _told("A call is over.", CallEndedData),
    EventType.HISTORY_PROGRESS: _told(
        "A part of the history is here, or lost, or a request for older messages got further.",
        HistoryProgressData,
        HistoryAskedData,
    ),
}
