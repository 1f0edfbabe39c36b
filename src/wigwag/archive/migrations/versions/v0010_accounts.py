"""Accounts that are made and deleted while the server runs."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts",
        sa.Column("served", sa.BOOLEAN, nullable=False, server_default=sa.text("0")),
    )
