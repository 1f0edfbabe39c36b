"""The first schema: classic tables, our tables, the full-text index."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ZERO = sa.text("0")
_EMPTY = sa.text("''")


def upgrade() -> None:
    _messages()
    _references()
    _people()
    _log()
    op.execute(
        "CREATE VIRTUAL TABLE messages_fts USING fts5("
        "content, document_name, content='messages', content_rowid='rid', "
        "tokenize='unicode61 remove_diacritics 2')"
    )


def _messages() -> None:
    op.create_table(
        "chats",
        sa.Column("jid", sa.TEXT, nullable=False),
        sa.Column("name", sa.TEXT),
        sa.Column("last_message_time", sa.TIMESTAMP),
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("last_message_ms", sa.INTEGER, nullable=False, server_default=_ZERO),
        sa.Column("unread", sa.INTEGER, nullable=False, server_default=_ZERO),
        sa.Column("archived", sa.BOOLEAN, nullable=False, server_default=_ZERO),
        sa.PrimaryKeyConstraint("account", "jid"),
    )
    op.create_index("ix_chats_latest", "chats", ["account", "last_message_ms", "jid"])
    op.create_table(
        "messages",
        sa.Column("id", sa.TEXT, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("sender", sa.TEXT, nullable=False),
        sa.Column("content", sa.TEXT, nullable=False),
        sa.Column("timestamp", sa.TIMESTAMP, nullable=False),
        sa.Column("is_from_me", sa.BOOLEAN, nullable=False),
        sa.Column("media_type", sa.TEXT),
        sa.Column("filename", sa.TEXT),
        sa.Column("url", sa.TEXT),
        sa.Column("media_key", sa.BLOB),
        sa.Column("file_sha256", sa.BLOB),
        sa.Column("file_enc_sha256", sa.BLOB),
        sa.Column("file_length", sa.INTEGER),
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("timestamp_ms", sa.INTEGER, nullable=False),
        sa.Column("kind", sa.TEXT, nullable=False),
        sa.Column("state", sa.TEXT),
        sa.Column("push_name", sa.TEXT, nullable=False, server_default=_EMPTY),
        sa.Column("document_name", sa.TEXT),
        sa.Column("mime", sa.TEXT),
        sa.Column("media_state", sa.TEXT),
        sa.Column("media_path", sa.TEXT),
        sa.Column("view_once", sa.BOOLEAN, nullable=False, server_default=_ZERO),
        sa.Column("ephemeral_s", sa.INTEGER, nullable=False, server_default=_ZERO),
        sa.Column("forwarded", sa.BOOLEAN, nullable=False, server_default=_ZERO),
        sa.Column("from_history", sa.BOOLEAN, nullable=False, server_default=_ZERO),
        sa.Column("error_code", sa.TEXT),
        sa.Column("error", sa.TEXT),
        sa.Column("edited_ms", sa.INTEGER),
        sa.Column("revoked_ms", sa.INTEGER),
        sa.Column("revoked_by", sa.TEXT),
        sa.Column("media_error", sa.TEXT),
        sa.Column("media_attempts", sa.INTEGER, nullable=False, server_default=_ZERO),
        sa.Column("media_next_ms", sa.INTEGER, nullable=False, server_default=_ZERO),
        sa.Column("body", sa.BLOB),
        sa.Column("thumbnail", sa.BLOB),
        sa.Column("rid", sa.INTEGER, primary_key=True),
        sa.UniqueConstraint("account", "id", "chat_jid", "sender", name="uq_messages_key"),
    )
    op.create_index(
        "ix_messages_media",
        "messages",
        ["account", "media_next_ms"],
        sqlite_where=sa.text("media_state = 'pending'"),
    )
    op.create_index(
        "ix_messages_undecryptable",
        "messages",
        ["account"],
        sqlite_where=sa.text("kind = 'undecryptable'"),
    )
    op.create_index("ix_messages_chat", "messages", ["account", "chat_jid"])
    op.create_index("ix_messages_sender", "messages", ["account", "sender"])
    op.create_index("ix_messages_account", "messages", ["account"])


def _references() -> None:
    op.create_table(
        "changes",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("sender", sa.TEXT, nullable=False),
        sa.Column("id", sa.TEXT, nullable=False),
        sa.Column("kind", sa.TEXT, nullable=False),
        sa.Column("target_sender", sa.TEXT, nullable=False),
        sa.Column("target_id", sa.TEXT, nullable=False),
        sa.Column("timestamp_ms", sa.INTEGER, nullable=False),
        sa.Column("content", sa.TEXT, nullable=False),
        sa.Column("body", sa.BLOB),
        sa.PrimaryKeyConstraint("account", "chat_jid", "sender", "id", "kind"),
    )
    op.create_index("ix_changes_target", "changes", ["account", "target_id", "chat_jid"])
    op.create_table(
        "reactions",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("sender", sa.TEXT, nullable=False),
        sa.Column("id", sa.TEXT, nullable=False),
        sa.Column("target_sender", sa.TEXT, nullable=False),
        sa.Column("target_id", sa.TEXT, nullable=False),
        sa.Column("timestamp_ms", sa.INTEGER, nullable=False),
        sa.Column("emoji", sa.TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account", "chat_jid", "sender", "id"),
    )
    op.create_index("ix_reactions_target", "reactions", ["account", "target_id", "chat_jid"])
    op.create_index("ix_reactions_sender", "reactions", ["account", "sender"])
    op.create_index("ix_reactions_target_sender", "reactions", ["account", "target_sender"])
    op.create_table(
        "votes",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("sender", sa.TEXT, nullable=False),
        sa.Column("id", sa.TEXT, nullable=False),
        sa.Column("poll_sender", sa.TEXT, nullable=False),
        sa.Column("poll_id", sa.TEXT, nullable=False),
        sa.Column("timestamp_ms", sa.INTEGER, nullable=False),
        sa.Column("enc_payload", sa.BLOB, nullable=False),
        sa.Column("enc_iv", sa.BLOB, nullable=False),
        sa.PrimaryKeyConstraint("account", "chat_jid", "sender", "id"),
    )
    op.create_index("ix_votes_poll", "votes", ["account", "poll_id", "chat_jid"])
    op.create_table(
        "receipts",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("message_id", sa.TEXT, nullable=False),
        sa.Column("person", sa.TEXT, nullable=False),
        sa.Column("kind", sa.TEXT, nullable=False),
        sa.Column("timestamp_ms", sa.INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("account", "chat_jid", "message_id", "person", "kind"),
    )
    op.create_index("ix_receipts_person", "receipts", ["account", "person"])


def _people() -> None:
    op.create_table(
        "accounts",
        sa.Column("account", sa.TEXT, primary_key=True, nullable=False),
        sa.Column("jid", sa.TEXT, nullable=False),
        sa.Column("lid", sa.TEXT, nullable=False),
        sa.Column("push_name", sa.TEXT, nullable=False),
        sa.Column("state", sa.TEXT, nullable=False),
        sa.Column("reason", sa.TEXT, nullable=False),
    )
    op.create_table(
        "identities",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("lid", sa.TEXT, nullable=False),
        sa.Column("pn", sa.TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account", "lid"),
    )
    op.create_index(
        "ix_identities_pn", "identities", ["account", "pn"], sqlite_where=sa.text("pn <> ''")
    )
    op.create_table(
        "contacts",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("jid", sa.TEXT, nullable=False),
        sa.Column("full_name", sa.TEXT, nullable=False),
        sa.Column("first_name", sa.TEXT, nullable=False),
        sa.Column("push_name", sa.TEXT, nullable=False),
        sa.Column("business_name", sa.TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account", "jid"),
    )
    op.create_table(
        "groups",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("jid", sa.TEXT, nullable=False),
        sa.Column("subject", sa.TEXT, nullable=False),
        sa.Column("owner", sa.TEXT, nullable=False),
        sa.Column("created_ms", sa.INTEGER),
        sa.Column("lid_addressed", sa.BOOLEAN, nullable=False),
        sa.Column("member", sa.BOOLEAN, nullable=False),
        sa.PrimaryKeyConstraint("account", "jid"),
    )
    op.create_table(
        "participants",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("group_jid", sa.TEXT, nullable=False),
        sa.Column("jid", sa.TEXT, nullable=False),
        sa.Column("admin", sa.BOOLEAN, nullable=False),
        sa.Column("superadmin", sa.BOOLEAN, nullable=False),
        sa.PrimaryKeyConstraint("account", "group_jid", "jid"),
    )
    op.create_index("ix_participants_person", "participants", ["account", "jid"])


def _log() -> None:
    op.create_table(
        "events",
        sa.Column("seq", sa.INTEGER, primary_key=True),
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("type", sa.TEXT, nullable=False),
        sa.Column("time_ms", sa.INTEGER, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("data", sa.TEXT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "outbox",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("sender", sa.TEXT, nullable=False),
        sa.Column("message_id", sa.TEXT, nullable=False),
        sa.Column("to_jid", sa.TEXT, nullable=False),
        sa.Column("timestamp_ms", sa.INTEGER, nullable=False),
        sa.Column("secret", sa.BLOB, nullable=False),
        sa.Column("content", sa.BLOB, nullable=False),
        sa.Column("media_path", sa.TEXT, nullable=False),
        sa.Column("ref", sa.BLOB),
        sa.Column("position", sa.INTEGER, primary_key=True),
        sa.UniqueConstraint("account", "message_id", name="uq_outbox_message"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "idempotency",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("key", sa.TEXT, nullable=False),
        sa.Column("fingerprint", sa.BLOB, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("sender", sa.TEXT, nullable=False),
        sa.Column("message_id", sa.TEXT, nullable=False),
        sa.Column("created_ms", sa.INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("account", "key"),
    )
    op.create_index("ix_idempotency_created", "idempotency", ["created_ms"])
    op.create_table(
        "seen",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("digest", sa.BLOB, nullable=False),
        sa.Column("at_ms", sa.INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("account", "digest"),
    )
    op.create_index("ix_seen_at", "seen", ["at_ms"])
    op.create_table(
        "rejected",
        sa.Column("number", sa.INTEGER, primary_key=True),
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("reason", sa.TEXT, nullable=False),
        sa.Column("event", sa.BLOB, nullable=False),
        sa.Column("at_ms", sa.INTEGER, nullable=False),
    )
    op.create_table(
        "history_syncs",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("sync_type", sa.TEXT, nullable=False),
        sa.Column("progress", sa.INTEGER, nullable=False),
        sa.Column("chunk", sa.INTEGER, nullable=False),
        sa.Column("messages", sa.INTEGER, nullable=False),
        sa.Column("updated_ms", sa.INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("account", "sync_type"),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.TEXT, primary_key=True, nullable=False),
        sa.Column("value", sa.TEXT, nullable=False),
    )
