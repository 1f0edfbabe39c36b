"""The tables of store/messages.db.

`chats` and `messages` begin with the classic columns, in the classic order, types and formats, so
that other programs go on reading them with plain SQL. Everything after `account` is ours.

A message's row number is `timestamp_ms << 21 | arrival number`: the order of rows is the order of
(time, arrival), every index on messages ends in it for free, and the full-text index answers
newest first without sorting.
"""

from typing import Final

from sqlalchemy import (
    BLOB,
    BOOLEAN,
    INTEGER,
    TEXT,
    TIMESTAMP,
    Column,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

ARRIVAL_BITS: Final = 21
ARRIVAL_MASK: Final = (1 << ARRIVAL_BITS) - 1

metadata = MetaData()

_ZERO = text("0")
_EMPTY = text("''")

chats = Table(
    "chats",
    metadata,
    Column("jid", TEXT, nullable=False),
    Column("name", TEXT),
    Column("last_message_time", TIMESTAMP),
    Column("account", TEXT, nullable=False),
    Column("last_message_ms", INTEGER, nullable=False, server_default=_ZERO),
    Column("unread", INTEGER, nullable=False, server_default=_ZERO),
    Column("archived", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("pinned_ms", INTEGER),
    Column("muted_until_ms", INTEGER),
    Column("marked_unread", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("locked", BOOLEAN, nullable=False, server_default=_ZERO),
    PrimaryKeyConstraint("account", "jid"),
    Index("ix_chats_latest", "account", "last_message_ms", "jid"),
)

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
    Column("push_name", TEXT, nullable=False, server_default=_EMPTY),
    Column("document_name", TEXT),
    Column("mime", TEXT),
    Column("media_state", TEXT),
    Column("media_path", TEXT),
    Column("view_once", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("ephemeral_s", INTEGER, nullable=False, server_default=_ZERO),
    Column("forwarded", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("from_history", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("error_code", TEXT),
    Column("error", TEXT),
    Column("edited_ms", INTEGER),
    Column("revoked_ms", INTEGER),
    Column("revoked_by", TEXT),
    Column("media_error", TEXT),
    Column("media_attempts", INTEGER, nullable=False, server_default=_ZERO),
    Column("media_next_ms", INTEGER, nullable=False, server_default=_ZERO),
    Column("body", BLOB),
    Column("thumbnail", BLOB),
    Column("starred", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("deleted_ms", INTEGER),
    Column("rid", INTEGER, primary_key=True),
    Column("media_asks", INTEGER, nullable=False, server_default=_ZERO),
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

accounts = Table(
    "accounts",
    metadata,
    Column("account", TEXT, primary_key=True, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("lid", TEXT, nullable=False),
    Column("push_name", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False),
    Column("served", BOOLEAN, nullable=False, server_default=_ZERO),
)

identities = Table(
    "identities",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("lid", TEXT, nullable=False),
    Column("pn", TEXT, nullable=False),
    PrimaryKeyConstraint("account", "lid"),
    Index("ix_identities_pn", "account", "pn", sqlite_where=text("pn <> ''")),
)

aliases = Table(
    "aliases",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("now", TEXT, nullable=False),
    PrimaryKeyConstraint("account", "jid"),
    Index("ix_aliases_now", "account", "now"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("phone", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("checked_ms", INTEGER, nullable=False),
    PrimaryKeyConstraint("account", "phone"),
    Index("ix_numbers_age", "account", "checked_ms"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("full_name", TEXT, nullable=False),
    Column("first_name", TEXT, nullable=False),
    Column("push_name", TEXT, nullable=False),
    Column("business_name", TEXT, nullable=False),
    Column("about", TEXT, nullable=False, server_default=_EMPTY),
    Column("blocked", BOOLEAN, nullable=False, server_default=_ZERO),
    PrimaryKeyConstraint("account", "jid"),
)

groups = Table(
    "groups",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("subject", TEXT, nullable=False),
    Column("owner", TEXT, nullable=False),
    Column("created_ms", INTEGER),
    Column("lid_addressed", BOOLEAN, nullable=False),
    Column("member", BOOLEAN, nullable=False),
    Column("description", TEXT, nullable=False, server_default=_EMPTY),
    Column("description_id", TEXT, nullable=False, server_default=_EMPTY),
    Column("announce", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("locked", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("approval", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("admin_add", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("ephemeral_s", INTEGER, nullable=False, server_default=_ZERO),
    Column("suspended", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("community", BOOLEAN, nullable=False, server_default=_ZERO),
    Column("parent_jid", TEXT, nullable=False, server_default=_EMPTY),
    Column("default_subgroup", BOOLEAN, nullable=False, server_default=_ZERO),
    PrimaryKeyConstraint("account", "jid"),
)

participants = Table(
    "participants",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("group_jid", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("admin", BOOLEAN, nullable=False),
    Column("superadmin", BOOLEAN, nullable=False),
    PrimaryKeyConstraint("account", "group_jid", "jid"),
    Index("ix_participants_person", "account", "jid"),
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
    Index("ix_deliveries_lane", "webhook_id", "lane", sqlite_where=text("state = 'pending'")),
    sqlite_autoincrement=True,
)

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

history_syncs = Table(
    "history_syncs",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("sync_type", TEXT, nullable=False),
    Column("progress", INTEGER, nullable=False),
    Column("chunk", INTEGER, nullable=False),
    Column("messages", INTEGER, nullable=False),
    Column("updated_ms", INTEGER, nullable=False),
    Column("failed", INTEGER, nullable=False, server_default=_ZERO),
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

meta = Table(
    "meta",
    metadata,
    Column("key", TEXT, primary_key=True, nullable=False),
    Column("value", TEXT, nullable=False),
)

SEARCH_TABLE: Final = "messages_fts"
CREATE_SEARCH: Final = (
    "CREATE VIRTUAL TABLE messages_fts USING fts5("
    "content, document_name, content='messages', content_rowid='rid', "
    "tokenize='unicode61 remove_diacritics 2')"
)
