"""Chats, people, groups, newsletters, and what the devices of an account share, as told."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from wigwag.http.models.fields import Time
from wigwag.http.models.messages import ListQuery
from wigwag.http.models.shape import Page, PersonShape, Shape
from wigwag.model.export import ExportFormat


class FoundQuery(ListQuery):
    """The part of a list that is wanted, and whom or what to look for in it."""

    query: str = Field(
        default="",
        max_length=200,
        description="a part of a name, whatever its case and accents, or of a number",
    )


class ExportQuery(BaseModel):
    """Which part of a chat, and how it is written. `media` is about the page: files by a link, or
    small pictures in the page itself."""

    format: ExportFormat = ExportFormat.JSONL
    from_: Time | None = Field(default=None, alias="from", description="RFC 3339")
    to: Time | None = Field(default=None, description="RFC 3339; this very time is not in")
    media: Literal["link", "inline"] = "link"


class ChatShape(Shape):
    """A chat. `muted_until` is null while it is muted for ever; `ephemeral_seconds` is how long its
    messages last, null for ever; `labels` are ids."""

    account: str
    jid: str
    lid: str | None
    phone: str | None
    name: str | None
    last_message_at: datetime | None
    unread: int
    archived: bool
    pinned_at: datetime | None
    muted: bool
    muted_until: datetime | None
    marked_unread: bool
    locked: bool
    ephemeral_seconds: int | None
    labels: list[str]


class ChatPage(Page):
    """Those with the latest message first."""

    items: list[ChatShape]


class ContactShape(PersonShape):
    """A person that the account has to do with. `full_name` is that of the phone's address book."""

    account: str
    full_name: str | None
    first_name: str | None
    push_name: str | None
    business_name: str | None
    about: str | None
    blocked: bool


class ContactPage(Page):
    items: list[ContactShape]


class ParticipantShape(PersonShape):
    admin: bool
    superadmin: bool


class GroupSummaryShape(Shape):
    """A group or community. `member`: whether the account is still in it."""

    account: str
    jid: str
    subject: str | None
    owner: str | None
    created_at: datetime | None
    member: bool
    description: str | None
    announce: bool
    locked: bool
    approval: bool
    admin_add: bool
    ephemeral_seconds: int | None
    suspended: bool
    community: bool
    parent_jid: str | None
    default_subgroup: bool


class GroupShape(GroupSummaryShape):
    participants: list[ParticipantShape]


class GroupPage(Page):
    """Without their participants."""

    items: list[GroupSummaryShape]


class NewsletterShape(Shape):
    """`role` is what the account is there: subscriber, owner, admin, or guest."""

    chat_jid: str
    name: str | None
    description: str | None
    invite_code: str | None
    subscribers: int
    created_at: datetime | None
    verified: bool
    state: str | None
    role: str | None


class NewsletterPage(Page):
    items: list[NewsletterShape]


class LabelShape(Shape):
    """`chats` and `messages` say how many carry it."""

    id: str
    name: str
    color: int
    chats: int
    messages: int


class LabelPage(Page):
    items: list[LabelShape]


class QuickReplyShape(Shape):
    id: str
    shortcut: str
    text: str
    keywords: list[str]


class QuickReplyPage(Page):
    items: list[QuickReplyShape]


class SettingShape(Shape):
    """A setting that the devices of the account share; `value` is any JSON."""

    name: str
    value: Any
    changed_at: datetime


class SettingPage(Page):
    items: list[SettingShape]


class HistoryShape(Shape):
    """How far one kind of history has come: the phone's percentage, and what it was."""

    sync_type: str
    progress: int
    chunk: int
    messages: int
    failed: int
    updated_at: datetime


class HistoryPage(Page):
    items: list[HistoryShape]
