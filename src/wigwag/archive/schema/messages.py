"""Messages and what hangs on them; the index of their texts."""

from typing import Final

from sqlalchemy import (
    BLOB,
    BOOLEAN,
    INTEGER,
    TEXT,
    TIMESTAMP,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from wigwag.archive.schema.base import EMPTY, ZERO, metadata

messages = Table(
    "messages",
    metadata,
    Column("id", TEXT, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("sender", TEXT, nullable=False),
    Column("content", TEXT, nullable=False),
    Column("timestamp", TIMESTAMP, nullable=False),
    Column("is_from_me", BOOLEAN, nullable=False),
    Column("media_type", TEXT),
    Column("filename", TEXT),
    Column("url", TEXT),
    Column("media_key", BLOB),
    Column("file_sha256", BLOB),
    Column("file_enc_sha256", BLOB),
    Column("file_length", INTEGER),
    Column("account", TEXT, nullable=False),
    Column("timestamp_ms", INTEGER, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("state", TEXT),
    Column("push_name", TEXT, nullable=False, server_default=EMPTY),
    Column("document_name", TEXT),
    Column("mime", TEXT),
    Column("media_state", TEXT),
    Column("media_path", TEXT),
    Column("view_once", BOOLEAN, nullable=False, server_default=ZERO),
    Column("ephemeral_s", INTEGER, nullable=False, server_default=ZERO),
    Column("forwarded", BOOLEAN, nullable=False, server_default=ZERO),
    Column("from_history", BOOLEAN, nullable=False, server_default=ZERO),
    Column("error_code", TEXT),
    Column("error", TEXT),
    Column("edited_ms", INTEGER),
    Column("revoked_ms", INTEGER),
    Column("revoked_by", TEXT),
    Column("media_error", TEXT),
    Column("media_attempts", INTEGER, nullable=False, server_default=ZERO),
    Column("media_next_ms", INTEGER, nullable=False, server_default=ZERO),
    Column("body", BLOB),
    Column("thumbnail", BLOB),
    Column("starred", BOOLEAN, nullable=False, server_default=ZERO),
    Column("deleted_ms", INTEGER),
    Column("rid", INTEGER, primary_key=True),
    Column("media_asks", INTEGER, nullable=False, server_default=ZERO),
    Column("pinned_ms", INTEGER),
    Column("pinned_until_ms", INTEGER),
    UniqueConstraint("account", "id", "chat_jid", "sender", name="uq_messages_key"),
    Index("ix_messages_chat", "account", "chat_jid"),
    Index("ix_messages_sender", "account", "sender"),
    Index("ix_messages_account", "account"),
    Index(
        "ix_messages_media",
        "account",
        "media_next_ms",
        sqlite_where=text("media_state = 'pending'"),
    ),
    Index(
        "ix_messages_content",
        "file_sha256",
        sqlite_where=text("file_sha256 IS NOT NULL"),
    ),
    Index("ix_messages_files", "media_state", sqlite_where=text("media_state = 'available'")),
    Index(
        "ix_messages_undecryptable",
        "account",
        sqlite_where=text("kind = 'undecryptable'"),
    ),
    Index(
        "ix_messages_revoked_by",
        "account",
        "revoked_by",
        sqlite_where=text("revoked_by IS NOT NULL"),
    ),
    Index("ix_messages_starred", "account", sqlite_where=text("starred = 1")),
)

changes = Table(
    "changes",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("sender", TEXT, nullable=False),
    Column("id", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("target_sender", TEXT, nullable=False),
    Column("target_id", TEXT, nullable=False),
    Column("timestamp_ms", INTEGER, nullable=False),
    Column("content", TEXT, nullable=False),
    Column("body", BLOB),
    PrimaryKeyConstraint("account", "chat_jid", "sender", "id", "kind"),
    Index("ix_changes_target", "account", "target_id", "chat_jid"),
    Index("ix_changes_sender", "account", "sender"),
    Index("ix_changes_target_sender", "account", "target_sender"),
)

reactions = Table(
    "reactions",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("sender", TEXT, nullable=False),
    Column("id", TEXT, nullable=False),
    Column("target_sender", TEXT, nullable=False),
    Column("target_id", TEXT, nullable=False),
    Column("timestamp_ms", INTEGER, nullable=False),
    Column("emoji", TEXT, nullable=False),
    PrimaryKeyConstraint("account", "chat_jid", "sender", "id"),
    Index("ix_reactions_target", "account", "target_id", "chat_jid"),
    Index("ix_reactions_sender", "account", "sender"),
    Index("ix_reactions_target_sender", "account", "target_sender"),
)

votes = Table(
    "votes",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("sender", TEXT, nullable=False),
    Column("id", TEXT, nullable=False),
    Column("poll_sender", TEXT, nullable=False),
    Column("poll_id", TEXT, nullable=False),
    Column("timestamp_ms", INTEGER, nullable=False),
    Column("enc_payload", BLOB, nullable=False),
    Column("enc_iv", BLOB, nullable=False),
    Column("selected", BLOB),
    PrimaryKeyConstraint("account", "chat_jid", "sender", "id"),
    Index("ix_votes_poll", "account", "poll_id", "chat_jid"),
    Index("ix_votes_sender", "account", "sender"),
    Index("ix_votes_poll_sender", "account", "poll_sender"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Column("person", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("timestamp_ms", INTEGER, nullable=False),
    PrimaryKeyConstraint("account", "chat_jid", "message_id", "person", "kind"),
    Index("ix_receipts_person", "account", "person"),
)

SEARCH_TABLE: Final = "messages_fts"
CREATE_SEARCH: Final = (
    "CREATE VIRTUAL TABLE messages_fts USING fts5("
    "content, document_name, content='', columnsize=0, tokenize='ascii')"
)
