"""What contacts say of themselves, and whom the account shuts out."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contacts", sa.Column("about", sa.TEXT, nullable=False, server_default=""))
    op.add_column(
        "contacts",
        sa.Column("blocked", sa.BOOLEAN, nullable=False, server_default=sa.text("0")),
    )
