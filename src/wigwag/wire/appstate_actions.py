"""What an app-state mutation says: typed for the actions the product knows, else by name.

Index names, collections and version numbers are those of whatsmeow appstate/keys.go, encode.go.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from wigwag.model.jid import Jid
from wigwag.model.value import Value
from wigwag.wire import claims
from wigwag.wire.errors import AppStateFailure
from wigwag.wire.proto import syncd_pb2

CRITICAL_BLOCK: Final = "critical_block"
CRITICAL_UNBLOCK_LOW: Final = "critical_unblock_low"
REGULAR_HIGH: Final = "regular_high"
REGULAR: Final = "regular"
REGULAR_LOW: Final = "regular_low"

COLLECTIONS: Final = (
    CRITICAL_BLOCK,
    CRITICAL_UNBLOCK_LOW,
    REGULAR_HIGH,
    REGULAR,
    REGULAR_LOW,
)
"""In the order in which they are fetched first."""

_NAME_LIMIT: Final = 64
_INDEX_PARTS: Final = 16


class ContactNamed(Value, tag="contact"):
    """The phone's address book names a person; `alt` is the other address, if told."""

    jid: Jid
    alt: Jid | None = None
    full_name: str = ""
    first_name: str = ""


class PushNameSet(Value, tag="push_name"):
    """The account's own display name."""

    name: str


class ChatArchived(Value, tag="archive"):
    chat: Jid
    archived: bool


class ChatPinned(Value, tag="pin"):
    chat: Jid
    pinned: bool


class ChatMuted(Value, tag="mute"):
    """`until` is None while muted for ever."""

    chat: Jid
    muted: bool
    until: datetime | None = None


class ChatMarkedRead(Value, tag="mark_read"):
    chat: Jid
    read: bool


class UnknownAction(Value, tag="unknown"):
    """`name` is the first part of the index, empty when it is not readable."""

    name: str


Action = (
    ContactNamed
    | PushNameSet
    | ChatArchived
    | ChatPinned
    | ChatMuted
    | ChatMarkedRead
    | UnknownAction
)

_Value = syncd_pb2.SyncActionValue


def parse_index(index: bytes) -> tuple[str, ...]:
    """The parts of an index (a JSON array of strings); empty when it is something else."""
    try:
        parts = msgspec.json.decode(index, type=tuple[str, ...])
    except (msgspec.MsgspecError, RecursionError):
        return ()
    return parts if len(parts) <= _INDEX_PARTS else ()


def format_index(parts: tuple[str, ...]) -> bytes:
    """The parts as compact JSON; its bytes are what the index MAC covers."""
    return msgspec.json.encode(parts)


def read_action(parts: tuple[str, ...], value: _Value) -> Action:
    """What index and value say together; UnknownAction for whatever does not fit."""
    name = parts[0] if parts else ""
    if name == "setting_pushName" and value.HasField("pushNameSetting"):
        return PushNameSet(name=claims.name(value.pushNameSetting.name))
    reader = _READERS.get(name)
    jid = claims.find_jid(parts[1]) if len(parts) > 1 else None
    action = reader(jid, value) if reader and jid is not None else None
    return action or UnknownAction(name=claims.text(name, _NAME_LIMIT))


def _read_contact(jid: Jid, value: _Value) -> Action | None:
    if not value.HasField("contactAction"):
        return ContactNamed(jid=jid)
    part = value.contactAction
    other = claims.find_jid(part.lidJID if jid.is_pn else part.pnJID)
    return ContactNamed(
        jid=jid,
        alt=other if other != jid else None,
        full_name=claims.name(part.fullName),
        first_name=claims.name(part.firstName),
    )


def _read_archive(jid: Jid, value: _Value) -> Action | None:
    if not value.HasField("archiveChatAction"):
        return None
    return ChatArchived(chat=jid, archived=value.archiveChatAction.archived)


def _read_pin(jid: Jid, value: _Value) -> Action | None:
    if not value.HasField("pinAction"):
        return None
    return ChatPinned(chat=jid, pinned=value.pinAction.pinned)


def _read_mute(jid: Jid, value: _Value) -> Action | None:
    if not value.HasField("muteAction"):
        return None
    muted, end_ms = value.muteAction.muted, value.muteAction.muteEndTimestamp
    until = claims.moment_ms(end_ms) if muted and end_ms > 0 else None
    return ChatMuted(chat=jid, muted=muted, until=until)


def _read_mark(jid: Jid, value: _Value) -> Action | None:
    if not value.HasField("markChatAsReadAction"):
        return None
    return ChatMarkedRead(chat=jid, read=value.markChatAsReadAction.read)


_READERS: Final[dict[str, Callable[[Jid, _Value], Action | None]]] = {
    "contact": _read_contact,
    "archive": _read_archive,
    "pin_v1": _read_pin,
    "mute": _read_mute,
    "markChatAsRead": _read_mark,
}


class WrittenAction(Value):
    """An action as it is written. `value` is a serialised SyncActionValue without its time."""

    collection: str
    index: tuple[str, ...]
    version: int
    value: bytes


def write_action(action: Action) -> WrittenAction:
    """Raises AppStateFailure for an action that is not known."""
    value = _Value()
    if isinstance(action, PushNameSet):
        value.pushNameSetting.name = claims.outgoing_text(action.name)
        return _written(CRITICAL_BLOCK, ("setting_pushName",), 1, value)
    if isinstance(action, ContactNamed):
        _write_contact(action, value)
        return _written(CRITICAL_UNBLOCK_LOW, ("contact", str(action.jid)), 2, value)
    if isinstance(action, UnknownAction):
        raise AppStateFailure("an unknown action cannot be written")
    name, collection, version = _write_chat(action, value)
    return _written(collection, (name, str(action.chat)), version, value)


def _written(collection: str, index: tuple[str, ...], version: int, value: _Value) -> WrittenAction:
    return WrittenAction(
        collection=collection, index=index, version=version, value=value.SerializeToString()
    )


def _write_contact(action: ContactNamed, value: _Value) -> None:
    part = value.contactAction
    part.fullName = claims.outgoing_text(action.full_name)
    part.firstName = claims.outgoing_text(action.first_name)
    if action.alt is not None and action.jid.is_pn:
        part.lidJID = str(action.alt)
    elif action.alt is not None:
        part.pnJID = str(action.alt)


def _write_chat(
    action: ChatArchived | ChatPinned | ChatMuted | ChatMarkedRead, value: _Value
) -> tuple[str, str, int]:
    """Fill `value`; the index name, the collection and the version."""
    if isinstance(action, ChatArchived):
        value.archiveChatAction.archived = action.archived
        return "archive", REGULAR_LOW, 3
    if isinstance(action, ChatPinned):
        value.pinAction.pinned = action.pinned
        return "pin_v1", REGULAR_LOW, 5
    if isinstance(action, ChatMarkedRead):
        value.markChatAsReadAction.read = action.read
        return "markChatAsRead", REGULAR_LOW, 3
    value.muteAction.muted = action.muted
    if action.muted:
        end = -1 if action.until is None else claims.outgoing_ms(action.until)
        value.muteAction.muteEndTimestamp = end
    return "mute", REGULAR_HIGH, 2
