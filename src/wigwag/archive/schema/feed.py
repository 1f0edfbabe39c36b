"""The event log and its readers; what is on its way out; who may call."""

from sqlalchemy import (
    BLOB,
    BOOLEAN,
    INTEGER,
    TEXT,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from wigwag.archive.schema.base import metadata

events = Table(
    "events",
    metadata,
    Column("seq", INTEGER, primary_key=True),
    Column("account", TEXT, nullable=False),
    Column("type", TEXT, nullable=False),
    Column("time_ms", INTEGER, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("data", TEXT, nullable=False),
    sqlite_autoincrement=True,
)

seen = Table(
    "seen",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("digest", BLOB, nullable=False),
    Column("at_ms", INTEGER, nullable=False),
    PrimaryKeyConstraint("account", "digest"),
    Index("ix_seen_at", "at_ms"),
)

rejected = Table(
    "rejected",
    metadata,
    Column("number", INTEGER, primary_key=True),
    Column("account", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False),
    Column("event", BLOB, nullable=False),
    Column("at_ms", INTEGER, nullable=False),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", TEXT, primary_key=True, nullable=False),
    Column("url", TEXT, nullable=False),
    Column("accounts", TEXT, nullable=False),
    Column("chats", TEXT, nullable=False),
    Column("types", TEXT, nullable=False),
    Column("secret", TEXT, nullable=False),
    Column("created_ms", INTEGER, nullable=False),
    Column("cursor", INTEGER, nullable=False),
    Column("enabled", BOOLEAN, nullable=False),
    Column("reason", TEXT, nullable=False),
    Column("old_secret", TEXT, nullable=False),
    Column("old_until_ms", INTEGER, nullable=False),
    Column("replay_next", INTEGER, nullable=False),
    Column("replay_end", INTEGER, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("webhook_id", TEXT, nullable=False),
    Column("event_id", TEXT, nullable=False),
    Column("seq", INTEGER, nullable=False),
    Column("lane", TEXT, nullable=False),
    Column("type", TEXT, nullable=False),
    Column("body", BLOB, nullable=False),
    Column("created_ms", INTEGER, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("attempts", INTEGER, nullable=False),
    Column("next_ms", INTEGER, nullable=False),
    Column("status", INTEGER, nullable=False),
    Column("error", TEXT, nullable=False),
    Column("number", INTEGER, primary_key=True),
    UniqueConstraint("webhook_id", "event_id", name="uq_deliveries_event"),
    Index("ix_deliveries_state", "state", "created_ms", "webhook_id"),
    Index("ix_deliveries_lane", "webhook_id", "lane", sqlite_where=text("state = 'pending'")),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("sender", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Column("to_jid", TEXT, nullable=False),
    Column("timestamp_ms", INTEGER, nullable=False),
    Column("secret", BLOB, nullable=False),
    Column("content", BLOB, nullable=False),
    Column("media_path", TEXT, nullable=False),
    Column("ref", BLOB),
    Column("position", INTEGER, primary_key=True),
    UniqueConstraint("account", "message_id", name="uq_outbox_message"),
    sqlite_autoincrement=True,
)

scheduled = Table(
    "scheduled",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("sender", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Column("to_jid", TEXT, nullable=False),
    Column("due_ms", INTEGER, nullable=False),
    Column("created_ms", INTEGER, nullable=False),
    Column("secret", BLOB, nullable=False),
    Column("content", BLOB, nullable=False),
    Column("file", BLOB),
    Column("number", INTEGER, primary_key=True),
    UniqueConstraint("account", "message_id", name="uq_scheduled_message"),
    Index("ix_scheduled_due", "account", "due_ms"),
    sqlite_autoincrement=True,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("key", TEXT, nullable=False),
    Column("fingerprint", BLOB, nullable=False),
    Column("chat_jid", TEXT, nullable=False),
    Column("sender", TEXT, nullable=False),
    Column("message_id", TEXT, nullable=False),
    Column("created_ms", INTEGER, nullable=False),
    PrimaryKeyConstraint("account", "key"),
    Index("ix_idempotency_created", "created_ms"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", TEXT, primary_key=True, nullable=False),
    Column("digest", BLOB, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("scopes", TEXT, nullable=False),
    Column("accounts", TEXT, nullable=False),
    Column("chats", TEXT, nullable=False),
    Column("created_ms", INTEGER, nullable=False),
    Column("expires_ms", INTEGER),
)

removals = Table(
    "removals",
    metadata,
    Column("path", TEXT, primary_key=True, nullable=False),
    Column("sha256", BLOB, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", TEXT, primary_key=True, nullable=False),
    Column("value", TEXT, nullable=False),
)
