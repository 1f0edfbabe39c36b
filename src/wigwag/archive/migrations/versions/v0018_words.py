"""The index of texts keeps words that are folded here, and is filled anew."""

import sqlite3
from typing import cast

from alembic import op

from wigwag.archive.search import fill_index

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP TABLE messages_fts")
    op.execute(
        "CREATE VIRTUAL TABLE messages_fts USING fts5("
        "content, document_name, content='', columnsize=0, tokenize='ascii')"
    )
    fill_index(cast("sqlite3.Connection", op.get_bind().connection.driver_connection))
