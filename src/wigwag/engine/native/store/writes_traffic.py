"""Changes of the inbox, of what was seen and sent lately, and of notes."""

from typing import Any

import msgspec

from wigwag.engine.native.store.records import OpenMessage
from wigwag.engine.native.store.write import CacheKey, Statement, Write

_encode = msgspec.msgpack.Encoder().encode
decode_open = msgspec.msgpack.Decoder(OpenMessage).decode


class AddInbox(Write, frozen=True):
    """An event for the sink; ignored when (account, kind, chat, sender, id) waits already."""

    seq: int
    kind: str
    chat: str
    sender: str
    id: str
    payload: bytes

    SQL = (
        "INSERT OR IGNORE INTO inbox (account, seq, kind, chat, sender, id, payload)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
    )
    STACKS = True


class RemoveInbox(Write, frozen=True):
    """Events that the sink has recorded."""

    seqs: tuple[int, ...]

    def statements(self) -> tuple[Statement, ...]:
        sql = "DELETE FROM inbox WHERE seq IN (SELECT value FROM json_each(?)) AND account = ?"
        return ((sql, (str(list(self.seqs)), self.account)),)


class AddSeen(Write, frozen=True):
    """A stanza that was processed, to know it again when it is delivered once more."""

    kind: str
    chat: str
    sender: str
    id: str

    SQL = "INSERT OR IGNORE INTO seen (account, kind, chat, sender, id) VALUES (?, ?, ?, ?, ?)"
    STACKS = True

    def key(self) -> CacheKey:
        return ("seen", self.account, self.kind, self.chat, self.sender, self.id)

    def value(self) -> bool:
        return True


class AddSent(Write, frozen=True):
    """The plaintext of an own message, kept a while to answer retry receipts."""

    chat: str
    id: str
    payload: bytes
    sent_at: float

    SQL = (
        "INSERT OR REPLACE INTO sent_messages (account, chat, id, payload, sent_at)"
        " VALUES (?, ?, ?, ?, ?)"
    )
    STACKS = True

    def key(self) -> CacheKey:
        return ("sent_messages", self.account, self.chat, self.id)

    def value(self) -> bytes:
        return self.payload


class PutOpenMessage(Write, frozen=True):
    """How far we are with a message that cannot be read."""

    message: OpenMessage

    SQL = (
        "INSERT INTO open_messages (account, chat, sender, id, payload) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (account, id, chat, sender) DO UPDATE SET payload = excluded.payload"
    )

    def params(self) -> tuple[Any, ...]:
        return (self.account, *self.message.names, _encode(self.message))


class NoteOpenMessage(Write, frozen=True):
    """As `PutOpenMessage`, unless the message came meanwhile."""

    message: OpenMessage

    SQL = (
        "UPDATE open_messages SET payload = ?"
        " WHERE account = ? AND chat = ? AND sender = ? AND id = ?"
    )

    def params(self) -> tuple[Any, ...]:
        return (_encode(self.message), self.account, *self.message.names)


class DropOpenMessage(Write, frozen=True):
    """The message came, or is not hoped for any more."""

    chat: str
    sender: str
    id: str

    SQL = "DELETE FROM open_messages WHERE account = ? AND chat = ? AND sender = ? AND id = ?"


class TrimOpenMessages(Write, frozen=True):
    """The oldest are not hoped for any more; so many are left."""

    most: int

    SQL = (
        "DELETE FROM open_messages WHERE account = ? AND number <= ("
        "SELECT number FROM open_messages WHERE account = ? ORDER BY number DESC LIMIT 1 OFFSET ?)"
    )

    def params(self) -> tuple[Any, ...]:
        return (self.account, self.account, self.most)


class PutNote(Write, frozen=True):
    """Anything small under a name."""

    name: str
    content: bytes

    SQL = "INSERT OR REPLACE INTO notes (account, name, content) VALUES (?, ?, ?)"

    def key(self) -> CacheKey:
        return ("notes", self.account, self.name)

    def value(self) -> bytes:
        return self.content


class DropNote(Write, frozen=True):
    name: str

    SQL = "DELETE FROM notes WHERE account = ? AND name = ?"

    def key(self) -> CacheKey:
        return ("notes", self.account, self.name)
