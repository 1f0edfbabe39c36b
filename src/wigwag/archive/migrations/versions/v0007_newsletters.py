"""Newsletters, and how their posts fare."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "newsletters",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("jid", sa.TEXT, nullable=False),
        sa.Column("name", sa.TEXT, nullable=False),
        sa.Column("description", sa.TEXT, nullable=False),
        sa.Column("invite", sa.TEXT, nullable=False),
        sa.Column("subscribers", sa.INTEGER, nullable=False),
        sa.Column("created_ms", sa.INTEGER),
        sa.Column("verified", sa.BOOLEAN, nullable=False),
        sa.Column("state", sa.TEXT, nullable=False),
        sa.Column("role", sa.TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account", "jid"),
    )
    op.create_table(
        "newsletter_posts",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("newsletter_jid", sa.TEXT, nullable=False),
        sa.Column("server_id", sa.INTEGER, nullable=False),
        sa.Column("message_id", sa.TEXT, nullable=False),
        sa.Column("views", sa.INTEGER),
        sa.Column("reactions", sa.TEXT),
        sa.PrimaryKeyConstraint("account", "newsletter_jid", "server_id"),
    )
    op.create_index(
        "ix_newsletter_posts_message",
        "newsletter_posts",
        ["account", "newsletter_jid", "message_id"],
    )
