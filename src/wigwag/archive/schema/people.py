"""Who there is, under which addresses, and who is in which group."""

from sqlalchemy import (
    BOOLEAN,
    INTEGER,
    TEXT,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    text,
)

from wigwag.archive.schema.base import EMPTY, ZERO, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("account", TEXT, primary_key=True, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("lid", TEXT, nullable=False),
    Column("push_name", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("reason", TEXT, nullable=False),
    Column("served", BOOLEAN, nullable=False, server_default=ZERO),
    Column("engine", TEXT, nullable=False, server_default=EMPTY),
)

identities = Table(
    "identities",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("lid", TEXT, nullable=False),
    Column("pn", TEXT, nullable=False),
    PrimaryKeyConstraint("account", "lid"),
    Index("ix_identities_pn", "account", "pn", sqlite_where=text("pn <> ''")),
)

aliases = Table(
    "aliases",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("now", TEXT, nullable=False),
    PrimaryKeyConstraint("account", "jid"),
    Index("ix_aliases_now", "account", "now"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("phone", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("checked_ms", INTEGER, nullable=False),
    PrimaryKeyConstraint("account", "phone"),
    Index("ix_numbers_age", "account", "checked_ms"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("full_name", TEXT, nullable=False),
    Column("first_name", TEXT, nullable=False),
    Column("push_name", TEXT, nullable=False),
    Column("business_name", TEXT, nullable=False),
    Column("about", TEXT, nullable=False, server_default=EMPTY),
    Column("blocked", BOOLEAN, nullable=False, server_default=ZERO),
    PrimaryKeyConstraint("account", "jid"),
)

groups = Table(
    "groups",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("subject", TEXT, nullable=False),
    Column("owner", TEXT, nullable=False),
    Column("created_ms", INTEGER),
    Column("lid_addressed", BOOLEAN, nullable=False),
    Column("member", BOOLEAN, nullable=False),
    Column("description", TEXT, nullable=False, server_default=EMPTY),
    Column("description_id", TEXT, nullable=False, server_default=EMPTY),
    Column("announce", BOOLEAN, nullable=False, server_default=ZERO),
    Column("locked", BOOLEAN, nullable=False, server_default=ZERO),
    Column("approval", BOOLEAN, nullable=False, server_default=ZERO),
    Column("admin_add", BOOLEAN, nullable=False, server_default=ZERO),
    Column("ephemeral_s", INTEGER, nullable=False, server_default=ZERO),
    Column("suspended", BOOLEAN, nullable=False, server_default=ZERO),
    Column("community", BOOLEAN, nullable=False, server_default=ZERO),
    Column("parent_jid", TEXT, nullable=False, server_default=EMPTY),
    Column("default_subgroup", BOOLEAN, nullable=False, server_default=ZERO),
    PrimaryKeyConstraint("account", "jid"),
)

participants = Table(
    "participants",
    metadata,
    Column("account", TEXT, nullable=False),
    Column("group_jid", TEXT, nullable=False),
    Column("jid", TEXT, nullable=False),
    Column("admin", BOOLEAN, nullable=False),
    Column("superadmin", BOOLEAN, nullable=False),
    PrimaryKeyConstraint("account", "group_jid", "jid"),
    Index("ix_participants_person", "account", "jid"),
)
