"""App state: flags of chats, stars and deletions of messages, labels, quick replies, settings."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ZERO = sa.text("0")


def upgrade() -> None:
    _columns()
    op.create_table(
        "chat_clearings",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("until_ms", sa.INTEGER, nullable=False),
        sa.Column("keep_starred", sa.BOOLEAN, nullable=False),
        sa.Column("delete_media", sa.BOOLEAN, nullable=False),
        sa.PrimaryKeyConstraint("account", "chat_jid"),
    )
    _labels()
    op.create_table(
        "quick_replies",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("id", sa.TEXT, nullable=False),
        sa.Column("shortcut", sa.TEXT, nullable=False),
        sa.Column("text", sa.TEXT, nullable=False),
        sa.Column("keywords", sa.TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account", "id"),
    )
    op.create_table(
        "settings",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("name", sa.TEXT, nullable=False),
        sa.Column("value", sa.TEXT, nullable=False),
        sa.Column("changed_ms", sa.INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("account", "name"),
    )


def _columns() -> None:
    for column in (
        sa.Column("pinned_ms", sa.INTEGER),
        sa.Column("muted_until_ms", sa.INTEGER),
        sa.Column("marked_unread", sa.BOOLEAN, nullable=False, server_default=_ZERO),
        sa.Column("locked", sa.BOOLEAN, nullable=False, server_default=_ZERO),
    ):
        op.add_column("chats", column)
    op.add_column(
        "messages", sa.Column("starred", sa.BOOLEAN, nullable=False, server_default=_ZERO)
    )
    op.add_column("messages", sa.Column("deleted_ms", sa.INTEGER))
    op.create_index(
        "ix_messages_starred", "messages", ["account"], sqlite_where=sa.text("starred = 1")
    )


def _labels() -> None:
    op.create_table(
        "labels",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("id", sa.TEXT, nullable=False),
        sa.Column("name", sa.TEXT, nullable=False),
        sa.Column("color", sa.INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("account", "id"),
    )
    op.create_table(
        "label_assignments",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("label_id", sa.TEXT, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("message_id", sa.TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account", "label_id", "chat_jid", "message_id"),
    )
    op.create_index(
        "ix_label_assignments_chat", "label_assignments", ["account", "chat_jid", "message_id"]
    )
