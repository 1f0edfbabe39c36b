"""Files that are to be taken from the disk, and those that may be."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "removals",
        sa.Column("path", sa.TEXT, primary_key=True, nullable=False),
        sa.Column("sha256", sa.BLOB, nullable=False),
    )
    op.create_index(
        "ix_messages_files",
        "messages",
        ["media_state"],
        sqlite_where=sa.text("media_state = 'available'"),
    )
