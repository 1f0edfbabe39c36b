"""Former addresses, answers about numbers, and indexes by which the rows of a person move."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "aliases",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("jid", sa.TEXT, nullable=False),
        sa.Column("now", sa.TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account", "jid"),
    )
    op.create_index("ix_aliases_now", "aliases", ["account", "now"])
    op.create_table(
        "numbers",
        sa.Column("account", sa.TEXT, nullable=False),
        sa.Column("phone", sa.TEXT, nullable=False),
        sa.Column("jid", sa.TEXT, nullable=False),
        sa.Column("checked_ms", sa.INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("account", "phone"),
    )
    op.create_index("ix_numbers_age", "numbers", ["account", "checked_ms"])
    op.create_index("ix_changes_sender", "changes", ["account", "sender"])
    op.create_index("ix_changes_target_sender", "changes", ["account", "target_sender"])
    op.create_index("ix_votes_sender", "votes", ["account", "sender"])
    op.create_index("ix_votes_poll_sender", "votes", ["account", "poll_sender"])
    op.create_index(
        "ix_messages_revoked_by",
        "messages",
        ["account", "revoked_by"],
        sqlite_where=sa.text("revoked_by IS NOT NULL"),
    )
    # Of two LIDs that were recorded with one number the later one has it.
    op.execute(
        "INSERT INTO aliases(account, jid, now) SELECT account, lid, pn FROM identities i "
        "WHERE pn <> '' AND EXISTS (SELECT 1 FROM identities o WHERE o.account = i.account "
        "AND o.pn = i.pn AND o.rowid > i.rowid)"
    )
    op.execute(
        "DELETE FROM identities WHERE EXISTS (SELECT 1 FROM aliases a "
        "WHERE a.account = identities.account AND a.jid = identities.lid)"
    )
