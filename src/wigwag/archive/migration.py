"""Bringing a database file to the current schema, at every open.

Alembic is imported only when there is something to do, to keep the start quick.
"""

import sqlite3
from pathlib import Path
from typing import Any, Final

from wigwag.model.errors import ConfigError

HEAD: Final = "0018"
SCRIPTS: Final = Path(__file__).parent / "migrations"


def current_version(connection: sqlite3.Connection) -> str:
    """The schema version of a database; empty when it is new.

    Raises ConfigError when the tables in it are not ours.
    """
    tables = {
        name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
    }
    if "alembic_version" in tables:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else ""
    if "messages" in tables or "chats" in tables:
        raise ConfigError(
            "store/messages.db was made by another program; move it away, or choose another --store"
        )
    return ""


def migrate(path: Path, current: str) -> None:
    """Bring the file to HEAD in one transaction.

    Raises ConfigError when a newer wigwag made it, sqlite3.Error when it cannot be done.
    """
    if current == HEAD:
        return
    # These take a third of a second to import and are needed once in the life of a store.
    import sqlalchemy as sa  # noqa: PLC0415
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from sqlalchemy import event  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current and current not in known:
        raise ConfigError(
            f"store/messages.db has schema {current!a}, made by a newer wigwag; update wigwag"
        )
    # By its parts: a "?" in a path is no query.
    url = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(url, poolclass=sa.NullPool)

    # pysqlite opens no transaction before DDL by itself; a half-done migration must not stay.
    def manual_transactions(dbapi_connection: sqlite3.Connection, _record: Any) -> None:
        dbapi_connection.isolation_level = None

    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")

    event.listen(engine, "connect", manual_transactions)
    event.listen(engine, "begin", begin)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise error.orig from error
        raise
    finally:
        engine.dispose()
