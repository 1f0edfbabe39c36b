"""How often the phone was asked for the file of a message."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "messages",
        sa.Column("media_asks", sa.INTEGER, nullable=False, server_default=sa.text("0")),
    )
