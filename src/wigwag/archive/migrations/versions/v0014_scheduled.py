"""Messages that are sent at a time to come."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scheduled",
        *(
            sa.Column(name, sa.TEXT, nullable=False)
            for name in ("account", "chat_jid", "sender", "message_id", "to_jid")
        ),
        sa.Column("due_ms", sa.INTEGER, nullable=False),
        sa.Column("created_ms", sa.INTEGER, nullable=False),
        sa.Column("secret", sa.BLOB, nullable=False),
        sa.Column("content", sa.BLOB, nullable=False),
        sa.Column("file", sa.BLOB),
        sa.Column("number", sa.INTEGER, primary_key=True),
        sa.UniqueConstraint("account", "message_id", name="uq_scheduled_message"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_scheduled_due", "scheduled", ["account", "due_ms"])
