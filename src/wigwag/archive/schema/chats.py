"""Chats and newsletters, what the devices of an account share, and how history comes."""

from sqlalchemy import (
    BOOLEAN,
    INTEGER,
    TEXT,
    TIMESTAMP,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
)

from wigwag.archive.schema.base import ZERO, metadata

chats = Table(
    "chats",
    metadata,
    Column("jid", TEXT, nullable=False),
    Column("name", TEXT),
    Column("last_message_time", TIMESTAMP),
    Column("account", TEXT, nullable=False),
    Column("last_message_ms", INTEGER, nullable=False, server_default=ZERO),
    Column("unread", INTEGER, nullable=False, server_default=ZERO),
    Column("archived", BOOLEAN, nullable=False, server_default=ZERO),
    Column("pinned_ms", INTEGER),
    Column("muted_until_ms", INTEGER),
    Column("marked_unread", BOOLEAN, nullable=False, server_default=ZERO),
    Column("locked", BOOLEAN, nullable=False, server_default=ZERO),
    Column("ephemeral_s", INTEGER, nullable=False, server_default=ZERO),
    Column("ephemeral_ms", INTEGER, nullable=False, server_default=ZERO),
    PrimaryKeyConstraint("account", "jid"),
    Index("ix_chats_latest", "account", "last_message_ms", "jid"),
)

chat_clearings = Table(
    "chat_clearings",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("until_ms", INTEGER, nullable=False),
    Column("keep_starred", BOOLEAN, nullable=False),
    Column("delete_media", BOOLEAN, nullable=False),
    PrimaryKeyConstraint("account", "chat_jid"),
)

labels = Table(
    "labels",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("id", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("color", INTEGER, nullable=False),
    PrimaryKeyConstraint("account", "id"),
)

label_assignments = Table(
    "label_assignments",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("label_id", TEXT, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    PrimaryKeyConstraint("account", "label_id", "chat_jid", "message_id"),
    Index("ix_label_assignments_chat", "account", "chat_jid", "message_id"),
)

quick_replies = Table(
    "quick_replies",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("id", TEXT, nullable=False),
    Column("shortcut", TEXT, nullable=False),
    Column("text", TEXT, nullable=False),
    Column("keywords", TEXT, nullable=False),
    PrimaryKeyConstraint("account", "id"),
)

settings = Table(
    "settings",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("value", TEXT, nullable=False),
    Column("changed_ms", INTEGER, nullable=False),
    PrimaryKeyConstraint("account", "name"),
)

newsletters = Table(
    "newsletters",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("description", TEXT, nullable=False),
    Column("invite", TEXT, nullable=False),
    Column("subscribers", INTEGER, nullable=False),
    Column("created_ms", INTEGER),
    Column("verified", BOOLEAN, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("role", TEXT, nullable=False),
    PrimaryKeyConstraint("account", "jid"),
)

newsletter_posts = Table(
    "newsletter_posts",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("newsletter_jid", TEXT, nullable=False),
    Column("server_id", INTEGER, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Column("views", INTEGER),
    Column("reactions", TEXT),
    PrimaryKeyConstraint("account", "newsletter_jid", "server_id"),
    Index("ix_newsletter_posts_message", "account", "newsletter_jid", "message_id"),
)

history_syncs = Table(
    "history_syncs",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("sync_type", TEXT, nullable=False),
    Column("progress", INTEGER, nullable=False),
    Column("chunk", INTEGER, nullable=False),
    Column("messages", INTEGER, nullable=False),
    Column("updated_ms", INTEGER, nullable=False),
    Column("failed", INTEGER, nullable=False, server_default=ZERO),
    PrimaryKeyConstraint("account", "sync_type"),
)

history_requests = Table(
    "history_requests",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("wanted", INTEGER, nullable=False),
    Column("received", INTEGER, nullable=False),
    Column("request_id", TEXT, nullable=False),
    Column("anchor", TEXT, nullable=False),
    Column("before_ms", INTEGER),
    Column("created_ms", INTEGER, nullable=False),
    Column("updated_ms", INTEGER, nullable=False),
    PrimaryKeyConstraint("account", "chat_jid"),
    Index("ix_history_requests_id", "account", "request_id"),
)
