"""Messages by the content of their files."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_messages_content",
        "messages",
        ["file_sha256"],
        sqlite_where=sa.text("file_sha256 IS NOT NULL"),
    )
