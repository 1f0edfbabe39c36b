"""Requests for older messages, chunks that could not be had, and votes that history opened."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("votes", sa.Column("selected", sa.BLOB))
    op.add_column(
        "history_syncs",
        sa.Column("failed", sa.INTEGER, nullable=False, server_default=sa.text("0")),
    )
    op.create_table(
        "history_requests",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("chat_jid", sa.TEXT, nullable=False),
        sa.Column("state", sa.TEXT, nullable=False),
        sa.Column("wanted", sa.INTEGER, nullable=False),
        sa.Column("received", sa.INTEGER, nullable=False),
        sa.Column("request_id", sa.TEXT, nullable=False),
        sa.Column("anchor", sa.TEXT, nullable=False),
        sa.Column("before_ms", sa.INTEGER),
        sa.Column("created_ms", sa.INTEGER, nullable=False),
        sa.Column("updated_ms", sa.INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("account", "chat_jid"),
    )
    op.create_index("ix_history_requests_id", "history_requests", ["account", "request_id"])
