"""Inbox, recently seen stanzas and recently sent messages in whatsapp.db."""

from wigwag.engine.native.store.reading import StoreReading, first
from wigwag.engine.native.store.records import InboxRow, OpenMessage
from wigwag.engine.native.store.writes_traffic import decode_open


class TrafficReads(StoreReading):
    """What came and went, per account."""

    def list_inbox(self, account: str, after_seq: int, limit: int) -> list[InboxRow]:
        """Durable events that the sink has not recorded, in order."""
        rows = self._rows(
            "SELECT seq, kind, chat, sender, id, payload FROM inbox"
            " WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?",
            (account, after_seq, limit),
        )
        return [
            InboxRow(seq=seq, kind=kind, chat=chat, sender=sender, id=id, payload=payload)
            for seq, kind, chat, sender, id, payload in rows  # noqa: A001
        ]

    def has_inbox(self, account: str, kind: str, chat: str, sender: str, id: str) -> bool:  # noqa: A002
        """Whether this event waits for the sink (durable rows only)."""
        return bool(
            self._row(
                "SELECT 1 FROM inbox WHERE account = ? AND id = ? AND chat = ? AND sender = ?"
                " AND kind = ?",
                (account, id, chat, sender, kind),
            )
        )

    def was_seen(self, account: str, kind: str, chat: str, sender: str, id: str) -> bool:  # noqa: A002
        """Whether this stanza was processed already, within the recent past."""
        key = ("seen", account, kind, chat, sender, id)
        if self._cache.get(key) is True:
            return True
        return bool(
            self._row(
                "SELECT 1 FROM seen WHERE account = ? AND id = ? AND chat = ? AND sender = ?"
                " AND kind = ?",
                (account, id, chat, sender, kind),
            )
        )

    def find_sent(self, account: str, chat: str, id: str) -> bytes | None:  # noqa: A002
        """The plaintext of an own message of the recent past."""
        return self._find(
            ("sent_messages", account, chat, id),
            "SELECT payload FROM sent_messages WHERE account = ? AND id = ? AND chat = ?",
            (account, id, chat),
            first,
        )

    def list_open_messages(self, account: str, limit: int) -> list[OpenMessage]:
        """The newest messages that cannot be read yet, oldest of them first."""
        rows = self._rows(
            "SELECT payload FROM open_messages WHERE account = ? ORDER BY number DESC LIMIT ?",
            (account, limit),
        )
        return [decode_open(payload) for (payload,) in reversed(rows)]

    def find_note(self, account: str, name: str) -> bytes | None:
        return self._find(
            ("notes", account, name),
            "SELECT content FROM notes WHERE account = ? AND name = ?",
            (account, name),
            first,
        )
