"""Webhooks, and what of them is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.TEXT, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.INTEGER, nullable=False)


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.TEXT, primary_key=True, nullable=False),
        *(_text(name) for name in ("url", "accounts", "chats", "types", "secret")),
        _number("created_ms"),
        _number("cursor"),
        sa.Column("enabled", sa.BOOLEAN, nullable=False),
        _text("reason"),
        _text("old_secret"),
        *(_number(name) for name in ("old_until_ms", "replay_next", "replay_end")),
    )
    op.create_table(
        "deliveries",
        _text("webhook_id"),
        _text("event_id"),
        _number("seq"),
        _text("lane"),
        _text("type"),
        sa.Column("body", sa.BLOB, nullable=False),
        _number("created_ms"),
        _text("state"),
        *(_number(name) for name in ("attempts", "next_ms", "status")),
        _text("error"),
        sa.Column("number", sa.INTEGER, primary_key=True),
        sa.UniqueConstraint("webhook_id", "event_id", name="uq_deliveries_event"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_deliveries_lane",
        "deliveries",
        ["webhook_id", "lane"],
        sqlite_where=sa.text("state = 'pending'"),
    )
