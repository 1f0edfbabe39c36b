"""What a group says of itself, its settings, and the community it belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXTS = ("description", "description_id", "parent_jid")
_FLAGS = ("announce", "locked", "approval", "admin_add", "suspended", "community")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("groups", sa.Column(name, sa.TEXT, nullable=False, server_default=""))
    for name in (*_FLAGS, "default_subgroup"):
        op.add_column(
            "groups",
            sa.Column(name, sa.BOOLEAN, nullable=False, server_default=sa.text("0")),
        )
    op.add_column(
        "groups",
        sa.Column("ephemeral_s", sa.INTEGER, nullable=False, server_default=sa.text("0")),
    )
