"""Chats, contacts and groups."""

from datetime import datetime

from wigwag.model.jid import Jid
from wigwag.model.value import Value


class Contact(Value):
    """What is known of a person; empty means not told. Names are kept apart by source."""

    jid: Jid
    alt: Jid | None = None
    full_name: str = ""
    first_name: str = ""
    push_name: str = ""
    business_name: str = ""


class Participant(Value):
    jid: Jid
    alt: Jid | None = None
    admin: bool = False
    superadmin: bool = False


class Group(Value):
    jid: Jid
    subject: str
    participants: tuple[Participant, ...] = ()
    owner: Jid | None = None
    created_at: datetime | None = None
    lid_addressed: bool = True


class ChatSummary(Value):
    """A chat as history sync tells it."""

    jid: Jid
    alt: Jid | None = None
    name: str = ""
    last_message_time: datetime | None = None
    unread: int = 0
    archived: bool = False
