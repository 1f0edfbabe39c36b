"""Which engine was chosen for an account."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts",
        sa.Column("engine", sa.TEXT, nullable=False, server_default=sa.text("''")),
    )
