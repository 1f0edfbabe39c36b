"""How far deliveries are behind is asked for often."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_deliveries_state", "deliveries", ["state", "created_ms", "webhook_id"])
