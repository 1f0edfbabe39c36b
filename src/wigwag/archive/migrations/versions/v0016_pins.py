"""How long the messages of a chat last, and messages that are pinned in their chat."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("ephemeral_s", "ephemeral_ms"):
        op.add_column(
            "chats", sa.Column(name, sa.INTEGER, nullable=False, server_default=sa.text("0"))
        )
    op.execute(
        "UPDATE chats SET ephemeral_s = coalesce((SELECT g.ephemeral_s FROM groups g "
        "WHERE g.account = chats.account AND g.jid = chats.jid), 0)"
    )
    for name in ("pinned_ms", "pinned_until_ms"):
        op.add_column("messages", sa.Column(name, sa.INTEGER))
