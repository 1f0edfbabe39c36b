"""The keys of callers: digests, scopes and limits."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.TEXT, primary_key=True, nullable=False),
        sa.Column("digest", sa.BLOB, nullable=False),
        sa.Column("name", sa.TEXT, nullable=False),
        sa.Column("scopes", sa.TEXT, nullable=False),
        sa.Column("accounts", sa.TEXT, nullable=False),
        sa.Column("chats", sa.TEXT, nullable=False),
        sa.Column("created_ms", sa.INTEGER, nullable=False),
        sa.Column("expires_ms", sa.INTEGER),
    )
